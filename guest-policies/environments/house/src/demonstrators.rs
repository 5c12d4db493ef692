//! Demonstrators: what they do in tasks, and what they keep of reports.

use memloom_sdk::random::Random;
use memloom_sdk::types::Error;

use crate::act::Act;
use crate::house::House;
use crate::lived::Lived;
use crate::report::Told;

/// The share of the demonstrator's actions that are random.
const ERRORS: f64 = 0.2;

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Acts as the expert, and keeps every turn.
    Everything,
    /// Forgets each session before the next.
    Nothing,
    /// The expert with errors.
    Careless,
    /// Forgets nothing, and keeps the turns that later tasks need.
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
                "house has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns its next action, a possible one, in a session that is not over. Where a thing is
    /// no longer where it should be, the demonstrator looks around.
    #[must_use]
    pub fn act(self, house: &House, lived: &Lived, random: &mut Random) -> Act {
        let possible = lived.possible(house);
        if self == Self::Careless
            && random.chance(ERRORS)
            && let Some(act) = random.pick(&possible)
        {
            return *act;
        }
        let mind = match self {
            Self::Nothing => &lived.fresh,
            Self::Everything | Self::Careless | Self::Expert => &lived.mind,
        };
        let best = lived.best(house, mind);
        if possible.contains(&best) {
            return best;
        }
        match lived.acts.last() {
            Some(Act::Look) => random.pick(&possible).copied().unwrap_or(Act::Look),
            _ => Act::Look,
        }
    }

    /// Returns whether it keeps a turn, which a later task may need.
    #[must_use]
    pub fn keeps(self, told: Told, needed: bool, random: &mut Random) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Expert => needed,
            Self::Careless => random.chance(match told {
                Told::Move(..) | Told::Shown(_) if needed => 0.8,
                Told::Move(..) | Told::Lure(..) => 0.5,
                Told::Talk(_) | Told::Shown(_) => 0.2,
            }),
        }
    }
}
