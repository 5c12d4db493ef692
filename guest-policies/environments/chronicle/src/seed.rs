//! Independent random streams.

use memloom_sdk::random::Random;

use memloom_sdk::generated::Address;

/// Returns the stream for events. It does not depend on the horizon, so a longer episode
/// begins with the shorter one.
#[must_use]
pub fn story(seed: u64, address: &Address) -> Random {
    Random::derived(seed, &[1, address.split as u64, address.index])
}

/// Returns the stream for questions.
#[must_use]
pub fn questions(seed: u64, address: &Address) -> Random {
    let sessions = u64::from(address.sessions);
    Random::derived(seed, &[2, address.split as u64, address.index, sessions])
}

/// Returns the stream for a demonstrator's errors in a session. Its seed is independent of
/// the episode's.
#[must_use]
pub fn demonstration(seed: u64, address: &Address, session: u32) -> Random {
    let session = u64::from(session);
    Random::derived(seed, &[3, address.split as u64, address.index, session])
}

/// Returns the stream that chooses the question after the last dialogue of a story of so many, and a
/// demonstrator's answer to it where it is seeded by the demonstrator's seed.
#[must_use]
pub fn task(seed: u64, address: &Address, dialogues: u32) -> Random {
    let dialogues = u64::from(dialogues);
    Random::derived(seed, &[4, address.split as u64, address.index, dialogues])
}
