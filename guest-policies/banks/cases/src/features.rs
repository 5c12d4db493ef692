//! The features of cases for a goal.

use crate::case::Case;
use crate::fields::Outcome;
use crate::logistic::Features;
use crate::memory::Memory;
use crate::value::Goal;

/// The cases whose goals are most like the goal at hand.
const NEIGHBOURS: usize = 4;

/// The features of all cases for one goal.
pub struct Surroundings {
    /// The likeness of each case's goal, in order of the cases.
    likenesses: Vec<f32>,
    /// The places of the likest cases, one more than there are neighbours.
    nearest: Vec<usize>,
    /// The number of the bank's writes.
    writes: u64,
    /// The mean reward of a case without uses.
    prior: f32,
}

impl Surroundings {
    /// Returns the surroundings of a goal.
    pub fn new(goal: &Goal, memory: &Memory, prior: f32) -> Self {
        let cases = memory.cases.iter();
        let likenesses: Vec<f32> = cases.map(|case| goal.likeness(&case.goal)).collect();
        let mut nearest: Vec<usize> = (0..likenesses.len()).collect();
        nearest.sort_by(|&one, &other| likenesses[other].total_cmp(&likenesses[one]));
        nearest.truncate(NEIGHBOURS + 1);
        Self {
            likenesses,
            nearest,
            writes: memory.writes(),
            prior,
        }
    }

    /// Returns the features of the case in a place.
    pub fn features(&self, place: usize, memory: &Memory) -> Features {
        let case = &memory.cases[place];
        let others = self.nearest.iter().filter(|&&other| other != place);
        let means: Vec<f32> = others
            .take(NEIGHBOURS)
            .map(|&other| self.mean(&memory.cases[other]))
            .collect();
        let neighbours = match means.len() {
            0 => self.prior,
            count => means.iter().sum::<f32>() / count as f32,
        };
        let since = self.writes.saturating_sub(case.written);
        Features {
            likeness: self.likenesses[place],
            outcome: match case.fields.outcome {
                Outcome::Success => 1.0,
                Outcome::Failure => -1.0,
                Outcome::Unknown => 0.0,
            },
            own: self.mean(case),
            neighbours,
            age: since as f32 / self.writes.max(1) as f32,
        }
    }

    /// Returns the mean reward of a case's uses.
    fn mean(&self, case: &Case) -> f32 {
        match case.uses {
            0 => self.prior,
            uses => (case.wins / uses as f32).clamp(0.0, 1.0),
        }
    }
}
