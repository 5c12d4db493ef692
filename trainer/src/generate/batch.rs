//! Jobs that one backbone works on side by side, a pass at a time. A job joins
//! whenever it comes and leaves with its last token.
//!
//! A pass reads one piece of every job: the tokens that it was given last, or a part
//! of its prompt, up to a bound in all. Prompts stay in the cache as long as
//! there is room: an equal one is not read again, and one that begins like another
//! takes over its keys so far.

use std::collections::BTreeMap;
use std::ops::Range;

use super::running::Running;
use super::slots::Slots;
use super::{FinishReason, GenerateError, Job, Sample};
use crate::model::decoder::Cache;
use crate::model::kernels::floats;
use crate::model::{Backbone, Kernels, Layout};

/// How many tokens there is room for.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// They are read in one pass: bounds the memory of activations.
    pub(super) pass: usize,
    /// Their keys and values are held at once, or those of one job that takes more;
    /// other jobs wait.
    pub(super) cache: usize,
}

const ROOM: Room = Room {
    pass: 8192,
    cache: 1 << 16,
};

/// A beginning that prompts share is taken over from so many tokens on: less is read
/// quicker than waited for.
const SHARED_TOKENS: usize = 64;

/// A prompt in the cache. Names are given in the order of arrival.
struct Prompt {
    tokens: Vec<u32>,
    slots: Range<usize>,
    /// Its first tokens that are in the cache.
    read: usize,
    /// Another prompt whose keys it takes over, and how many, once they are there.
    begins_like: Option<(usize, usize)>,
    /// Logits of what follows.
    next: Option<Vec<f32>>,
    /// Jobs that have it.
    jobs: usize,
    /// Pass that had use for it last.
    used: u64,
}

/// A job in the batch, and where it stands in the cache.
struct Member {
    ticket: usize,
    running: Running,
    prompt: usize,
    slots: Range<usize>,
}

/// Jobs under way. Equal histories of calls give equal bytes.
pub struct Batch<B: Kernels> {
    model: Backbone<B>,
    room: Room,
    cache: Cache<B>,
    slots: Slots,
    prompts: BTreeMap<usize, Prompt>,
    /// Prompts that there have been.
    arrived: usize,
    waiting: Vec<(usize, Running)>,
    members: Vec<Member>,
    ended: Vec<(usize, Result<Sample, GenerateError>)>,
    passes: u64,
}

impl<B: Kernels> Batch<B> {
    /// No jobs yet.
    pub fn new(model: Backbone<B>) -> Self {
        Self::within(ROOM, model)
    }

    pub(super) fn within(room: Room, model: Backbone<B>) -> Self {
        Self {
            room,
            cache: model.cache(),
            model,
            slots: Slots::default(),
            prompts: BTreeMap::new(),
            arrived: 0,
            waiting: Vec::new(),
            members: Vec::new(),
            ended: Vec::new(),
            passes: 0,
        }
    }

    /// Takes a job up; `ticket` names it in what [`Batch::step`] returns. A prompt
    /// that fills the context is not read: its sample is empty and says so.
    pub fn begin(&mut self, ticket: usize, job: Job) {
        let context = self.model.context();
        let ended = match job.prompt.len() {
            0 => Err(GenerateError::Empty),
            tokens if tokens >= context => Ok(Sample::empty(FinishReason::Overflow)),
            _ => {
                let running = Running::new(job, context);
                if !running.done {
                    return self.waiting.push((ticket, running));
                }
                running.end()
            }
        };
        self.ended.push((ticket, ended));
    }

    /// One pass over what there is to read. Returns the jobs that have ended, by
    /// ticket.
    pub fn step(&mut self) -> Vec<(usize, Result<Sample, GenerateError>)> {
        self.passes += 1;
        self.admit();
        self.take_over();
        self.pass();
        self.take_over();
        let mut ended = std::mem::take(&mut self.ended);
        let (done, live): (Vec<_>, Vec<_>) = std::mem::take(&mut self.members)
            .into_iter()
            .partition(|member| member.running.done);
        self.members = live;
        for member in done {
            self.free(member.slots);
            if let Some(prompt) = self.prompts.get_mut(&member.prompt) {
                prompt.jobs -= 1;
                prompt.used = self.passes;
            }
            ended.push((member.ticket, member.running.end()));
        }
        ended.sort_by_key(|(ticket, _)| *ticket);
        ended
    }

    /// Lets waiting jobs in, in their order, as long as there is room.
    fn admit(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter();
        for (ticket, mut running) in waiting.by_ref() {
            let Some((prompt, slots)) = self.place(&running) else {
                self.waiting.push((ticket, running));
                break;
            };
            running.settle(&slots);
            if let Some(known) = self.prompts.get_mut(&prompt) {
                known.jobs += 1;
                known.used = self.passes;
                if let Some(logits) = &known.next {
                    running.step(logits);
                }
            }
            self.members.push(Member {
                ticket,
                running,
                prompt,
                slots,
            });
        }
        self.waiting.extend(waiting);
        self.cache.grow(self.slots.total());
    }

    /// The prompt that a job reads first, and slots for the rest. Prompts that no job
    /// has make room.
    fn place(&mut self, running: &Running) -> Option<(usize, Range<usize>)> {
        let tokens = running.prompt();
        loop {
            // A job that is alone may take what it takes.
            let most = match self.members.is_empty() && self.prompts.is_empty() {
                true => usize::MAX,
                false => self.room.cache,
            };
            if let Some(found) = self.try_place(&tokens, running.room(), most) {
                return Some(found);
            }
            let idle = self.prompts.iter().filter(|(_, prompt)| prompt.jobs == 0);
            let oldest = *idle.min_by_key(|(_, prompt)| prompt.used)?.0;
            if let Some(prompt) = self.prompts.remove(&oldest) {
                self.free(prompt.slots);
            }
        }
    }

    fn try_place(
        &mut self,
        tokens: &[u32],
        room: usize,
        most: usize,
    ) -> Option<(usize, Range<usize>)> {
        let mut known = self.prompts.iter();
        if let Some((prompt, _)) = known.find(|(_, prompt)| prompt.tokens == tokens) {
            return Some((*prompt, self.slots.take(room, most)?));
        }
        let slots = self.slots.take(tokens.len(), most)?;
        let Some(own) = self.slots.take(room, most) else {
            self.slots.give(slots);
            return None;
        };
        let name = self.arrived;
        self.arrived += 1;
        let prompt = Prompt {
            begins_like: self.alike(tokens),
            tokens: tokens.to_vec(),
            slots,
            read: 0,
            next: None,
            jobs: 0,
            used: self.passes,
        };
        self.prompts.insert(name, prompt);
        Some((name, own))
    }

    /// The first of the prompts that share the longest beginning with `tokens`, and
    /// how long it is. The last token is always read: its logits are wanted.
    fn alike(&self, tokens: &[u32]) -> Option<(usize, usize)> {
        let most = tokens.len() - 1;
        let shared = |(name, prompt): (&usize, &Prompt)| {
            let pairs = prompt.tokens.iter().zip(&tokens[..most]);
            (*name, pairs.take_while(|(a, b)| a == b).count())
        };
        let longest = self.prompts.iter().map(shared);
        let longest = longest.max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)));
        longest.filter(|(_, count)| *count >= SHARED_TOKENS)
    }

    /// Copies the keys of shared beginnings that have been read.
    fn take_over(&mut self) {
        let pending = self.prompts.iter();
        let pending: Vec<(usize, usize, usize)> = pending
            .filter_map(|(name, prompt)| {
                let (source, count) = prompt.begins_like?;
                Some((*name, source, count))
            })
            .collect();
        for (name, source, count) in pending {
            let from = &self.prompts[&source];
            if from.read < count {
                continue;
            }
            let from = from.slots.start..from.slots.start + count;
            if let Some(prompt) = self.prompts.get_mut(&name) {
                self.cache.copy(from, prompt.slots.start);
                prompt.read = count;
                prompt.begins_like = None;
            }
        }
    }

    /// Reads a piece of every job, and has those choose a token that may.
    fn pass(&mut self) {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        let mut readers = Vec::new();
        for (index, member) in self.members.iter_mut().enumerate() {
            let prompt = &self.prompts[&member.prompt];
            if prompt.next.is_some() && !member.running.done {
                member.running.read_into(&mut layout, &prompt.slots);
                at.push(layout.tokens.len() - 1);
                readers.push(Reader::Member(index));
            }
        }
        for (name, prompt) in &mut self.prompts {
            let unread = &prompt.tokens[prompt.read..];
            let room = self.room.pass.saturating_sub(layout.tokens.len());
            let count = unread.len().min(room);
            if count == 0 || prompt.begins_like.is_some() {
                continue;
            }
            prompt.read += count;
            let own = prompt.slots.start..prompt.slots.start + prompt.read;
            layout.push_cached(&unread[..count], 0..0, own);
            if prompt.read == prompt.tokens.len() {
                at.push(layout.tokens.len() - 1);
                readers.push(Reader::Prompt(*name));
            }
        }
        let Some(last) = layout.tokens.len().checked_sub(1) else {
            return;
        };
        if at.is_empty() {
            // Of prompts alone, none to its end: what follows is not asked.
            at.push(last);
        }
        let logits = floats(self.model.logits_cached(layout, &at, &mut self.cache));
        let rows = logits.chunks_exact(logits.len() / at.len());
        for (reader, row) in readers.into_iter().zip(rows) {
            match reader {
                Reader::Member(index) => self.members[index].running.step(row),
                Reader::Prompt(name) => {
                    let own = self.members.iter_mut().filter(|m| m.prompt == name);
                    own.for_each(|member| member.running.step(row));
                    if let Some(prompt) = self.prompts.get_mut(&name) {
                        prompt.next = Some(row.to_vec());
                    }
                }
            }
        }
    }

    fn free(&mut self, slots: Range<usize>) {
        self.cache.clear(slots.clone());
        self.slots.give(slots);
    }
}

/// Who wants to know what follows.
enum Reader {
    /// A job, by its place among the members.
    Member(usize),
    /// All jobs of a prompt.
    Prompt(usize),
}
