//! Sampling completions from a backbone, many at a time.
//!
//! Prompts are flat and without padding like everything that the backbone
//! reads, so a batch may mix any lengths; identical ones are read once, and
//! their jobs share the keys. Tokens that a grammar forces are not sampled but
//! read together with the sampled one before them. Random numbers belong to a
//! job, never to a batch.

mod sampling;
mod wave;

use std::sync::Arc;

use crate::grammar::Grammar;
use crate::model::{Backbone, Kernels};

/// Keys and values of so many tokens are held at once; more jobs wait for the
/// next wave.
const CACHE_TOKENS: usize = 1 << 16;

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
    /// What each token was chosen from, ascending; None: the whole vocabulary.
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
    /// An end was chosen, or the grammar allows no more.
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
}

/// Samples every job; one result each, in their order. A prompt that fills the
/// context is not read: its sample is empty and says so.
pub fn generate<B: Kernels>(
    model: &Backbone<B>,
    jobs: &[Job],
) -> Vec<Result<Sample, GenerateError>> {
    let context = model.context();
    let mut results: Vec<Option<Result<Sample, GenerateError>>> = jobs
        .iter()
        .map(|job| match job.prompt.len() {
            0 => Some(Err(GenerateError::Empty)),
            tokens if tokens >= context => Some(Ok(Sample::empty(FinishReason::Overflow))),
            _ => None,
        })
        .collect();
    let doable = (0..jobs.len()).filter(|index| results[*index].is_none());
    for wave in waves(jobs, doable.collect(), context) {
        let members: Vec<&Job> = wave.iter().map(|index| &jobs[*index]).collect();
        for (index, sample) in wave.into_iter().zip(wave::run(model, &members)) {
            results[index] = Some(Ok(sample));
        }
    }
    results.into_iter().flatten().collect()
}

/// Splits jobs, in their order, so that each wave's keys fit the cache.
fn waves(jobs: &[Job], doable: Vec<usize>, context: usize) -> Vec<Vec<usize>> {
    let mut waves: Vec<Vec<usize>> = Vec::new();
    let mut room = 0;
    for index in doable {
        let slots = jobs[index].prompt.len() + wave::limit(&jobs[index], context);
        match waves.last_mut() {
            Some(wave) if slots <= room => wave.push(index),
            _ => {
                waves.push(vec![index]);
                room = CACHE_TOKENS;
            }
        }
        room = room.saturating_sub(slots);
    }
    waves
}

#[cfg(test)]
mod tests;
