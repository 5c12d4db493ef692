//! The generation of episodes.

use crate::options::{Mode, Options};
use crate::stream::Stream;
use crate::{puzzle, questions, shop};
use memloom_sdk::generated::Address;

/// Generates an episode. A longer one begins with the shorter one.
#[must_use]
pub fn generate(options: &Options, address: &Address) -> Stream {
    let mut stream = match options.mode {
        Mode::Questions => questions::stream(options, address),
        Mode::Shop => shop::stream(options, address),
        Mode::Puzzle => puzzle::stream(options, address),
    };
    stream.sittings.truncate(address.sessions as usize);
    stream
}
