//! Pairs of a preference loss, turned into advantages.
//!
//! The loss of a pair depends on the sum of log-probabilities over all outputs of either side, which
//! lie in many rows. Its gradient is that of each row's log-probability times the slope at the
//! present margin. So the margins are measured before each AdamW step, and the slopes are given to
//! the rows as advantages under a ratio of 1.

use std::collections::{BTreeMap, BTreeSet};

use memloom_algorithm::loss::preference::Preference;

use crate::train::batch::ScoredRow;

/// Returns the rows with the slopes as advantages, and the mean loss of the pairs. `present` and
/// `reference` are the log-probabilities of each row's free tokens. The sign of an advantage tells
/// the side.
pub(super) fn weighed(
    rows: &[ScoredRow],
    present: &[Vec<f32>],
    reference: &[Vec<f32>],
    preference: Preference,
) -> (Vec<ScoredRow>, f64) {
    let mut margins: BTreeMap<u64, f64> = BTreeMap::new();
    for (row, (present, reference)) in rows.iter().zip(present.iter().zip(reference)) {
        let apart = present.iter().zip(reference);
        let mut apart = apart.map(|(p, r)| f64::from(*p) - f64::from(*r));
        for scored in &row.scored {
            let length = scored.sampler_logprobs.len();
            let log_ratio: f64 = apart.by_ref().take(length).sum();
            let side = f64::from(scored.advantage.signum());
            *margins.entry(scored.group).or_default() += side * log_ratio;
        }
    }
    let mut weighed = rows.to_vec();
    for (row, present) in weighed.iter_mut().zip(present) {
        let mut present = present.iter().copied();
        for scored in &mut row.scored {
            let slope = preference.pull(margins[&scored.group]) as f32;
            scored.advantage = scored.advantage.signum() * slope;
            for logprob in &mut scored.sampler_logprobs {
                *logprob = present.next().expect("one for each free token");
            }
        }
    }
    let losses = margins.values().map(|margin| preference.loss(*margin));
    (weighed, losses.sum::<f64>() / margins.len() as f64)
}

/// Returns the share of each free token in the loss of a minibatch, one of `minibatches`: pairs
/// weigh the same, whatever their length.
pub(super) fn share(rows: &[ScoredRow], minibatches: usize) -> f32 {
    let scored = rows.iter().flat_map(|row| &row.scored);
    let pairs: BTreeSet<u64> = scored.map(|scored| scored.group).collect();
    minibatches as f32 / pairs.len() as f32
}

#[cfg(test)]
mod tests {
    use memloom_engine::model::packing::Row;

    use super::*;
    use crate::train::batch::Scored;

    const PREFERENCE: Preference = Preference {
        beta: 0.1,
        smoothing: 0.0,
    };

    /// Returns a row whose completions have this many tokens, each as (group, side, tokens).
    fn row(completions: &[(u64, f32, usize)]) -> ScoredRow {
        let scored = |&(group, advantage, tokens): &(u64, f32, usize)| Scored {
            advantage,
            group,
            trajectory: 0,
            sampler_logprobs: vec![-1.0; tokens],
        };
        ScoredRow {
            role: "actor".into(),
            row: Row {
                prompt: [1].into(),
                completions: Vec::new(),
            },
            scored: completions.iter().map(scored).collect(),
        }
    }

    /// The chosen side of pair 0 has two outputs in two rows; its log-ratios sum to 1.5, those of the
    /// rejected side to -0.5. Pair 1 is where the reference is.
    #[test]
    fn a_pair_is_weighed_by_its_whole_margin() {
        let rows = [
            row(&[(0, 1.0, 2), (1, -1.0, 1), (1, 1.0, 1)]),
            row(&[(0, -1.0, 1), (0, 1.0, 1)]),
        ];
        let present = [vec![-0.5, -0.5, -2.0, -3.0], vec![-2.5, -1.5]];
        let reference = [vec![-1.0, -1.0, -2.0, -3.0], vec![-2.0, -2.0]];
        let (weighed, loss) = weighed(&rows, &present, &reference, PREFERENCE);
        let (far, near) = (PREFERENCE.pull(2.0) as f32, PREFERENCE.pull(0.0) as f32);
        let advantages = |row: &ScoredRow| -> Vec<f32> {
            row.scored.iter().map(|scored| scored.advantage).collect()
        };
        assert_eq!(advantages(&weighed[0]), [far, -near, near]);
        assert_eq!(advantages(&weighed[1]), [-far, far]);
        assert_eq!(weighed[0].scored[0].sampler_logprobs, [-0.5, -0.5]);
        assert_eq!(weighed[1].scored[1].sampler_logprobs, [-1.5]);
        let mean = (PREFERENCE.loss(2.0) + PREFERENCE.loss(0.0)) / 2.0;
        assert!((loss - mean).abs() < 1e-12);
        assert_eq!(share(&rows, 3), 1.5);
    }
}
