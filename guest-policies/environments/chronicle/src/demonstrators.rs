//! How others would treat a session: perfectly, carelessly, greedily, not at all.

use memloom_sdk::random::Random;
use memloom_sdk::types::{Error, DemonstratedOperation, Hint};

use crate::story::{Line, Meaning, Story};

/// Who shows how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Notes every turn.
    Everything,
    /// Notes nothing.
    Nothing,
    /// Imperfect on purpose, to learn the form from and leave the rest to
    /// reward: overlooks facts, falls for lures, inserts where it should update.
    Careless,
    /// Keeps the memory so that every question is answered right.
    Expert,
}

impl Demonstrator {
    /// The demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` where there is none.
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

    /// What it does with the turns of a session of the story. The session must exist.
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
        Meaning::Cancellation { planned, .. } => Some(DemonstratedOperation::Delete(planned.clone())),
        Meaning::Lure(..) | Meaning::Ephemeral | Meaning::Talk => None,
    }
}

/// Its rates leave a warm start the form of the output and little of the judgement.
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
        Meaning::Cancellation { planned, .. } if mood < 0.3 => DemonstratedOperation::Delete(planned.clone()),
        Meaning::Change { .. } if mood >= 0.8 => DemonstratedOperation::Skip,
        Meaning::Cancellation { .. } if mood >= 0.7 => DemonstratedOperation::Skip,
        _ => DemonstratedOperation::Insert,
    })
}

/// An earlier turn in which the same person set something else.
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
