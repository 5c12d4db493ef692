//! Demonstrators.

use memloom_sdk::types::Error;

use crate::seed;
use crate::sitting::Sitting;
use crate::task::Setting;

/// A demonstrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demonstrator {
    /// Acts as the expert; a policy writes down all that it perceives.
    Everything,
    /// Forgets all earlier sessions, and explores anew.
    Nothing,
    /// Acts as the expert, but at random at every fifth act in the mean.
    Careless,
    /// Remembers all that it perceived.
    Expert,
}

/// The probability of a random act of [`Demonstrator::Careless`].
const CARELESSNESS: f64 = 0.2;

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
                "office has no demonstrator `{name}`: \
                 use everything, nothing, demonstrator or expert"
            ))),
        }
    }

    /// Returns its next action in a task.
    #[must_use]
    pub fn advise(self, setting: Setting, sitting: &Sitting, seed: u64) -> String {
        let session = setting.task.session;
        let mut random = seed::act(seed, setting.address, session, sitting.acts);
        if self == Self::Careless
            && random.chance(CARELESSNESS)
            && let Some(action) = random.pick(&sitting.admissible(setting))
        {
            return action.clone();
        }
        let (action, _) = sitting.expert(setting, self != Self::Nothing);
        if sitting.admissible(setting).contains(&action) {
            return action;
        }
        // What it remembers no longer holds: the id of a contact that is gone.
        sitting.expert(setting, false).0
    }
}
