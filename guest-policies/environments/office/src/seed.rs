//! Independent random streams. None depends on the horizon, so a longer episode begins with
//! the shorter one.

use memloom_sdk::random::Random;

use memloom_sdk::generated::Address;

/// Returns the stream for people, quirks and templates.
#[must_use]
pub fn episode(seed: u64, address: &Address) -> Random {
    Random::derived(seed, &[1, address.split as u64, address.index])
}

/// Returns the stream for the task of a session.
#[must_use]
pub fn session(seed: u64, address: &Address, session: u32) -> Random {
    let session = u64::from(session);
    Random::derived(seed, &[2, address.split as u64, address.index, session])
}

/// Returns the stream for what arrives before a session.
#[must_use]
pub fn arrival(seed: u64, address: &Address, session: u32) -> Random {
    let session = u64::from(session);
    Random::derived(seed, &[5, address.split as u64, address.index, session])
}

/// Returns the stream for a demonstrator's act. Its seed is independent of the episode's.
#[must_use]
pub fn act(seed: u64, address: &Address, session: u32, act: u32) -> Random {
    let place = [session, act].map(u64::from);
    Random::derived(
        seed,
        &[3, address.split as u64, address.index, place[0], place[1]],
    )
}

/// Returns the stream for the fields that are filled already in the form of a wanted call.
#[must_use]
pub fn given(seed: u64, address: &Address, session: u32, place: usize) -> Random {
    let path = [
        4,
        address.split as u64,
        address.index,
        u64::from(session),
        place as u64,
    ];
    Random::derived(seed, &path)
}

/// Returns one of some items. They must not be empty.
pub fn pick<T: Copy>(random: &mut Random, items: &[T]) -> T {
    items[below(random, items.len())]
}

/// Returns a number below `bound`.
pub fn below(random: &mut Random, bound: usize) -> usize {
    random.below(bound as u64) as usize
}

/// Returns a number from `least` to `most`, as text.
pub fn number(random: &mut Random, least: usize, most: usize) -> String {
    (least + below(random, most + 1 - least)).to_string()
}
