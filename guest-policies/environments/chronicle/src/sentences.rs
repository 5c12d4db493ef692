//! Sentences about a kind. `{v}` is the value, `{o}` the value before, `{d}` a
//! trip's destination, `{r}` a relative or friend.
//!
//! Rules that a reader relies on, and tests hold: each sentence contains its
//! kind's first cue and no other kind's; the value that holds comes before any
//! other of its kind; no digits but those of a date.

use crate::kind::Kind;

/// What a sentence does with the value it tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Tells it for the first time.
    Fact,
    /// Tells that it is another one now.
    Change,
    /// Tells that it never was what was said.
    Correction,
    /// Tells it of somebody else, or as a wish.
    Lure,
    /// Calls a trip off. No other kind has these.
    Cancellation,
}

/// The sentences of a kind that do this.
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
            "I left my old place and now live in {v}.",
        ],
        (Kind::City, Act::Correction) => &[
            "Sorry, I live in {v}, I said {o} by mistake.",
            "I was wrong, I actually live in {v}, not {o}.",
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
            "I quit last month, now I work as a {v}.",
            "Since last Monday I work as a {v} instead.",
        ],
        (Kind::Job, Act::Correction) => &[
            "Sorry, I work as a {v}, I said {o} by mistake.",
            "I was wrong, I actually work as a {v}, not a {o}.",
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
            "We got a pet, a lovely {v}.",
        ],
        (Kind::Pet, Act::Change) => &[
            "My new pet is a {v}, the {o} ran away.",
            "Now my only pet is a {v}, not a {o}.",
            "We have another pet now, a {v} since Monday.",
        ],
        (Kind::Pet, Act::Correction) => &[
            "Sorry, my pet is a {v}, I said {o} by mistake.",
            "I was wrong, my pet is actually a {v}, not a {o}.",
        ],
        (Kind::Pet, Act::Lure) => &[
            "My {r} has a {v} as a pet.",
            "I would never have a {v} as a pet.",
            "A {v} would be a nice pet.",
            "Is a {v} a good pet?",
        ],
        (Kind::Hobby, Act::Fact) => &[
            "In winter my favorite hobby is {v}.",
            "My hobby is {v}, I really love it.",
            "I picked up a hobby, it is {v}.",
        ],
        (Kind::Hobby, Act::Change) => &[
            "My new hobby is {v}, I gave up {o}.",
            "These days my hobby is {v}, no longer {o}.",
            "I got bored, now my only hobby is {v}.",
        ],
        (Kind::Hobby, Act::Correction) => &[
            "Sorry, my hobby is {v}, I said {o} by mistake.",
            "I was wrong, my hobby is actually {v}, not {o}.",
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
            "I drive a {v} since Monday, not the {o}.",
            "My old one broke, now I drive a {v}.",
        ],
        (Kind::Car, Act::Correction) => &[
            "Sorry, I drive a {v}, I said {o} by mistake.",
            "I was wrong, I actually drive a {v}, not a {o}.",
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
            "Since Monday my mentor is {v} instead of {o}.",
        ],
        (Kind::Mentor, Act::Correction) => &[
            "Sorry, my mentor is {v}, I said {o} by mistake.",
            "I was wrong, my mentor is actually {v}, not {o}.",
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
            "I moved my trip to {d}, it starts on {v} instead.",
            "They put off the trip to {d}, it is on {v} now.",
        ],
        (Kind::Trip, Act::Correction) => &[
            "Sorry, my trip to {d} is on {v}, not on {o}.",
            "I was wrong, my trip to {d} is actually on {v}.",
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

/// Who else people talk about.
pub const RELATIONS: [&str; 8] = [
    "cousin", "brother", "sister", "uncle", "aunt", "boss", "neighbor", "friend",
];

/// A question about whoever `{s}` names.
#[must_use]
pub fn question(kind: Kind) -> &'static str {
    match kind {
        Kind::City => "Where does {s} live?",
        Kind::Job => "What does {s} work as?",
        Kind::Pet => "What pet does {s} have?",
        Kind::Hobby => "What hobby does {s} have?",
        Kind::Car => "What does {s} drive?",
        Kind::Mentor => "Who is the mentor of {s}?",
        Kind::Trip => "When is the trip of {s}?",
    }
}

/// A question about when the value `{v}` of `{s}` was told; none for kinds whose
/// value does not name one such moment.
#[must_use]
pub fn when_question(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::City => Some("When did {s} come to live in {v}?"),
        Kind::Job => Some("When did {s} start to work as a {v}?"),
        Kind::Pet => Some("When did {s} get a {v} as a pet?"),
        Kind::Hobby => Some("When did {s} take up {v} as a hobby?"),
        Kind::Car => Some("When did {s} start to drive a {v}?"),
        Kind::Mentor | Kind::Trip => None,
    }
}

/// Names a person by the value `{v}` instead of by name; none for kinds whose
/// value does not single anybody out.
#[must_use]
pub fn description(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::City => Some("the person who lives in {v}"),
        Kind::Job => Some("the person who works as a {v}"),
        Kind::Pet => Some("the person who has a {v} as a pet"),
        Kind::Hobby => Some("the person who has {v} as a hobby"),
        Kind::Car => Some("the person who drives a {v}"),
        Kind::Mentor | Kind::Trip => None,
    }
}

/// Puts words in the place of placeholders.
#[must_use]
pub fn fill(sentence: &str, words: &[(&str, &str)]) -> String {
    words
        .iter()
        .fold(sentence.to_owned(), |text, (place, word)| text.replace(place, word))
}
