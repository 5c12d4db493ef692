//! One batch of jobs, from their prompts to the last token.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use burn::tensor::Tensor;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sampling::choose;
use super::{FinishReason, Job, Sample};
use crate::grammar::State;
use crate::model::layout::Layout;
use crate::model::{Backbone, Kernels};

/// Prompt tokens that are read in one pass: bounds the memory of activations.
const PREFILL_TOKENS: usize = 8192;

/// Most tokens that a job can be given.
pub(super) fn limit(job: &Job, context: usize) -> usize {
    job.max_tokens.min(context.saturating_sub(job.prompt.len()))
}

/// A job under way.
struct Running<'a> {
    job: &'a Job,
    limit: usize,
    end: u32,
    state: Option<State>,
    source: ChaCha8Rng,
    sample: Sample,
    /// Whether nothing more will be sampled.
    done: bool,
    /// Slots of what it shares with others, the prompt and what is forced after it.
    prefix: Range<usize>,
    /// First of its own slots.
    own: usize,
    /// Tokens that its next pass reads.
    unread: usize,
    /// Tokens that the backbone has read, of the sample.
    read: usize,
}

/// Samples `jobs`, whose prompts fit.
pub(super) fn run<B: Kernels>(model: &Backbone<B>, end: u32, jobs: &[&Job]) -> Vec<Sample> {
    let context = model.config().context;
    let mut running: Vec<Running<'_>> = jobs
        .iter()
        .map(|job| Running::new(job, end, context))
        .collect();
    let slots = running.iter().map(|job| job.job.prompt.len() + job.limit);
    let mut cache = model.cache(slots.sum());

    let prompts = Prompts::of(&mut running);
    for pass in prompts.passes() {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        for (tokens, slots) in pass {
            layout.push_cached(tokens, 0..0, slots.clone());
            at.push(layout.tokens.len() - 1);
        }
        let logits = rows(model.logits_cached(layout, &at, &mut cache));
        for job in running.iter_mut().filter(|job| !job.done) {
            let row = pass.iter().position(|(_, slots)| *slots == job.prefix);
            if let Some(row) = row {
                job.step(&logits.row(row));
            }
        }
    }

    loop {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        let mut live: Vec<&mut Running<'_>> =
            running.iter_mut().filter(|job| !job.done).collect();
        if live.is_empty() {
            break;
        }
        for job in &mut live {
            job.read_into(&mut layout);
            at.push(layout.tokens.len() - 1);
        }
        let logits = rows(model.logits_cached(layout, &at, &mut cache));
        for (row, job) in live.into_iter().enumerate() {
            job.step(&logits.row(row));
        }
    }
    running.into_iter().map(|job| job.sample).collect()
}
