//! One batch of jobs, from their prompts to the last token.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sampling::choose;
use super::{FinishReason, Job, Sample};
use crate::grammar::State;
use crate::model::kernels::floats;
use crate::model::{Backbone, Kernels, Layout};

/// Prompt tokens that are read in one pass: bounds the memory of activations.
const PREFILL_TOKENS: usize = 8192;

/// Most tokens that a job can be given.
pub(super) fn limit(job: &Job, context: usize) -> usize {
    job.max_tokens.min(context.saturating_sub(job.prompt.len()))
}

/// Samples `jobs`, whose prompts fit.
pub(super) fn run<B: Kernels>(model: &Backbone<B>, jobs: &[&Job]) -> Vec<Sample> {
    let context = model.context();
    let mut running: Vec<Running<'_>> = jobs
        .iter()
        .map(|job| Running::new(job, limit(job, context)))
        .collect();
    let (prompts, slots) = share_prompts(&mut running);
    let mut cache = model.cache(slots);
    let mut read = |layout: Layout, at: &[usize]| {
        let rows = floats(model.logits_cached(layout, at, &mut cache));
        let vocabulary = rows.len() / at.len();
        rows.chunks_exact(vocabulary)
            .map(<[f32]>::to_vec)
            .collect::<Vec<_>>()
    };

    for pass in passes(&prompts) {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        for prompt in &prompts[pass.clone()] {
            layout.push_cached(&prompt.tokens, 0..0, prompt.slots.clone());
            at.push(layout.tokens.len() - 1);
        }
        let rows = read(layout, &at);
        for (prompt, row) in prompts[pass].iter().zip(&rows) {
            for job in &prompt.jobs {
                running[*job].step(row);
            }
        }
    }

    loop {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        let live: Vec<usize> = (0..running.len())
            .filter(|job| !running[*job].done)
            .collect();
        if live.is_empty() {
            break;
        }
        for job in &live {
            running[*job].read_into(&mut layout);
            at.push(layout.tokens.len() - 1);
        }
        for (job, row) in live.into_iter().zip(read(layout, &at)) {
            running[job].step(&row);
        }
    }
    running.into_iter().map(|job| job.sample).collect()
}

/// A job under way.
struct Running<'a> {
    job: &'a Job,
    /// Most tokens of the sample.
    limit: usize,
    /// Place in the grammar, if there is one.
    state: Option<State>,
    source: ChaCha8Rng,
    sample: Sample,
    /// Whether the sample is whole.
    done: bool,
    /// Tokens of the sample that the backbone has read or will with the prompt.
    read: usize,
    /// Slots of the prompt and of the first tokens, if the grammar forces them.
    prefix: Range<usize>,
    /// Slots of the other tokens that were read.
    own: Range<usize>,
}

impl<'a> Running<'a> {
    fn new(job: &'a Job, limit: usize) -> Self {
        let mut new = Self {
            job,
            limit,
            state: job.grammar.as_ref().map(|grammar| grammar.start()),
            source: ChaCha8Rng::seed_from_u64(job.seed),
            sample: Sample::empty(match limit < job.max_tokens {
                true => FinishReason::Context,
                false => FinishReason::Length,
            }),
            done: false,
            read: 0,
            prefix: 0..0,
            own: 0..0,
        };
        new.go_on();
        new.read = new.sample.tokens.len();
        new
    }

    /// What the backbone reads first.
    fn prompt(&self) -> Vec<u32> {
        [&*self.job.prompt, &self.sample.tokens].concat()
    }

    /// Chooses a token by the logits that follow the last one.
    fn step(&mut self, logits: &[f32]) {
        let among = self.allowed().cloned();
        let chosen = choose(
            logits,
            among.as_deref(),
            self.job.temperature,
            &mut self.source,
        );
        self.push(chosen.token, chosen.logprob, among);
        self.go_on();
    }

    /// Tokens that the grammar allows next; None without a grammar.
    fn allowed(&self) -> Option<&Arc<[u32]>> {
        let grammar = self.job.grammar.as_ref()?;
        self.state.map(|state| grammar.allowed(state))
    }

    fn push(&mut self, token: u32, logprob: f32, among: Option<Arc<[u32]>>) {
        self.sample.tokens.push(token);
        self.sample.logprobs.push(logprob);
        self.sample.choices.push(among);
        if let (Some(grammar), Some(state)) = (&self.job.grammar, self.state) {
            self.state = grammar.advance(state, token);
        }
    }

    /// Appends what is forced, and sees whether the sample is whole.
    fn go_on(&mut self) {
        loop {
            let among = self.allowed().cloned();
            let ended = match &among {
                Some(allowed) => allowed.is_empty(),
                None => {
                    (self.sample.tokens.last()).is_some_and(|last| self.job.ends.contains(last))
                }
            };
            if ended {
                self.sample.finish = FinishReason::Stop;
            }
            self.done = ended || self.sample.tokens.len() == self.limit;
            match among.as_deref() {
                Some([token]) if !self.done => self.push(*token, 0.0, among.clone()),
                _ => break,
            }
        }
    }

    /// Adds what the backbone has not read to a pass.
    fn read_into(&mut self, layout: &mut Layout) {
        let unread = &self.sample.tokens[self.read..];
        self.own.end += unread.len();
        layout.push_cached(unread, self.prefix.clone(), self.own.clone());
        self.read = self.sample.tokens.len();
    }
}

/// A prompt and the jobs that start from it.
struct Prompt {
    tokens: Vec<u32>,
    slots: Range<usize>,
    jobs: Vec<usize>,
}

/// Gives every job its slots: one run for each distinct prompt, then one for
/// each job's own tokens. Returns the prompts in order of their first job, and
/// the number of slots.
fn share_prompts(running: &mut [Running<'_>]) -> (Vec<Prompt>, usize) {
    let mut prompts: Vec<Prompt> = Vec::new();
    let mut known: BTreeMap<Vec<u32>, usize> = BTreeMap::new();
    let mut slots = 0;
    for (index, job) in running.iter_mut().enumerate().filter(|(_, job)| !job.done) {
        let tokens = job.prompt();
        let prompt = *known.entry(tokens).or_insert_with_key(|tokens| {
            prompts.push(Prompt {
                tokens: tokens.clone(),
                slots: slots..slots + tokens.len(),
                jobs: Vec::new(),
            });
            slots += tokens.len();
            prompts.len() - 1
        });
        prompts[prompt].jobs.push(index);
        job.prefix = prompts[prompt].slots.clone();
    }
    for job in running.iter_mut().filter(|job| !job.done) {
        job.own = slots..slots;
        slots += job.limit - job.read;
    }
    (prompts, slots)
}

/// Splits the prompts into passes.
fn passes(prompts: &[Prompt]) -> Vec<Range<usize>> {
    let mut passes: Vec<Range<usize>> = Vec::new();
    let mut room = 0;
    for (index, prompt) in prompts.iter().enumerate() {
        match passes.last_mut() {
            Some(pass) if prompt.tokens.len() <= room => pass.end = index + 1,
            _ => {
                passes.push(index..index + 1);
                room = PREFILL_TOKENS;
            }
        }
        room = room.saturating_sub(prompt.tokens.len());
    }
    passes
}
