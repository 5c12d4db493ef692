//! Demonstrators: perfect, careless and idle planners.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::course::possible;
use crate::expert::{plan, subgoal};
use crate::ground::{Facts, Ground};

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Follows a shortest plan.
    Expert,
    /// Acts like an expert but for one act of five, which is any.
    Careless,
    /// Takes the first action that is listed, which leads nowhere.
    Idle,
}

/// The probability that the careless demonstrator does anything.
const ANYTHING: f64 = 0.2;

/// The advice of a demonstrator.
pub struct Advice {
    /// The goal that is pursued; none if nothing is left to do.
    pub subgoal: Option<String>,
    /// The action.
    pub action: String,
}

impl Demonstrator {
    /// Returns the demonstrator of this name.
    ///
    /// # Errors
    /// `unknown` if there is none.
    pub fn parse(name: &str) -> Result<Self, Error> {
        match name {
            "everything" | "expert" => Ok(Self::Expert),
            "demonstrator" => Ok(Self::Careless),
            "nothing" => Ok(Self::Idle),
            _ => Err(Error::Unknown(format!(
                "blocks has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns what it would do next.
    #[must_use]
    pub fn advice(self, ground: &Ground, state: Facts, random: &mut Random) -> Advice {
        let unmet = ground.goal & !state;
        let any = match self {
            Self::Idle => {
                return Advice {
                    subgoal: ground.sentences(unmet).next(),
                    action: possible(ground, state)
                        .into_iter()
                        .next()
                        .unwrap_or_default(),
                };
            }
            Self::Careless if random.chance(ANYTHING) => {
                random.pick(&possible(ground, state)).cloned()
            }
            Self::Careless | Self::Expert => None,
        };
        let plan = plan(ground, state).unwrap_or_default();
        let best = plan
            .first()
            .map(|number| ground.acts[*number].words.clone());
        Advice {
            subgoal: subgoal(ground, state, &plan),
            action: any.or(best).unwrap_or_default(),
        }
    }
}
