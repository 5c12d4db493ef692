//! Independent random streams. None of them depends on the horizon, so a longer episode begins
//! with the shorter one.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use serde::{Deserialize, Serialize};

/// The place of an episode among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The split.
    pub split: Split,
    /// Its number in the split.
    pub index: u64,
}

/// Returns the stream for an episode's documents.
pub fn documents(seed: u64, place: Place) -> Random {
    Random::derived(seed, &[1, place.split as u64, place.index])
}

/// Returns the stream for the questions of a session.
pub fn questions(seed: u64, place: Place, session: u32) -> Random {
    Random::derived(seed, &[2, place.split as u64, place.index, session.into()])
}

/// Returns the stream for a demonstrator's choice before one act of a session. Its seed is
/// independent of the episode's.
pub fn demonstration(seed: u64, place: Place, session: u32, acts: u32) -> Random {
    let path = [
        3,
        place.split as u64,
        place.index,
        session.into(),
        acts.into(),
    ];
    Random::derived(seed, &path)
}
