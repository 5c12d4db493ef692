//! Sentences about a kind. `{v}` is the value, `{o}` the former value, `{d}` a trip's
//! destination, `{r}` a relative or friend.
//!
//! Readers rely on the first three rules, and tests check all of them:
//! - a sentence contains its kind's first cue and no cue of another kind;
//! - the value that holds comes before any other of its kind;
//! - a change that names neither the old value nor a destination shares no other
//!   telling word with another kind, so that the entry it changes is found;
//! - leaving out the commonest words, a lure is shorter than a fact and a fact
//!   shorter than a change. Retrieval by words prefers short texts, so what
//!   should not have been kept hides what holds.

use crate::kind::Kind;

/// The use of a value in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// States it for the first time.
    Fact,
    /// States that it has changed.
    Change,
    /// States that an earlier value was wrong.
    Correction,
    /// States it of another person, or as a wish.
    Lure,
    /// Cancels a trip. Only trips have these.
    Cancellation,
}

/// Returns the sentences of a kind with this use.
#[must_use]
pub fn sentences(kind: Kind, act: Act) -> &'static [&'static str] {
    match (kind, act) {
        (Kind::City, Act::Fact) => &[
            "I live in {v} near the river.",
            "My whole family and I live in {v}.",
            "I found a flat, I live in {v}.",
        ],
        (Kind::City, Act::Change) => &[
            "I live in {v} now, no longer in {o}.",
            "We packed everything and live in {v} since Monday.",
            "I left my parents and recently moved to live in {v}.",
        ],
        (Kind::City, Act::Correction) => &[
            "Wrong address, I live in {v}, not in {o}.",
            "Sorry, I live in {v}, I confused it with {o} again.",
        ],
        (Kind::City, Act::Lure) => &[
            "My {r} will live in {v}.",
            "I would never live in {v}.",
            "I hope to live in {v}.",
            "Would you ever live in {v}?",
        ],
        (Kind::Job, Act::Fact) => &[
            "I work as a {v} near the station.",
            "I work full time as a {v}.",
            "I found a place to work as a {v}.",
        ],
        (Kind::Job, Act::Change) => &[
            "I work as a {v} now, no longer as a {o}.",
            "I quit last month and today work as a {v}.",
            "After many evening classes I work as a {v}.",
        ],
        (Kind::Job, Act::Correction) => &[
            "Sorry, I work as a {v}, not as a {o}, honestly.",
            "I misspoke, I actually work as a {v}, not a {o}.",
        ],
        (Kind::Job, Act::Lure) => &[
            "My {r} will work as a {v}.",
            "I would never work as a {v}.",
            "I hope to work as a {v}.",
            "Would you ever work as a {v}?",
        ],
        (Kind::Pet, Act::Fact) => &[
            "At home I have a small {v} as a pet.",
            "My pet is a sweet little {v}.",
            "We keep a pet, a lovely {v}.",
        ],
        (Kind::Pet, Act::Change) => &[
            "My new pet is a {v}, the {o} ran away.",
            "Now my only pet is a {v}, not a {o}.",
            "We adopted another pet from the animal shelter, a {v}.",
        ],
        (Kind::Pet, Act::Correction) => &[
            "Sorry, my pet is a {v}, certainly not a {o}.",
            "I joked, my pet is really a {v}, not a {o}.",
        ],
        (Kind::Pet, Act::Lure) => &[
            "My {r} has a {v} as a pet.",
            "I would never have a {v} as a pet.",
            "A {v} would be a nice pet.",
            "Is a {v} a good pet?",
        ],
        (Kind::Hobby, Act::Fact) => &[
            "In winter my favorite hobby is {v}.",
            "My hobby is {v}, I truly love it.",
            "I picked up a hobby, it is {v}.",
        ],
        (Kind::Hobby, Act::Change) => &[
            "My new hobby is {v}, I gave up {o}.",
            "These days my hobby is {v}, no longer {o}.",
            "I got bored and switched my hobby to {v} entirely.",
        ],
        (Kind::Hobby, Act::Correction) => &[
            "Sorry, my hobby is {v}, I wrongly said {o}.",
            "My hobby is {v}, maybe you misheard, not {o}.",
        ],
        (Kind::Hobby, Act::Lure) => &[
            "My {r} has {v} as a hobby.",
            "I would never have {v} as a hobby.",
            "For you {v} would be a nice hobby.",
            "Is {v} an expensive hobby?",
        ],
        (Kind::Car, Act::Fact) => &[
            "Every day I drive a {v}.",
            "I drive a little red {v}.",
            "I bought a {v} and drive everywhere.",
        ],
        (Kind::Car, Act::Change) => &[
            "I drive a {v} now, I sold the old {o}.",
            "I drive a {v} now, not the rusty {o}.",
            "The engine broke down, so I drive a {v} instead.",
        ],
        (Kind::Car, Act::Correction) => &[
            "Sorry, I drive a {v}, the {o} was only rented.",
            "I mixed them up, I drive a {v}, not a {o}.",
        ],
        (Kind::Car, Act::Lure) => &[
            "My {r} will drive a {v}.",
            "I would never drive a {v}.",
            "I hope to drive a {v}.",
            "Would you ever drive a {v}?",
        ],
        (Kind::Mentor, Act::Fact) => &[
            "{v} kindly agreed to be my mentor.",
            "I finally asked {v} to be my mentor.",
            "My mentor is {v}, we meet often.",
        ],
        (Kind::Mentor, Act::Change) => &[
            "{v} is my mentor now, no longer {o}.",
            "My new mentor is {v}, {o} had no time.",
            "In spring {v} replaced {o} as my personal mentor.",
        ],
        (Kind::Mentor, Act::Correction) => &[
            "Sorry, my mentor is {v}, {o} is just helping.",
            "I told you wrong, my mentor is {v}, not {o}.",
        ],
        (Kind::Mentor, Act::Lure) => &[
            "My {r} has {v} as a mentor.",
            "I would never have {v} as a mentor.",
            "For you {v} would be a nice mentor.",
            "Is {v} a good mentor?",
        ],
        (Kind::Trip, Act::Fact) => &[
            "I finally booked a trip to {d} on {v}.",
            "My next trip to {d} starts on {v}.",
            "I planned a long trip to {d} on {v}.",
        ],
        (Kind::Trip, Act::Change) => &[
            "My trip to {d} is on {v} now, not on {o}.",
            "I shifted my trip to {d}, it now starts on {v}.",
            "They put off the trip to {d}, it is on {v} now.",
        ],
        (Kind::Trip, Act::Correction) => &[
            "Sorry, my trip to {d} is on {v}, not on {o}.",
            "I misread the date, my trip to {d} is actually on {v}.",
        ],
        (Kind::Trip, Act::Lure) => &[
            "My {r} has a trip to {d} on {v}.",
            "I would never have a trip to {d} on {v}.",
            "Do you have a trip to {d} on {v}?",
            "Is there a trip to {d} on {v}?",
        ],
        (Kind::Trip, Act::Cancellation) => &[
            "My trip to {d} on {v} is cancelled.",
            "I cancelled the trip to {d} on {v}.",
            "The trip to {d} on {v} will not happen.",
        ],
        (_, Act::Cancellation) => &[],
    }
}

/// Other people in sentences.
pub const RELATIONS: [&str; 8] = [
    "cousin", "brother", "sister", "uncle", "aunt", "boss", "neighbor", "friend",
];

/// Replaces placeholders by words.
#[must_use]
pub fn fill(sentence: &str, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .fold(sentence.to_owned(), |text, (place, word)| {
            text.replace(place, word)
        })
}

#[cfg(test)]
mod tests;
