//! Demonstrators: perfect, careless, greedy and idle treatment of a chunk.

use memloom_sdk::random::Random;
use memloom_sdk::types::{DemonstratedOperation, Error, Hint};

use crate::episode::{Episode, Line, turn_id};

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Inserts every turn.
    Everything,
    /// Inserts nothing.
    Nothing,
    /// Imperfect on purpose, so that a policy learns the form from it and the rest from
    /// rewards: it misses turns, keeps others, and inserts instead of updating.
    Careless,
    /// Keeps what is asked for, in its newest form.
    Expert,
}

/// The probability that the careless demonstrator keeps a turn that is needed.
const KEEPS_NEEDED: f64 = 0.8;
/// The probability that it keeps another turn.
const KEEPS_OTHER: f64 = 0.2;
/// The probability that it updates where a fact has changed.
const UPDATES: f64 = 0.3;

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
                "chunks has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns its hints for the lines of a session.
    #[must_use]
    pub fn hints(
        self,
        episode: &Episode,
        session: u32,
        lines: &[Line],
        random: &mut Random,
    ) -> Vec<Hint> {
        let needed = episode.needed();
        let turns = (1..).zip(lines);
        let hints = turns.filter_map(|(number, line)| {
            let turn = turn_id(session, number);
            let operation = self.operation(line, needed.contains(&turn), random)?;
            Some(Hint { turn, operation })
        });
        hints.collect()
    }

    fn operation(
        self,
        line: &Line,
        needed: bool,
        random: &mut Random,
    ) -> Option<DemonstratedOperation> {
        let (keeps, updates) = match self {
            Self::Everything => (true, false),
            Self::Nothing => (false, false),
            Self::Expert => (needed, true),
            Self::Careless => {
                let keeps = if needed { KEEPS_NEEDED } else { KEEPS_OTHER };
                (random.chance(keeps), random.chance(UPDATES))
            }
        };
        let before = line.before.clone().filter(|_| updates);
        keeps.then(|| before.map_or(DemonstratedOperation::Insert, DemonstratedOperation::Update))
    }
}
