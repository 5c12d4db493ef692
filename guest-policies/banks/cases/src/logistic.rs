//! The logistic form of a case's value: a classifier of whether the case will help, which learns from
//! every use (Memento, arXiv 2508.16153, with six features in the place of a text encoder).

use serde::{Deserialize, Serialize};

/// The number of features.
const FEATURES: usize = 6;
/// The learning rate.
const RATE: f32 = 0.1;

/// The weights of the features: the likeness of the goals, the case's outcome, its own mean reward, that
/// of cases with like goals, its age, and 1. They begin as 0, which values every case at one half.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Logistic([f32; FEATURES]);

/// The features of a case for a goal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Features {
    /// The cosine of its goal and the goal at hand.
    pub likeness: f32,
    /// The outcome: 1 for a success, −1 for a failure, else 0.
    pub outcome: f32,
    /// The mean reward of its uses.
    pub own: f32,
    /// The mean of those of the other cases whose goals are most like the goal at hand.
    pub neighbours: f32,
    /// The share of the bank's writes that came after its last one.
    pub age: f32,
}

impl Features {
    fn all(self) -> [f32; FEATURES] {
        let Self {
            likeness,
            outcome,
            own,
            neighbours,
            age,
        } = self;
        [likeness, outcome, own, neighbours, age, 1.0]
    }
}

impl Logistic {
    /// Returns the probability that a case helps, 0 to 1.
    pub fn value(&self, features: Features) -> f32 {
        let products = self.0.iter().zip(features.all());
        let sum: f32 = products.map(|(weight, feature)| weight * feature).sum();
        1.0 / (1.0 + (-sum).exp())
    }

    /// Learns from a use: a step against the gradient of the cross-entropy, (Q − r) · feature.
    pub fn learn(&mut self, features: Features, reward: f32) {
        let error = self.value(features) - reward;
        for (weight, feature) in self.0.iter_mut().zip(features.all()) {
            *weight -= RATE * error * feature;
        }
    }

    /// Returns whether all weights are numbers.
    pub fn is_valid(&self) -> bool {
        self.0.iter().all(|weight| weight.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memento_a_value_of_point_8_for_a_reward_of_1_moves_the_bias_by_point_2() {
        // ln 4 gives the value 0.8.
        let before = Logistic([0.0, 0.0, 0.0, 0.0, 0.0, 4.0_f32.ln()]);
        let value = before.value(Features::default());
        assert!((value - 0.8).abs() < 1e-6);
        assert!((-value.ln() - 0.2231).abs() < 1e-4);
        let mut after = before.clone();
        after.learn(Features::default(), 1.0);
        let gradient = (before.0[5] - after.0[5]) / RATE;
        assert!((gradient + 0.2).abs() < 1e-5, "{gradient}");
        assert_eq!(after.0[..5], before.0[..5]);
    }

    #[test]
    fn it_learns_the_feature_by_which_cases_help() {
        let mut learnt = Logistic::default();
        let with = |own| Features {
            own,
            ..Features::default()
        };
        assert_eq!(learnt.value(with(1.0)), 0.5);
        for _ in 0..400 {
            learnt.learn(with(1.0), 1.0);
            learnt.learn(with(0.0), 0.0);
        }
        assert!(learnt.value(with(1.0)) > 0.8);
        assert!(learnt.value(with(0.0)) < 0.2);
    }
}
