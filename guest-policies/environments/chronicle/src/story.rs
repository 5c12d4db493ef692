//! The story of an episode: speakers, sentences and their meanings.

use crate::kind::Kind;

/// One attribute of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The index of the person.
    pub person: usize,
    /// The kind of attribute.
    pub kind: Kind,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value in the form of an answer: `Rome`, `May 12`.
    pub words: String,
    /// The destination of a trip.
    pub destination: Option<&'static str>,
}

impl Value {
    /// Returns its first word, which identifies values of a kind: the month of a date.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.words.split(' ').next().unwrap_or_default()
    }
}

/// The meaning of a turn for a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Sets an attribute that had no value.
    Fact(Slot, Value),
    /// Sets an attribute to another value.
    Change {
        /// The attribute.
        slot: Slot,
        /// The new value.
        value: Value,
        /// The id of the turn that set the former value.
        before: String,
        /// True if the former value was wrong.
        correction: bool,
    },
    /// Cancels a trip.
    Cancellation {
        /// The index of the traveller.
        slot: Slot,
        /// The id of the turn that planned it.
        planned: String,
    },
    /// Names a value that is not the speaker's own.
    Lure(Slot, Value),
    /// An event without a question.
    Ephemeral,
    /// Small talk.
    Talk,
}

impl Meaning {
    /// Returns the attribute that it mentions, truly or not.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Self::Fact(slot, _)
            | Self::Lure(slot, _)
            | Self::Change { slot, .. }
            | Self::Cancellation { slot, .. } => Some(*slot),
            Self::Ephemeral | Self::Talk => None,
        }
    }

    /// Returns the value that it sets.
    #[must_use]
    pub fn written(&self) -> Option<&Value> {
        match self {
            Self::Fact(_, value) | Self::Change { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// A turn and its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The id; `D3:12` is session 3, turn 12.
    pub id: String,
    /// The index of the person.
    pub speaker: usize,
    /// The text.
    pub text: String,
    /// The meaning.
    pub meaning: Meaning,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The date, for instance `3 May 2023`.
    pub time: String,
    /// The turns in order.
    pub lines: Vec<Line>,
}

/// All sessions within the horizon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Names.
    pub people: Vec<&'static str>,
    /// The sessions in order; the first is session 1.
    pub sittings: Vec<SessionView>,
}

impl Story {
    /// Returns all lines in order, each with its session's number.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &Line)> {
        (1..)
            .zip(&self.sittings)
            .flat_map(|(session, view)| view.lines.iter().map(move |line| (session, line)))
    }

    /// Returns the lines by attribute.
    #[must_use]
    pub fn told(&self) -> Told<'_> {
        let mut told = Told(vec![
            [const { Vec::new() }; Kind::ALL.len()];
            self.people.len()
        ]);
        for (session, line) in self.lines() {
            if let Some(Slot { person, kind }) = line.meaning.slot() {
                told.0[person][kind as usize].push((session, line));
            }
        }
        told
    }
}

/// The lines about every attribute, by person and kind.
pub struct Told<'a>(Vec<[Vec<(u32, &'a Line)>; Kind::ALL.len()]>);

impl<'a> Told<'a> {
    /// Returns the lines that mention an attribute, truly or not.
    #[must_use]
    pub fn about(&self, slot: Slot) -> &[(u32, &'a Line)] {
        &self.0[slot.person][slot.kind as usize]
    }

    /// Returns the line that set the final value, if there is one.
    #[must_use]
    pub fn holding(&self, slot: Slot) -> Option<(u32, &'a Line)> {
        let mut backwards = self.about(slot).iter().rev();
        let &(session, line) = backwards.find(|(_, line)| {
            let cancels = matches!(line.meaning, Meaning::Cancellation { .. });
            cancels || line.meaning.written().is_some()
        })?;
        line.meaning.written().map(|_| (session, line))
    }
}
