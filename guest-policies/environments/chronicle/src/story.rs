//! An episode as it was told: who said what, and what it meant.

use crate::kind::Kind;

/// One attribute of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// Index into the episode's people.
    pub person: usize,
    /// Which attribute.
    pub kind: Kind,
}

/// What an attribute is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// As an answer names it: `Rome`, `May 12`.
    pub words: String,
    /// Where a trip leads.
    pub destination: Option<&'static str>,
}

impl Value {
    /// Its first word, which tells values of a kind apart: of a date the month.
    #[must_use]
    pub fn stem(&self) -> &str {
        self.words.split(' ').next().unwrap_or_default()
    }
}

/// What a turn means to the memory of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Sets an attribute that had no value.
    Fact(Slot, Value),
    /// Sets an attribute to another value.
    Change {
        /// The attribute.
        slot: Slot,
        /// The value that now holds.
        value: Value,
        /// Id of the turn that set the value before.
        before: String,
        /// Whether the value before never held.
        correction: bool,
    },
    /// Leaves a trip without a date.
    Cancellation {
        /// Whose trip.
        slot: Slot,
        /// Id of the turn that planned it.
        planned: String,
    },
    /// Names a value that is not the speaker's.
    Lure(Slot, Value),
    /// Passed, and is never asked.
    Ephemeral,
    /// Small talk.
    Talk,
}

impl Meaning {
    /// The attribute that it speaks of, truly or not.
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

    /// The value that holds from here on.
    #[must_use]
    pub fn written(&self) -> Option<&Value> {
        match self {
            Self::Fact(_, value) | Self::Change { value, .. } => Some(value),
            _ => None,
        }
    }
}

/// A turn and what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `D3:12` is session 3, turn 12.
    pub id: String,
    /// Index into the episode's people.
    pub speaker: usize,
    /// What is said.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
}

/// One sitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// For instance `3 May 2023`.
    pub time: String,
    /// In the order in which they were said.
    pub lines: Vec<Line>,
}

/// Everything that is told within the horizon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Names.
    pub people: Vec<&'static str>,
    /// In order; the first is session 1.
    pub sittings: Vec<Sitting>,
}

impl Story {
    /// All lines, each with its session's index, in order.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &Line)> {
        (1..)
            .zip(&self.sittings)
            .flat_map(|(session, sitting)| sitting.lines.iter().map(move |line| (session, line)))
    }

    /// The same, sorted by what they speak of.
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

/// What is told of every attribute: by person, then by kind.
pub struct Told<'a>(Vec<[Vec<(u32, &'a Line)>; Kind::ALL.len()]>);

impl<'a> Told<'a> {
    /// The lines that speak of an attribute, truly or not.
    #[must_use]
    pub fn about(&self, slot: Slot) -> &[(u32, &'a Line)] {
        &self.0[slot.person][slot.kind as usize]
    }

    /// The line that set the value which holds at the end; none where there is none.
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
