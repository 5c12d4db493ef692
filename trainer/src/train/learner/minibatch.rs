//! The rows of an AdamW step, and the distance between trainer and sampler.

use memloom_algorithm::loss::{LossInputs, Objective, shares};
use memloom_engine::model::packing::Row;

use crate::train::batch::ScoredRow;
use crate::train::learner::{Reinforcement, slopes};

/// The rows of one AdamW step.
pub(super) struct Minibatch<'a> {
    /// Places of the rows in the whole update.
    indices: &'a [usize],
    rows: Vec<&'a ScoredRow>,
    /// Tokens of the rows, for micro-batches.
    pub(super) plain: Vec<Row>,
    /// Shares of the loss by row, one for each completion.
    shares: Vec<Vec<f32>>,
}

impl<'a> Minibatch<'a> {
    pub(super) fn new(
        all: &'a [ScoredRow],
        indices: &'a [usize],
        settings: &Reinforcement,
    ) -> Self {
        let rows: Vec<&ScoredRow> = indices.iter().map(|index| &all[*index]).collect();
        let shares = match settings.log_ratios {
            Some(loss) => {
                let share = slopes::share(all, settings.minibatches, loss);
                rows.iter()
                    .map(|row| vec![share; row.scored.len()])
                    .collect()
            }
            None => loss_shares(&rows, &settings.objective),
        };
        Self {
            indices,
            plain: rows.iter().map(|scored| scored.row.clone()).collect(),
            shares,
            rows,
        }
    }

    /// Returns the loss inputs of the rows at `places`, without a reference policy's.
    pub(super) fn loss_inputs(&self, places: &[usize], before: Option<&[Vec<f32>]>) -> LossInputs {
        let mut inputs = LossInputs::default();
        for &place in places {
            for scored in &self.rows[place].scored {
                inputs.push(scored.advantage, &scored.sampler_logprobs);
            }
            inputs.shares.extend(&self.shares[place]);
            if let Some(before) = before {
                let logprobs = &before[self.indices[place]];
                inputs.pre_update_logprobs.extend(logprobs);
            }
        }
        inputs
    }
}

/// Returns the shares of a minibatch's loss by row.
fn loss_shares(rows: &[&ScoredRow], objective: &Objective) -> Vec<Vec<f32>> {
    let all = rows.iter().flat_map(|row| &row.scored);
    let steps: Vec<(usize, u64)> = all
        .map(|s| (s.sampler_logprobs.len(), s.trajectory))
        .collect();
    let mut shares = shares(&steps, objective.aggregation, objective.fixed_length).into_iter();
    let own = |row: &&ScoredRow| shares.by_ref().take(row.scored.len()).collect();
    rows.iter().map(own).collect()
}

/// The distance of the trainer's log-probabilities from the sampler's, before the first
/// step of an update.
#[derive(Default)]
pub(super) struct SamplerGap {
    /// Largest |ratio - 1| of a completion.
    pub(super) ratio_deviation: f64,
    /// Sum of log-probability lost since sampling.
    pub(super) lost: f64,
    /// Number of tokens.
    pub(super) tokens: usize,
}

impl SamplerGap {
    /// Adds a micro-batch: the trainer's log-probabilities, and its loss inputs with the sampler's.
    pub(super) fn add(&mut self, logprobs: &[f32], inputs: &LossInputs) {
        let mut at = 0;
        for length in &inputs.lengths {
            let tokens = at..at + length;
            let pairs = inputs.sampler_logprobs[tokens.clone()]
                .iter()
                .zip(&logprobs[tokens]);
            let lost: f64 = pairs
                .map(|(old, new)| f64::from(*old) - f64::from(*new))
                .sum();
            let ratio = (-lost / *length as f64).exp();
            self.ratio_deviation = self.ratio_deviation.max((ratio - 1.0).abs());
            self.lost += lost;
            at += length;
        }
        self.tokens += at;
    }
}
