//! Learners: a backbone and its optimiser. A learner samples, and is trained by supervised
//! steps and by reinforcement.

mod backend;
mod minibatch;
pub mod per_role;
mod slopes;

use std::path::Path;

use anyhow::Result;
use rand_chacha::ChaCha8Rng;

pub use self::backend::BurnLearner;
use crate::rollout::batcher::Engine;
use crate::train::batch::ScoredRow;
use crate::train::value_states::State;
use memloom_algorithm::loss::{LogRatioLoss, Objective};
use memloom_engine::model::packing::Row;

/// A backbone and its optimiser, on any device.
pub trait Learner: Send {
    /// Returns the context length: most tokens of a prompt and its completion together.
    fn context(&self) -> usize;

    /// Returns the size of the vocabulary. Token ids are below it.
    fn vocabulary(&self) -> usize;

    /// Returns an engine that samples with the present weights. Later updates do not change it.
    fn engine(&self) -> Box<dyn Engine>;

    /// Returns the value head's prediction for each row's prompt.
    fn values(&self, rows: &[Row]) -> Result<Vec<f32>>;

    /// Returns the log-probabilities of each row's free tokens under the present weights.
    fn logprobs(&self, rows: &[ScoredRow], temperature: f32) -> Result<Vec<Vec<f32>>>;

    /// Moves the reference policy, if there is one, towards the present weights. `pace` is
    /// the share of the way.
    fn update_reference(&mut self, pace: f64);

    /// Begins a stage: resets the optimiser and makes the present weights the reference.
    fn begin_stage(&mut self);

    /// Keeps the present weights as the stage's best.
    fn keep_best(&mut self);

    /// Returns to the stage's best weights, if any were kept.
    fn take_best(&mut self);

    /// Makes one AdamW step towards demonstrated outputs: cross-entropy over the free tokens,
    /// among the choices that the grammar allowed. The mean over those of `prompts` counts as
    /// much. The rows must fit the context.
    fn supervised_step(
        &mut self,
        outputs: &[Row],
        prompts: &[Row],
        learning_rate: f64,
        noise: u64,
    ) -> Result<Update>;

    /// Makes a reinforcement update: one AdamW step for each shuffled minibatch of rows. A
    /// value head learns from `states` in the same steps.
    fn reinforce(
        &mut self,
        rows: &[ScoredRow],
        states: &[State],
        settings: &Reinforcement,
        learning_rate: f64,
        order: ChaCha8Rng,
    ) -> Result<Update>;

    /// Saves what a checkpoint needs into a folder.
    fn save(&self, folder: &Path) -> Result<()>;

    /// Restores a checkpoint's weights and moments.
    fn restore(&mut self, folder: &Path) -> Result<()>;

    /// Writes weights and configuration in Hugging Face's layout, or an adapter's in PEFT's.
    fn export(&self, folder: &Path) -> Result<()>;

    /// Writes the adapter's base model in Hugging Face's layout.
    fn export_base(&self, folder: &Path) -> Result<()>;
}

/// Metrics of an update.
#[derive(Clone, Copy, Debug, Default)]
pub struct Update {
    /// Mean loss over minibatches, or over tokens in a supervised step.
    pub loss: f64,
    /// Mean loss over the tokens that a supervised step learns besides outputs, if it does.
    pub read_loss: Option<f64>,
    /// Mean gradient norm before clipping.
    pub gradient_norm: f64,
    /// Share of free tokens with a ratio outside the clipping range.
    pub clip_fraction: f64,
    /// Mean entropy of free tokens, in nats.
    pub entropy: f64,
    /// Largest |ratio - 1| before the first update.
    pub first_ratio_deviation: f64,
    /// Mean log-probability at sampling minus that before the first update.
    pub first_kl: f64,
    /// Mean divergence from the reference policy by `algorithm.kl_estimator`; 0 if
    /// `algorithm.kl` is 0.
    pub divergence: f64,
    /// Mean value loss over states; 0 without a value head.
    pub value_loss: f64,
    /// Number of free tokens in the loss.
    pub free_tokens: u64,
    /// Number of tokens fed to the backbone.
    pub tokens: u64,
}

impl Update {
    /// Returns the mean over several learners' updates, weighted by their free tokens.
    pub fn over(updates: Vec<Self>) -> Self {
        if let [only] = updates[..] {
            return only;
        }
        let free: u64 = updates.iter().map(|update| update.free_tokens).sum();
        let mut all = Self {
            free_tokens: free,
            ..Self::default()
        };
        for update in updates {
            let share = update.free_tokens as f64 / free.max(1) as f64;
            all.loss += share * update.loss;
            if let Some(loss) = update.read_loss {
                *all.read_loss.get_or_insert(0.0) += share * loss;
            }
            all.gradient_norm += share * update.gradient_norm;
            all.clip_fraction += share * update.clip_fraction;
            all.entropy += share * update.entropy;
            all.first_ratio_deviation = all.first_ratio_deviation.max(update.first_ratio_deviation);
            all.first_kl += share * update.first_kl;
            all.divergence += share * update.divergence;
            all.value_loss += share * update.value_loss;
            all.tokens += update.tokens;
        }
        all
    }
}

/// Settings of a reinforcement update.
#[derive(Clone, Copy, Debug)]
pub struct Reinforcement {
    /// Objective of the policy loss.
    pub objective: Objective,
    /// The loss in place of the clipped objective.
    pub log_ratios: Option<LogRatioLoss>,
    /// Sampling temperature of the rollouts.
    pub temperature: f32,
    /// Number of passes over the rows.
    pub epochs: usize,
    /// Number of AdamW steps in a pass.
    pub minibatches: usize,
    /// Weight of the value head's loss.
    pub value_weight: f64,
    /// Clipping range of values around the values before the update.
    pub value_clip: f32,
    /// Seed of dropout.
    pub noise: u64,
}
