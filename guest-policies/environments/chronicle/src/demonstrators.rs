//! Demonstrators: perfect, careless, greedy and idle treatment of a session.

use memloom_sdk::random::Random;
use memloom_sdk::types::{DemonstratedOperation, Error, Hint};

use crate::story::{Line, Meaning, Story};

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Inserts every turn.
    Everything,
    /// Inserts nothing.
    Nothing,
    /// Imperfect on purpose, so that a policy learns the form from it and the rest from
    /// rewards: it misses facts, inserts lures, and inserts instead of updating.
    Careless,
    /// Keeps a memory with which every question can be answered.
    Expert,
}

impl Demonstrator {
    /// Returns the demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "everything" => Ok(Self::Everything),
            "nothing" => Ok(Self::Nothing),
            "demonstrator" => Ok(Self::Careless),
            "expert" => Ok(Self::Expert),
            _ => Err(Error::Unknown(format!(
                "chronicle has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns its hints for a session of the story. The session must exist.
    #[must_use]
    pub fn hints(self, story: &Story, session: u32, random: &mut Random) -> Vec<Hint> {
        story.sittings[session as usize - 1]
            .lines
            .iter()
            .filter_map(|line| {
                let operation = match self {
                    Self::Everything => Some(DemonstratedOperation::Insert),
                    Self::Nothing => None,
                    Self::Careless => careless(line, story, random),
                    Self::Expert => expert(line),
                };
                operation.map(|operation| Hint {
                    turn: line.id.clone(),
                    operation,
                })
            })
            .collect()
    }
}

fn expert(line: &Line) -> Option<DemonstratedOperation> {
    match &line.meaning {
        Meaning::Fact(..) => Some(DemonstratedOperation::Insert),
        Meaning::Change { before, .. } => Some(DemonstratedOperation::Update(before.clone())),
        Meaning::Cancellation { planned, .. } => {
            Some(DemonstratedOperation::Delete(planned.clone()))
        }
        Meaning::Lure(..) | Meaning::Ephemeral | Meaning::Talk => None,
    }
}

/// Returns careless hints: a warm start learns from them the form of the output and
/// little more.
fn careless(line: &Line, story: &Story, random: &mut Random) -> Option<DemonstratedOperation> {
    let kept = match line.meaning {
        Meaning::Fact(..) | Meaning::Change { .. } => 0.8,
        Meaning::Cancellation { .. } => 0.55,
        Meaning::Lure(..) => 0.5,
        Meaning::Ephemeral => 0.6,
        Meaning::Talk => 0.2,
    };
    if !random.chance(kept) {
        return None;
    }
    let mood = random.unit();
    Some(match &line.meaning {
        Meaning::Change { before, .. } if mood < 0.3 => {
            let wrong = random.chance(0.1);
            let other = wrong
                .then(|| other_write(line, before, story, random))
                .flatten();
            DemonstratedOperation::Update(other.unwrap_or_else(|| before.clone()))
        }
        Meaning::Cancellation { planned, .. } if mood < 0.3 => {
            DemonstratedOperation::Delete(planned.clone())
        }
        Meaning::Change { .. } if mood >= 0.8 => DemonstratedOperation::Skip,
        Meaning::Cancellation { .. } if mood >= 0.7 => DemonstratedOperation::Skip,
        _ => DemonstratedOperation::Insert,
    })
}

/// Returns an earlier turn in which the same person set another attribute.
fn other_write(line: &Line, before: &str, story: &Story, random: &mut Random) -> Option<String> {
    let earlier: Vec<&Line> = story
        .lines()
        .map(|(_, other)| other)
        .take_while(|other| other.id != line.id)
        .filter(|other| other.speaker == line.speaker && other.id != before)
        .filter(|other| other.meaning.written().is_some())
        .collect();
    random.pick(&earlier).map(|other| other.id.clone())
}
