//! A continuous-batching scheduler.
//!
//! Each pass reads one piece of every active request: the tokens it got last, or a part of its
//! prompt, up to [`Budget::pass_tokens`] prompt tokens in all.
//!
//! Invariants:
//! - A draft takes no page: its tokens fill the last page of their request.
//! - Requests are admitted in order of arrival. Active requests arrived before waiting ones.
//! - A prompt gets its pages when its request is admitted; a request gets further pages as it
//!   generates.
//! - If no page is available, the request that arrived last is preempted. It keeps its tokens,
//!   waits, and prefills them again later.
//! - A prompt stays cached until its pages are needed. An equal prompt is not computed again; a
//!   prompt with a shared prefix continues from the cached keys.
//! - Idle prompts are evicted first, least recently used first.
//! - A request that is alone may exceed the cache budget.
//! - Equal histories of calls give equal bytes.

mod prompts;

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::generation::paged_cache::{BlockTable, PAGE_SIZE, PagePool};
use crate::generation::request::{FinishReason, GenerateError, Request, Sample};
use crate::generation::sequence::RunningSequence;
use crate::kernels::{Kernels, Layout, floats};
use crate::model::Backbone;
use crate::model::kv_cache::KvCache;

/// The token budget of a scheduler.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// The maximum number of prompt tokens in a pass. It bounds the memory of activations.
    pub(super) pass_tokens: usize,
    /// The maximum number of tokens whose keys and values are cached. Only a request that is alone
    /// may exceed it.
    pub(super) cache_tokens: usize,
    /// The maximum number of drafted tokens in a pass.
    pub(super) draft_tokens: usize,
}

impl Budget {
    /// Returns the budget in pages.
    fn pages(self) -> usize {
        self.cache_tokens / PAGE_SIZE
    }
}

const BUDGET: Budget = Budget {
    pass_tokens: 8192,
    cache_tokens: 1 << 16,
    draft_tokens: 64,
};

/// The maximum number of drafted tokens of a request in a pass.
const DRAFT: usize = 4;

/// A prompt in the cache. Keys are assigned in order of arrival.
struct CachedPrompt {
    tokens: Arc<[u32]>,
    /// The slots of all its tokens.
    table: BlockTable,
    /// The number of its first tokens whose keys are computed.
    read: usize,
    /// A prompt still being prefilled that shares a prefix with this one, and that prefix's length.
    shared_prefix: Option<(usize, usize)>,
    /// The number of active requests that use the prompt.
    requests: usize,
    /// The last pass that used the prompt.
    last_used: u64,
}

/// An active request and its slots in the cache.
struct ActiveRequest {
    id: usize,
    sequence: RunningSequence,
    prompt: usize,
    /// The slots of the tokens after the prompt.
    table: BlockTable,
    /// Tokens that are likely to come next, which the pass reads.
    draft: Vec<u32>,
    /// True once the prompt is prefilled.
    prefilled: bool,
}

/// Runs requests on one model with continuous batching.
pub struct Scheduler<B: Kernels> {
    model: Backbone<B>,
    budget: Budget,
    cache: KvCache<B>,
    pages: PagePool,
    prompts: BTreeMap<usize, CachedPrompt>,
    /// Prompt keys in token order: prompts with a long shared prefix are neighbours.
    by_tokens: BTreeMap<Arc<[u32]>, usize>,
    /// The key of the next prompt.
    next_key: usize,
    /// Waiting requests in order of arrival.
    waiting: VecDeque<(usize, RunningSequence)>,
    active: Vec<ActiveRequest>,
    finished: Vec<(usize, Result<Sample, GenerateError>)>,
    passes: u64,
}

impl<B: Kernels> Scheduler<B> {
    /// Returns a scheduler without requests.
    pub fn new(model: Backbone<B>) -> Self {
        Self::with_budget(BUDGET, model)
    }

    pub(super) fn with_budget(budget: Budget, model: Backbone<B>) -> Self {
        Self {
            budget,
            cache: model.cache(),
            model,
            pages: PagePool::default(),
            prompts: BTreeMap::new(),
            by_tokens: BTreeMap::new(),
            next_key: 0,
            waiting: VecDeque::new(),
            active: Vec::new(),
            finished: Vec::new(),
            passes: 0,
        }
    }

    /// Submits a request; [`Scheduler::step`] returns its result under `id`. A prompt that fills
    /// the context is not read: its sample is empty with [`FinishReason::Overflow`].
    pub fn submit(&mut self, id: usize, request: Request) {
        let context = self.model.context();
        let ended = match request.prompt.len() {
            0 => Err(GenerateError::Empty),
            tokens if tokens >= context => Ok(Sample::empty(FinishReason::Overflow)),
            _ => {
                let sequence = RunningSequence::new(request, context);
                if !sequence.done {
                    return self.waiting.push_back((id, sequence));
                }
                sequence.finish()
            }
        };
        self.finished.push((id, ended));
    }

    /// Runs one pass. Returns the results of the requests that finished, by id.
    pub fn step(&mut self) -> Vec<(usize, Result<Sample, GenerateError>)> {
        self.passes += 1;
        self.extend_active();
        self.admit();
        self.cache.grow(self.pages.total() * PAGE_SIZE);
        self.forward();
        let mut ended = std::mem::take(&mut self.finished);
        let (done, live): (Vec<_>, Vec<_>) = std::mem::take(&mut self.active)
            .into_iter()
            .partition(|active| active.sequence.done);
        self.active = live;
        for active in done {
            self.release(&active);
            ended.push((active.id, active.sequence.finish()));
        }
        ended.sort_by_key(|(id, _)| *id);
        ended
    }

    /// Allocates pages for the tokens that active requests read next, in order of arrival. Preempts
    /// the last request until the pages suffice. Drafts tokens for the rest of the pages.
    fn extend_active(&mut self) {
        let drafted = (self.budget.draft_tokens / self.active.len().max(1)).min(DRAFT);
        let mut index = 0;
        while let Some(active) = self.active.get(index) {
            let count = match active.prefilled {
                true => active.sequence.unread().len(),
                false => 0,
            };
            if self.make_room(active.table.pages_needed(count), self.active.len() == 1) {
                let most = self.budget.pages();
                let active = &mut self.active[index];
                active.table.extend(count, &mut self.pages, most);
                if active.prefilled {
                    let free = active.table.free_slots();
                    active.draft = active.sequence.draft(drafted.min(free));
                    (active.table).extend(active.draft.len(), &mut self.pages, most);
                }
                index += 1;
            } else if let Some(last) = self.active.pop() {
                self.release(&last);
                self.waiting.push_front((last.id, last.sequence));
            }
        }
    }

    /// Admits waiting requests in order while their prompts fit.
    fn admit(&mut self) {
        while let Some((id, mut sequence)) = self.waiting.pop_front() {
            let Some(prompt) = self.acquire(&sequence.prompt()) else {
                return self.waiting.push_front((id, sequence));
            };
            sequence.mark_read();
            self.active.push(ActiveRequest {
                id,
                sequence,
                prompt,
                table: BlockTable::default(),
                draft: Vec::new(),
                prefilled: false,
            });
        }
    }

    /// Releases the pages of an active request.
    fn release(&mut self, active: &ActiveRequest) {
        self.pages.release(&active.table);
        if let Some(prompt) = self.prompts.get_mut(&active.prompt) {
            prompt.requests -= 1;
            prompt.last_used = self.passes;
            // Requests that wait for this prefix arrived later and are preempted before.
            if prompt.requests == 0 && prompt.read < prompt.tokens.len() {
                self.evict(active.prompt);
            }
        }
    }

    /// Runs the forward pass and lets requests with new logits choose a token.
    fn forward(&mut self) {
        let mut pass = Pass::default();
        self.add_active(&mut pass);
        self.add_prompts(&mut pass);
        let Some(last) = pass.layout.tokens.len().checked_sub(1) else {
            return;
        };
        if pass.at.is_empty() {
            // No prompt ends in this pass, so no logits are needed; the model still needs one
            // index.
            pass.at.push(last);
        }
        let (model, cache) = (&self.model, &mut self.cache);
        let logits = B::run_pass(|| floats(model.logits_cached(pass.layout, &pass.at, cache)));
        let width = logits.len() / pass.at.len();
        let mut own: Vec<&[f32]> = vec![&[]; self.active.len()];
        for (target, rows) in pass.targets {
            let rows = &logits[rows.start * width..rows.end * width];
            match target {
                LogitsTarget::Active(index) => own[index] = rows,
                LogitsTarget::Prompt(key) => {
                    for (active, own) in self.active.iter_mut().zip(&mut own) {
                        if active.prompt == key && !active.prefilled {
                            active.prefilled = true;
                            *own = rows;
                        }
                    }
                }
            }
        }
        let requests = self.active.par_iter_mut().zip(own).with_max_len(1);
        requests.for_each(|(active, rows)| {
            let draft = std::mem::take(&mut active.draft);
            let rows = rows.chunks_exact(width);
            let kept = active.sequence.choose_along(&draft, rows);
            active.table.shorten(draft.len() - kept);
        });
    }

    /// Adds the new and the drafted tokens of prefilled requests.
    fn add_active(&mut self, pass: &mut Pass) {
        for (index, active) in self.active.iter_mut().enumerate() {
            if active.prefilled {
                let prompt = self.prompts[&active.prompt].table.ranges();
                let slots = prompt.chain(active.table.ranges());
                let tokens = [active.sequence.unread(), &active.draft].concat();
                pass.layout.push_cached(&tokens, slots);
                active.sequence.mark_read();
                pass.expect_logits(LogitsTarget::Active(index), 1 + active.draft.len());
            }
        }
    }

    /// Adds unread parts of prompts while the budget lasts.
    fn add_prompts(&mut self, pass: &mut Pass) {
        let unread = self.prompts.iter();
        let unread = unread.filter(|(_, prompt)| prompt.read < prompt.tokens.len());
        let unread: Vec<usize> = unread.map(|(key, _)| *key).collect();
        for key in unread {
            let shared = self.prompts[&key].shared_prefix;
            if shared.is_some_and(|(source, count)| self.prompts[&source].read < count) {
                continue;
            }
            let Some(prompt) = self.prompts.get_mut(&key) else {
                continue;
            };
            // The shared keys may be computed in this same pass, because keys are written before
            // they are read.
            if let Some((_, count)) = prompt.shared_prefix.take() {
                prompt.read = count;
            }
            let unread = &prompt.tokens[prompt.read..];
            let room = (self.budget.pass_tokens).saturating_sub(pass.layout.tokens.len());
            let count = unread.len().min(room);
            if count == 0 {
                continue;
            }
            prompt.read += count;
            let slots = prompt.table.prefix(prompt.read);
            pass.layout.push_cached(&unread[..count], slots.ranges());
            if prompt.read == prompt.tokens.len() {
                pass.expect_logits(LogitsTarget::Prompt(key), 1);
            }
        }
    }
}

/// The tokens of a forward pass and the receivers of its logits.
#[derive(Default)]
struct Pass {
    layout: Layout,
    /// The tokens whose logits are computed.
    at: Vec<usize>,
    /// The receivers and their rows of logits.
    targets: Vec<(LogitsTarget, Range<usize>)>,
}

impl Pass {
    /// Sends the logits after the last `count` tokens added so far to `target`.
    fn expect_logits(&mut self, target: LogitsTarget, count: usize) {
        let (rows, tokens) = (self.at.len(), self.layout.tokens.len());
        self.at.extend(tokens - count..tokens);
        self.targets.push((target, rows..rows + count));
    }
}

/// A receiver of logits.
enum LogitsTarget {
    /// An active request, by index.
    Active(usize),
    /// All requests that prefill this prompt.
    Prompt(usize),
}

/// Runs all requests and returns one result each, in order. A prompt that fills the context is not
/// read: its sample is empty with [`FinishReason::Overflow`].
pub fn generate<B: Kernels>(
    model: &Backbone<B>,
    requests: &[Request],
) -> Vec<Result<Sample, GenerateError>> {
    let mut scheduler = Scheduler::new(model.clone());
    for (id, request) in requests.iter().enumerate() {
        scheduler.submit(id, request.clone());
    }
    let mut results = Vec::with_capacity(requests.len());
    while results.len() < requests.len() {
        results.extend(scheduler.step());
    }
    results.sort_by_key(|(id, _)| *id);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests;
