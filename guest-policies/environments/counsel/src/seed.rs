//! Independent random streams.

use memloom_sdk::random::Random;

use memloom_sdk::generated::Address;

/// Returns the stream for the facts of an episode.
#[must_use]
pub fn world(seed: u64, address: &Address) -> Random {
    Random::derived(seed, &[1, address.split as u64, address.index])
}

/// Returns the stream for the sessions. It does not depend on the horizon, so a longer episode
/// begins with the shorter one.
#[must_use]
pub fn sessions(seed: u64, address: &Address) -> Random {
    Random::derived(seed, &[2, address.split as u64, address.index])
}

/// Returns the stream for a demonstrator's hints on a session, or for his choice after this
/// many actions. Its seed is independent of the episode's.
#[must_use]
pub fn demonstration(seed: u64, address: &Address, session: u32, acts: u32) -> Random {
    let place = [u64::from(session), u64::from(acts)];
    let path = [3, address.split as u64, address.index, place[0], place[1]];
    Random::derived(seed, &path)
}
