//! A running request and its sample so far.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::generation::prompt_lookup::draft;
use crate::generation::request::{FinishReason, GenerateError, Request, Sample};
use crate::generation::sampler::choose;
use crate::grammar::GrammarState;

/// Returns the maximum number of tokens that the context leaves for a request.
pub(super) fn limit(request: &Request, context: usize) -> usize {
    request
        .max_tokens
        .min(context.saturating_sub(request.prompt.len()))
}

/// A running request and its sample so far.
pub(super) struct RunningSequence {
    request: Request,
    /// The maximum number of sampled tokens.
    limit: usize,
    /// The grammar's state, if there is a grammar.
    state: Option<GrammarState>,
    /// The reason why sampling cannot continue.
    failure: Option<GenerateError>,
    rng: ChaCha8Rng,
    sample: Sample,
    /// True once the sample is complete.
    pub(super) done: bool,
    /// The number of sampled tokens that the model has read or will read with the prompt.
    read: usize,
}

impl RunningSequence {
    /// Starts a request. The prompt must fit the context.
    pub(super) fn new(request: Request, context: usize) -> Self {
        let limit = limit(&request, context);
        let mut new = Self {
            limit,
            state: request.grammar.as_ref().map(|grammar| grammar.start()),
            failure: None,
            rng: ChaCha8Rng::seed_from_u64(request.seed),
            sample: Sample::empty(match limit < request.max_tokens {
                true => FinishReason::Context,
                false => FinishReason::Length,
            }),
            done: false,
            read: 0,
            request,
        };
        new.append_forced();
        new
    }

    /// Returns the tokens to prefill: the prompt, then the tokens sampled or forced so far. After a
    /// preemption these are all the tokens it had.
    pub(super) fn prompt(&self) -> Vec<u32> {
        [&*self.request.prompt, &self.sample.tokens].concat()
    }

    /// Returns the result.
    pub(super) fn finish(self) -> Result<Sample, GenerateError> {
        match self.failure {
            Some(failure) => Err(failure),
            None => Ok(self.sample),
        }
    }

    /// Marks all sampled tokens as read.
    pub(super) fn mark_read(&mut self) {
        self.read = self.sample.tokens.len();
    }

    /// Returns up to `most` tokens that are likely to come next.
    pub(super) fn draft(&self, most: usize) -> Vec<u32> {
        // The last token is never read.
        let most = most.min(self.limit - self.sample.tokens.len() - 1);
        draft(&self.prompt(), most).to_vec()
    }

    /// Samples tokens from the logits after the last token and after each token of `draft`, while
    /// the tokens agree with the draft. Returns the number of those that do; they count as read.
    pub(super) fn choose_along<'a>(
        &mut self,
        draft: &[u32],
        logits: impl Iterator<Item = &'a [f32]>,
    ) -> usize {
        for (at, row) in logits.enumerate() {
            if self.unread().is_empty() {
                self.choose_next(row);
            }
            if self.done || self.unread().first() != draft.get(at) {
                return at;
            }
            self.read += 1;
        }
        draft.len()
    }

    /// Samples a token from the logits after the last token.
    fn choose_next(&mut self, logits: &[f32]) {
        let candidates = self.allowed().cloned();
        match choose(logits, candidates, &self.request, &mut self.rng) {
            Ok(chosen) => self.push(chosen.token, chosen.logprob, chosen.candidates),
            Err(failure) => self.failure = Some(failure),
        }
        self.append_forced();
    }

    /// Returns the tokens that the grammar allows next, or `None` without a grammar.
    fn allowed(&self) -> Option<&Arc<[u32]>> {
        self.state.as_ref().map(GrammarState::allowed)
    }

    fn push(&mut self, token: u32, logprob: f32, candidates: Option<Arc<[u32]>>) {
        self.sample.tokens.push(token);
        self.sample.logprobs.push(logprob);
        self.sample.choices.push(candidates);
        if let (Some(grammar), Some(state)) = (&self.request.grammar, self.state.take()) {
            match grammar.advance(state, token) {
                Ok(next) => self.state = next,
                Err(failure) => self.failure = Some(failure.into()),
            }
        }
    }

    /// Appends forced tokens and updates `done`.
    fn append_forced(&mut self) {
        loop {
            let candidates = self.allowed().cloned();
            let ended = match &candidates {
                Some(allowed) => allowed.is_empty(),
                None => self.reached_end(),
            };
            if ended {
                self.sample.finish = FinishReason::Stop;
            }
            let full = self.sample.tokens.len() == self.limit;
            self.done = ended || full || self.failure.is_some();
            match candidates.as_deref() {
                Some([token]) if !self.done => self.push(*token, 0.0, candidates.clone()),
                _ => break,
            }
        }
    }

    fn reached_end(&self) -> bool {
        let tokens = &self.sample.tokens;
        let end = tokens
            .last()
            .is_some_and(|last| self.request.ends.contains(last));
        end || (self.request.stop.as_ref()).is_some_and(|stop| stop.ends(tokens))
    }

    /// Returns the tokens that the model has not read.
    pub(super) fn unread(&self) -> &[u32] {
        &self.sample.tokens[self.read..]
    }
}
