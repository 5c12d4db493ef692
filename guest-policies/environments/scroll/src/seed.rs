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

/// Returns the stream for the order of an episode's people.
#[must_use]
pub fn people(seed: u64, place: Place) -> Random {
    Random::derived(seed, &[1, place.split as u64, place.index])
}

/// Returns the stream for the text of a session.
#[must_use]
pub fn text(seed: u64, place: Place, session: u32) -> Random {
    Random::derived(seed, &[2, place.split as u64, place.index, session.into()])
}

/// Returns the stream for a demonstrator's choice about one sentence, turn or answer of a session.
/// Its seed is independent of the episode's.
#[must_use]
pub fn demonstration(seed: u64, place: Place, session: u32, choice: u64) -> Random {
    let path = [3, place.split as u64, place.index, session.into(), choice];
    Random::derived(seed, &path)
}
