//! Independent random streams. None of those for sessions depends on the horizon, so a longer
//! episode begins with the shorter one.

use memloom_sdk::random::Random;

use memloom_sdk::generated::Address;

/// Returns the stream for rooms, furniture and things.
#[must_use]
pub fn house(seed: u64, address: &Address) -> Random {
    Random::derived(seed, &[1, address.split as u64, address.index])
}

/// Returns the stream for the order of kinds in a round of sessions.
#[must_use]
pub fn round(seed: u64, address: &Address, round: u64) -> Random {
    Random::derived(seed, &[2, address.split as u64, address.index, round])
}

/// Returns the stream for a session: what was moved before it, and its task or dialogue.
#[must_use]
pub fn session(seed: u64, address: &Address, session: u32) -> Random {
    let path = [3, address.split as u64, address.index, u64::from(session)];
    Random::derived(seed, &path)
}

/// Returns the stream for the questions that are asked in words.
#[must_use]
pub fn queries(seed: u64, address: &Address) -> Random {
    let sessions = u64::from(address.sessions);
    Random::derived(seed, &[5, address.split as u64, address.index, sessions])
}

/// Returns the stream for a demonstrator's errors after some actions of a session. Its seed is
/// independent of the episode's.
#[must_use]
pub fn demonstration(seed: u64, address: &Address, session: u32, acts: usize) -> Random {
    let (session, acts) = (u64::from(session), acts as u64);
    Random::derived(
        seed,
        &[4, address.split as u64, address.index, session, acts],
    )
}
