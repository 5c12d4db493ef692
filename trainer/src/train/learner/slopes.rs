//! Losses of log-ratios, turned into advantages.
//!
//! Such a loss depends on the sum of log-probabilities over an output, or over all outputs of a pair's
//! sides, which lie in many rows. Its gradient is that of each log-probability times the slope at the
//! present log-ratios. So these are measured before each AdamW step, and the slopes are given to the
//! rows as advantages under a ratio of 1.

use std::collections::{BTreeMap, BTreeSet};

use memloom_algorithm::loss::LogRatioLoss;

use crate::train::batch::{Scored, ScoredRow};

/// Returns the rows with the slopes as advantages, and the mean loss. `present` and `reference` are
/// the log-probabilities of each row's free tokens.
pub(super) fn weighed(
    rows: &[ScoredRow],
    present: &[Vec<f32>],
    reference: &[Vec<f32>],
    loss: LogRatioLoss,
) -> (Vec<ScoredRow>, f64) {
    let mut weighed = rows.to_vec();
    let mut outputs: Vec<(&mut Scored, f64)> = Vec::new();
    for (row, (present, reference)) in weighed.iter_mut().zip(present.iter().zip(reference)) {
        let mut at = 0;
        for scored in &mut row.scored {
            let own = at..at + scored.sampler_logprobs.len();
            at = own.end;
            let pairs = present[own.clone()].iter().zip(&reference[own.clone()]);
            let log_ratio = pairs.map(|(p, r)| f64::from(*p) - f64::from(*r)).sum();
            scored.sampler_logprobs.copy_from_slice(&present[own]);
            outputs.push((scored, log_ratio));
        }
    }
    let losses: Vec<f64> = match loss {
        LogRatioLoss::Preference(preference) => {
            let mut margins: BTreeMap<u64, f64> = BTreeMap::new();
            for (scored, log_ratio) in &outputs {
                let side = f64::from(scored.advantage.signum());
                *margins.entry(scored.group).or_default() += side * log_ratio;
            }
            for (scored, _) in outputs {
                let pull = preference.pull(margins[&scored.group]) as f32;
                scored.advantage = scored.advantage.signum() * pull;
            }
            margins
                .into_values()
                .map(|it| preference.loss(it))
                .collect()
        }
        LogRatioLoss::Regression(regression) => {
            let each = outputs.into_iter().map(|(scored, log_ratio)| {
                let wanted = f64::from(scored.advantage);
                scored.advantage = regression.pull(log_ratio, wanted) as f32;
                regression.loss(log_ratio, wanted)
            });
            each.collect()
        }
    };
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    (weighed, mean)
}

/// Returns the share of each free token in the loss of a minibatch, one of `minibatches`: pairs, or
/// outputs, weigh the same, whatever their length.
pub(super) fn share(rows: &[ScoredRow], minibatches: usize, loss: LogRatioLoss) -> f32 {
    let scored = rows.iter().flat_map(|row| &row.scored);
    let units = match loss {
        LogRatioLoss::Preference(_) => {
            let groups: BTreeSet<u64> = scored.map(|scored| scored.group).collect();
            groups.len()
        }
        LogRatioLoss::Regression(_) => scored.count(),
    };
    minibatches as f32 / units as f32
}

#[cfg(test)]
mod tests {
    use memloom_algorithm::loss::preference::Preference;
    use memloom_algorithm::loss::regression::Regression;
    use memloom_engine::model::packing::Row;

    use super::*;

    const PREFERENCE: Preference = Preference {
        beta: 0.1,
        smoothing: 0.0,
    };

    const LOSS: LogRatioLoss = LogRatioLoss::Preference(PREFERENCE);

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
        let (weighed, loss) = weighed(&rows, &present, &reference, LOSS);
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
        assert_eq!(share(&rows, 3, LOSS), 1.5);
    }

    #[test]
    fn an_output_is_weighed_by_its_own_log_ratio() {
        let regression = Regression { beta: 0.5 };
        let loss = LogRatioLoss::Regression(regression);
        let rows = [row(&[(0, 0.4, 2), (0, -0.6, 1)])];
        let (weighed, mean) = weighed(&rows, &[vec![-0.5, -0.5, -1.0]], &[vec![-1.0; 3]], loss);
        let pulls = [regression.pull(1.0, 0.4), regression.pull(0.0, -0.6)];
        for (scored, pull) in weighed[0].scored.iter().zip(pulls) {
            assert!((f64::from(scored.advantage) - pull).abs() < 1e-6);
        }
        assert!(
            (mean - (regression.loss(1.0, 0.4) + regression.loss(0.0, -0.6)) / 2.0).abs() < 1e-6
        );
        assert_eq!(share(&rows, 3, loss), 1.5);
    }
}
