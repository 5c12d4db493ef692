//! A job under way.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::sampling::choose;
use super::{FinishReason, GenerateError, Job, Sample};
use crate::grammar::State;

/// Most tokens that a job can be given.
pub(super) fn limit(job: &Job, context: usize) -> usize {
    job.max_tokens.min(context.saturating_sub(job.prompt.len()))
}

/// A job under way.
pub(super) struct Running {
    job: Job,
    /// Most tokens of the sample.
    limit: usize,
    /// Place in the grammar, if there is one.
    state: Option<State>,
    /// Why there is no going on.
    failure: Option<GenerateError>,
    source: ChaCha8Rng,
    sample: Sample,
    /// Whether the sample is whole.
    pub(super) done: bool,
    /// Tokens of the sample that the backbone has read or will with the prompt.
    read: usize,
}

impl Running {
    /// Begins a job whose prompt fits the context.
    pub(super) fn new(job: Job, context: usize) -> Self {
        let limit = limit(&job, context);
        let mut new = Self {
            limit,
            state: job.grammar.as_ref().map(|grammar| grammar.start()),
            failure: None,
            source: ChaCha8Rng::seed_from_u64(job.seed),
            sample: Sample::empty(match limit < job.max_tokens {
                true => FinishReason::Context,
                false => FinishReason::Length,
            }),
            done: false,
            read: 0,
            job,
        };
        new.go_on();
        new
    }

    /// What the backbone reads first: the prompt, and the tokens that there are already:
    /// those that the grammar forces, or all that it had when it was put back.
    pub(super) fn prompt(&self) -> Vec<u32> {
        [&*self.job.prompt, &self.sample.tokens].concat()
    }

    /// What came of it.
    pub(super) fn end(self) -> Result<Sample, GenerateError> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.sample),
        }
    }

    /// Counts all tokens that there are as read.
    pub(super) fn settle(&mut self) {
        self.read = self.sample.tokens.len();
    }

    /// Chooses a token by the logits that follow the last one.
    pub(super) fn step(&mut self, logits: &[f32]) {
        let among = self.allowed().cloned();
        match choose(logits, among, &self.job, &mut self.source) {
            Ok(chosen) => self.push(chosen.token, chosen.logprob, chosen.among),
            Err(failure) => self.failure = Some(failure),
        }
        self.go_on();
    }

    /// Tokens that the grammar allows next; None without a grammar.
    fn allowed(&self) -> Option<&Arc<[u32]>> {
        self.state.as_ref().map(State::allowed)
    }

    fn push(&mut self, token: u32, logprob: f32, among: Option<Arc<[u32]>>) {
        self.sample.tokens.push(token);
        self.sample.logprobs.push(logprob);
        self.sample.choices.push(among);
        if let (Some(grammar), Some(state)) = (&self.job.grammar, self.state.take()) {
            match grammar.advance(state, token) {
                Ok(next) => self.state = next,
                Err(failure) => self.failure = Some(failure.into()),
            }
        }
    }

    /// Appends what is forced, and sees whether the sample is whole.
    fn go_on(&mut self) {
        loop {
            let among = self.allowed().cloned();
            let ended = match &among {
                Some(allowed) => allowed.is_empty(),
                None => self.said_the_end(),
            };
            if ended {
                self.sample.finish = FinishReason::Stop;
            }
            let full = self.sample.tokens.len() == self.limit;
            self.done = ended || full || self.failure.is_some();
            match among.as_deref() {
                Some([token]) if !self.done => self.push(*token, 0.0, among.clone()),
                _ => break,
            }
        }
    }

    fn said_the_end(&self) -> bool {
        let tokens = &self.sample.tokens;
        let end = tokens
            .last()
            .is_some_and(|last| self.job.ends.contains(last));
        end || (self.job.stop.as_ref()).is_some_and(|stop| stop.ends(tokens))
    }

    /// The tokens that the backbone has not read.
    pub(super) fn unread(&self) -> &[u32] {
        &self.sample.tokens[self.read..]
    }
}
