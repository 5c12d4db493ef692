//! Worlds whose episodes are generated. Their turns are packed into sessions like the sentences
//! of a file.

use memloom_sdk::generated::Split;

use crate::episode::Episode;
use crate::films::Films;
use crate::options::{Options, World};

pub mod conflicts;
pub mod labels;
pub mod names;
pub mod packing;

/// Returns an episode of a world, cut to its first `horizon` sessions; 0 means all.
#[must_use]
pub fn generate(
    world: World,
    options: &Options,
    split: Split,
    index: u64,
    horizon: u32,
) -> Episode {
    let (sittings, asked) = match world {
        World::Conflicts => conflicts::generate(options, split, index, horizon),
        World::Labels => labels::generate(options, split, index, horizon),
    };
    Episode {
        id: format!("{}/{index}", split.name()),
        sittings,
        asked,
        films: Films::default(),
    }
}
