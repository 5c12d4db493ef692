//! The topics of a dialogue, and turns as prompts and entries have them.

use memloom_sdk::speakers::Speakers;
use memloom_sdk::text::first_words;
use memloom_sdk::types::{DemonstratedOperation, Turn};

/// A topic that a summariser found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The summary.
    pub summary: String,
    /// The speaker of the first turn.
    pub speaker: String,
    /// The ids of the turns that support it.
    pub turns: Vec<String>,
}

impl Topic {
    /// Returns a turn as a topic of its own.
    pub fn of_turn(turn: &Turn) -> Self {
        Self {
            summary: content(turn),
            speaker: turn.speaker.clone(),
            turns: vec![turn.id.clone()],
        }
    }
}

/// Returns a turn with its speaker, in one line.
pub fn content(turn: &Turn) -> String {
    match &*turn.speaker {
        "" => first_words(&turn.text, usize::MAX),
        speaker => first_words(&format!("{speaker}: {}", turn.text), usize::MAX),
    }
}

/// Returns whether a demonstrator keeps a turn: as a new fact, or as one that changes or ends another.
pub fn is_kept(hint: Option<&DemonstratedOperation>) -> bool {
    use DemonstratedOperation::{Delete, Insert, Update};
    matches!(hint, Some(Insert | Update(_) | Delete(_)))
}

/// Returns the turn whose fact a demonstrator's operation changes or ends.
pub fn changed(hint: Option<&DemonstratedOperation>) -> Option<&str> {
    match hint {
        Some(DemonstratedOperation::Update(turn) | DemonstratedOperation::Delete(turn)) => {
            Some(turn)
        }
        _ => None,
    }
}

/// Returns speakers in the order in which they are named, without empty names.
pub fn met<'a>(names: impl Iterator<Item = &'a String>) -> Speakers {
    let mut speakers = Speakers::default();
    let named = names.filter(|name| !name.is_empty());
    named.for_each(|name| speakers.meet(name));
    speakers
}

/// Returns the first characters of a text, at most so many, without a space at the end.
pub fn shortened(text: &str, chars: usize) -> String {
    let kept: String = text.chars().take(chars).collect();
    kept.trim_end().into()
}
