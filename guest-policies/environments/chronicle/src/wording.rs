//! The wording of questions. Each contains a cue of its kind.

use crate::kind::Kind;

/// Returns a question about the person `{s}`.
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

/// Returns a question about the time at which `{s}` stated the value `{v}`; none for kinds
/// whose value does not name one such moment.
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

/// Returns words that name a person by the value `{v}`; none for kinds whose value does
/// not identify a person.
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
