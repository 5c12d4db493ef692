//! Sampling completions from a backbone, many at a time.
//!
//! A [`Batch`] works on jobs side by side, token by token: jobs join and leave while
//! others go on. Prompts are flat and without padding like everything that the
//! backbone reads, so a batch may mix any lengths, and what prompts share is read
//! once. Tokens that a grammar forces are not sampled but read together with the
//! sampled one before them. Random numbers belong to a job, never to a batch.

mod batch;
mod pages;
mod running;
mod sampling;
mod stop;

use std::sync::Arc;

pub use self::batch::Batch;
pub use self::stop::StopStrings;
use crate::grammar::{Grammar, GrammarError};
use crate::model::{Backbone, Kernels};

/// One completion to sample.
#[derive(Clone, Debug)]
pub struct Job {
    /// Who speaks: decides whose weights are asked, where roles have their own.
    pub role: Arc<str>,
    /// The prompt, not empty.
    pub prompt: Arc<[u32]>,
    /// What the completion may look like; None: anything up to one of `ends`.
    pub grammar: Option<Arc<Grammar>>,
    /// Any of these tokens ends a completion.
    pub ends: Arc<[u32]>,
    /// At most so many tokens.
    pub max_tokens: usize,
    /// Divides the logits; 0 takes the likeliest token, the lowest of equals.
    pub temperature: f32,
    /// Samples among so many of the likeliest; 0: among all.
    pub top_k: usize,
    /// Samples among the fewest of the likeliest, of those that `top_k` leaves, that
    /// together are at least so probable; 1: among all.
    pub top_p: f32,
    /// Strings that end a completion, too.
    pub stop: Option<Arc<StopStrings>>,
    /// Of the job's own random numbers.
    pub seed: u64,
}

/// What was sampled.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Token ids, with the end where one was chosen.
    pub tokens: Vec<u32>,
    /// Log-probability of each token among its choices at the job's temperature
    /// (at 1 where that is 0); 0 for forced ones.
    pub logprobs: Vec<f32>,
    /// What each token was chosen from, ascending: what the grammar allows and
    /// `top_k` and `top_p` leave of it. None: the whole vocabulary.
    pub choices: Vec<Option<Arc<[u32]>>>,
    /// Why it ended.
    pub finish: FinishReason,
}

impl Sample {
    /// Without a token.
    pub fn empty(finish: FinishReason) -> Self {
        Self {
            tokens: Vec::new(),
            logprobs: Vec::new(),
            choices: Vec::new(),
            finish,
        }
    }
}

/// Why a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// An end was chosen, a stop string is complete, or the grammar allows no more.
    Stop,
    /// `max_tokens` were generated.
    Length,
    /// The context was full before that.
    Context,
    /// The prompt leaves no room in the context: there are no tokens.
    Overflow,
}

impl FinishReason {
    /// Whether the completion might have gone on.
    pub fn cut_off(self) -> bool {
        matches!(self, Self::Length | Self::Context)
    }
}

/// A job that cannot be done.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum GenerateError {
    /// There is nothing to continue.
    #[error("the prompt is empty: it needs at least one token")]
    Empty,
    /// The model broke down.
    #[error(
        "the model gives token {token} the logit {value}: its weights have diverged, or numbers overflow in backbone.compute"
    )]
    Logit {
        /// The first such token.
        token: usize,
        /// The logit, which is no finite number.
        value: String,
    },
    /// What the grammar allows cannot be told.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
}

/// Samples every job; one result each, in their order. A prompt that fills the
/// context is not read: its sample is empty and says so.
pub fn generate<B: Kernels>(
    model: &Backbone<B>,
    jobs: &[Job],
) -> Vec<Result<Sample, GenerateError>> {
    let mut batch = Batch::new(model.clone());
    for (ticket, job) in jobs.iter().enumerate() {
        batch.begin(ticket, job.clone());
    }
    let mut results = Vec::with_capacity(jobs.len());
    while results.len() < jobs.len() {
        results.extend(batch.step());
    }
    results.sort_by_key(|(ticket, _)| *ticket);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests;
