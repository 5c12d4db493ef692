//! The value of a case for a goal: the mean reward of its records, weighed by how like the goal
//! theirs were. A kernel estimate of Q, as in Memento (arXiv 2508.16153).

use std::collections::BTreeMap;

use memloom_sdk::text::lower_words;
use memloom_search::cosine;
use serde::{Deserialize, Serialize};

use crate::options::Options;

/// One use of a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The goal that it was used for; none if it was the case's own.
    pub goal: Option<Goal>,
    /// The reward, 0 to 1.
    pub reward: f32,
}

/// A goal that can be compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// The words.
    pub text: String,
    /// The embedding.
    pub vector: Option<Vec<f32>>,
}

impl Goal {
    /// Returns the cosine of two goals, in [-1, 1]: of their vectors if both have one of the
    /// same length, else of the counts of their words.
    pub fn likeness(&self, other: &Self) -> f32 {
        match (&self.vector, &other.vector) {
            (Some(one), Some(other)) if one.len() == other.len() => cosine(one, other),
            _ => words_alike(&self.text, &other.text),
        }
    }
}

fn words_alike(one: &str, other: &str) -> f32 {
    let mut counts: BTreeMap<String, [f32; 2]> = BTreeMap::new();
    for (side, text) in [one, other].into_iter().enumerate() {
        for word in lower_words(text) {
            counts.entry(word).or_default()[side] += 1.0;
        }
    }
    let side = |side: usize| counts.values().map(|c| c[side]).collect::<Vec<f32>>();
    cosine(&side(0), &side(1))
}

/// Returns the expected reward, 0 to 1, of a case for a goal: with the kernel
/// k = exp(−(1 − cosine) / bandwidth), the sum of k · reward by the sum of k. The prior where
/// there are no records.
pub fn value(goal: &Goal, own: &Goal, records: &[Record], options: &Options) -> f32 {
    let likeness = |record: &Record| goal.likeness(record.goal.as_ref().unwrap_or(own));
    let alike: Vec<f32> = records.iter().map(likeness).collect();
    let Some(most) = alike.iter().copied().reduce(f32::max) else {
        return options.prior;
    };
    // Taking the most away leaves the quotient as it is, and no sum of weights is 0.
    let (mut sum, mut weights) = (0.0, 0.0);
    for (record, alike) in records.iter().zip(alike) {
        let weight = ((alike - most) / options.bandwidth).exp();
        sum += weight * record.reward;
        weights += weight;
    }
    (sum / weights).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(text: &str, vector: Option<&[f32]>) -> Goal {
        Goal {
            text: text.into(),
            vector: vector.map(Vec::from),
        }
    }

    fn record(goal: Goal, reward: f32) -> Record {
        let goal = Some(goal);
        Record { goal, reward }
    }

    /// Returns a goal at this cosine from (1, 0).
    fn at(cosine: f32) -> Goal {
        goal("", Some(&[cosine, (1.0 - cosine * cosine).sqrt()]))
    }

    #[test]
    fn records_weigh_by_their_likeness() {
        let here = at(1.0);
        let options = Options::default();
        let records = [record(at(0.9), 1.0), record(at(0.5), 0.0)];
        let found = value(&here, &Goal::default(), &records, &options);
        assert!((found - 0.881).abs() < 1e-3, "{found}");
    }

    #[test]
    fn without_records_the_prior_holds() {
        let options = Options::default();
        assert_eq!(value(&at(1.0), &at(1.0), &[], &options), 0.5);
    }

    #[test]
    fn records_far_away_count_however_narrow_the_kernel() {
        let options = Options {
            bandwidth: 1e-6,
            ..Options::default()
        };
        let records = [record(at(-1.0), 1.0), record(at(-0.9), 0.25)];
        let found = value(&at(1.0), &Goal::default(), &records, &options);
        assert!((found - 0.25).abs() < 1e-6, "{found}");
    }

    #[test]
    fn words_are_compared_where_a_vector_lacks() {
        let own = goal("find the lamp", None);
        let same = goal("Find THE lamp!", Some(&[1.0]));
        assert!((own.likeness(&same) - 1.0).abs() < 1e-6);
        assert_eq!(own.likeness(&goal("cook rice", None)), 0.0);
        assert_eq!(own.likeness(&goal("", None)), 0.0);
        let options = Options::default();
        let records = [
            Record {
                goal: None,
                reward: 1.0,
            },
            record(goal("cook rice", None), 0.0),
        ];
        assert!(value(&own, &own, &records, &options) > 0.9);
        assert!(value(&goal("cook rice", None), &own, &records, &options) < 0.1);
    }
}
