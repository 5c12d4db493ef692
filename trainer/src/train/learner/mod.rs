//! Who learns: a backbone and its optimiser, wherever they are. It samples, imitates
//! and is reinforced.

mod backend;
pub mod per_role;

use std::path::Path;

use anyhow::Result;
use rand_chacha::ChaCha8Rng;

pub use self::backend::BurnLearner;
use crate::rollout::batcher::Engine;
use crate::train::batch::ScoredRow;
use crate::train::value_states::State;
use memloom_algorithm::loss::Objective;
use memloom_engine::model::packing::Row;

/// A backbone and what changes its weights, whatever it runs on.
pub trait Learner: Send {
    /// Most tokens of a prompt and its completion together.
    fn context(&self) -> usize;

    /// Ids of tokens are below this.
    fn vocabulary(&self) -> usize;

    /// Samples with the present weights: updates after it was made change nothing in it.
    fn engine(&self) -> Box<dyn Engine>;

    /// What the value head thinks of where the rows' prompts lead, one value each.
    fn values(&self, rows: &[Row]) -> Result<Vec<f32>>;

    /// Moves the reference, if there is one, towards the present weights by a
    /// share of the way.
    fn follow(&mut self, pace: f64);

    /// Fresh moments; the present weights become the reference.
    fn begin_stage(&mut self);

    /// Remembers the present weights as the stage's best.
    fn keep_best(&mut self);

    /// Goes on from the stage's best weights.
    fn take_best(&mut self);

    /// One AdamW step towards demonstrations: cross-entropy over the free
    /// tokens, inside what the grammar allowed. The rows fit the context.
    fn imitate(&mut self, rows: &[Row], learning_rate: f64, noise: u64) -> Result<Update>;

    /// LoGo-GRPO's update: the rows in shuffled minibatches, one AdamW step each.
    /// Where there is a value head it learns from `states` beside them.
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

    /// Takes up a checkpoint's weights and moments.
    fn restore(&mut self, folder: &Path) -> Result<()>;

    /// Weights and configuration for others, in Hugging Face's layout, or the adapter's
    /// in PEFT's.
    fn export(&self, folder: &Path) -> Result<()>;

    /// The backbone that the adapter belongs to, in Hugging Face's layout.
    fn export_base(&self, folder: &Path) -> Result<()>;
}

/// What an update did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Update {
    /// Mean loss over minibatches (or over tokens, when imitating).
    pub loss: f64,
    /// Mean gradient norm before clipping.
    pub gradient_norm: f64,
    /// Share of free tokens whose ratio left the clipping range.
    pub clip_fraction: f64,
    /// Mean entropy of free tokens, in nats.
    pub entropy: f64,
    /// Largest |ratio - 1| before the first update.
    pub first_ratio_deviation: f64,
    /// Mean log-probability lost between sampling and the first update.
    pub first_kl: f64,
    /// Mean divergence from the reference policy, as `logo.kl_estimator` has it;
    /// 0 where that has no weight.
    pub divergence: f64,
    /// How far the value head was from what came of states, a mean over them; 0
    /// without one.
    pub value_loss: f64,
    /// Free tokens that were learnt from.
    pub free_tokens: u64,
    /// Tokens fed to the backbone.
    pub tokens: u64,
}

impl Update {
    /// What several learners' updates did, each counting its free tokens.
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

/// How an update is made.
#[derive(Clone, Copy, Debug)]
pub struct Reinforcement {
    /// The loss's switches.
    pub objective: Objective,
    /// Temperature that was sampled at.
    pub temperature: f32,
    /// Passes over the rows.
    pub epochs: usize,
    /// AdamW steps in a pass.
    pub minibatches: usize,
    /// Weight of the value head's loss.
    pub value_weight: f64,
    /// How far a value may move from what it was, per step.
    pub value_clip: f32,
    /// Seed of dropout.
    pub noise: u64,
}
