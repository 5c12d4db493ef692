//! Independent random streams.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::shares::hash;

/// Returns the stream for the texts of a world's episode. It does not depend on the horizon, so
/// a longer episode begins with the shorter one.
#[must_use]
pub fn texts(seed: u64, split: Split, index: u64) -> Random {
    Random::derived(seed, &[1, split as u64, index])
}

/// Returns the stream for the questions after this many sessions.
#[must_use]
pub fn questions(seed: u64, split: Split, index: u64, sessions: u32) -> Random {
    Random::derived(seed, &[2, split as u64, index, u64::from(sessions)])
}

/// Returns the stream for a demonstrator's errors in a session. Its seed is independent of the
/// episode's.
#[must_use]
pub fn demonstration(seed: u64, episode: &str, session: u32) -> Random {
    Random::derived(seed, &[3, hash(episode), u64::from(session)])
}
