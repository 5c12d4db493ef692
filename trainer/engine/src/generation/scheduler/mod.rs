//! Jobs that one backbone works on side by side, a pass at a time. A job joins
//! whenever it comes and leaves with its last token.
//!
//! A pass reads one piece of every job: the tokens that it was given last, or a part
//! of its prompt, up to a bound in all. A prompt takes its pages of the cache when its
//! job joins, the rest is taken as tokens come; where there is none left, the job that
//! came last is put back to those that wait, and begins again later with the tokens that
//! it has. Prompts stay as long as nobody needs the room: an equal one is not read
//! again, and one that begins like another goes on from its keys.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use crate::generation::paged_cache::{PAGE, Pages, Table};
use crate::generation::request::{FinishReason, GenerateError, Job, Sample};
use crate::generation::sequence::Running;
use crate::kernels::{Kernels, Layout, floats};
use crate::model::Backbone;
use crate::model::kv_cache::Cache;

/// How many tokens there is room for.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// They are read in one pass: bounds the memory of activations.
    pub(super) pass: usize,
    /// Their keys and values are held at once, or those of one job that takes more;
    /// other jobs wait.
    pub(super) cache: usize,
}

impl Room {
    /// Pages of the cache.
    fn pages(self) -> usize {
        self.cache / PAGE
    }
}

const ROOM: Room = Room {
    pass: 8192,
    cache: 1 << 16,
};

/// A prompt in the cache. Names are given in the order of arrival.
struct Prompt {
    tokens: Arc<[u32]>,
    /// Of all its tokens.
    table: Table,
    /// Its first tokens that are in the cache.
    read: usize,
    /// Another prompt, not read so far, and how many of its tokens are this one's first.
    begins_like: Option<(usize, usize)>,
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
    /// Of what it reads after the prompt.
    own: Table,
    /// Whether its prompt has been read.
    begun: bool,
}

/// Jobs under way. Equal histories of calls give equal bytes.
pub struct Batch<B: Kernels> {
    model: Backbone<B>,
    room: Room,
    cache: Cache<B>,
    pages: Pages,
    prompts: BTreeMap<usize, Prompt>,
    /// Their names in the order of their tokens: what begins most alike is next to each
    /// other.
    names: BTreeMap<Arc<[u32]>, usize>,
    /// Prompts that there have been.
    arrived: usize,
    /// In the order of their arrival. The members came before, in their order.
    waiting: VecDeque<(usize, Running)>,
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
            pages: Pages::default(),
            prompts: BTreeMap::new(),
            names: BTreeMap::new(),
            arrived: 0,
            waiting: VecDeque::new(),
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
                    return self.waiting.push_back((ticket, running));
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
        self.go_on();
        self.admit();
        self.cache.grow(self.pages.total() * PAGE);
        self.pass();
        let mut ended = std::mem::take(&mut self.ended);
        let (done, live): (Vec<_>, Vec<_>) = std::mem::take(&mut self.members)
            .into_iter()
            .partition(|member| member.running.done);
        self.members = live;
        for member in done {
            self.leave(&member);
            ended.push((member.ticket, member.running.end()));
        }
        ended.sort_by_key(|(ticket, _)| *ticket);
        ended
    }

    /// Gives jobs pages for what they read next, the one that came first first. As long as
    /// there are none, the one that came last is put back.
    fn go_on(&mut self) {
        let mut index = 0;
        while let Some(member) = self.members.get(index) {
            let count = match member.begun {
                true => member.running.unread().len(),
                false => 0,
            };
            if self.make_room(member.own.lacks(count), self.members.len() == 1) {
                let most = self.room.pages();
                self.members[index].own.extend(count, &mut self.pages, most);
                index += 1;
            } else if let Some(last) = self.members.pop() {
                self.leave(&last);
                self.waiting.push_front((last.ticket, last.running));
            }
        }
    }

    /// Lets waiting jobs in, in their order, as long as there is room.
    fn admit(&mut self) {
        while let Some((ticket, mut running)) = self.waiting.pop_front() {
            let Some(prompt) = self.place(&running.prompt()) else {
                return self.waiting.push_front((ticket, running));
            };
            running.settle();
            self.members.push(Member {
                ticket,
                running,
                prompt,
                own: Table::default(),
                begun: false,
            });
        }
    }

    /// The prompt that a job reads first, if there is room for it.
    fn place(&mut self, tokens: &[u32]) -> Option<usize> {
        match self.names.get(tokens) {
            Some(name) => self.join(*name),
            None => self.add(tokens),
        }
    }

    /// Has one more job read a prompt that is there.
    fn join(&mut self, name: usize) -> Option<usize> {
        self.prompts.get_mut(&name)?.jobs += 1;
        let fits = self.make_room(self.members.len() + 1, self.members.is_empty());
        let prompt = self.prompts.get_mut(&name)?;
        if !fits {
            prompt.jobs -= 1;
            return None;
        }
        // What followed is not kept: the last token is read again.
        prompt.read = prompt.read.min(prompt.tokens.len() - 1);
        Some(name)
    }

    /// Begins a prompt, and leaves a page for every job to go on.
    fn add(&mut self, tokens: &[u32]) -> Option<usize> {
        let name = self.arrived;
        let mut prompt = Prompt {
            tokens: tokens.into(),
            table: Table::default(),
            read: 0,
            begins_like: None,
            jobs: 1,
            used: self.passes,
        };
        let mut unread = tokens.len();
        if let Some((source, count)) = self.alike(tokens) {
            let known = &self.prompts[&source];
            prompt.table = known.table.first(count);
            match known.read < count {
                true => prompt.begins_like = Some((source, count)),
                false => prompt.read = count,
            }
            unread -= count;
        }
        self.pages.hold(&prompt.table);
        let mut own = Table::default();
        let needed = own.lacks(unread) + self.members.len() + 1;
        if !self.make_room(needed, self.members.is_empty()) {
            self.pages.release(&prompt.table);
            return None;
        }
        own.extend(unread, &mut self.pages, self.room.pages());
        prompt.table.append(own);
        self.names.insert(prompt.tokens.clone(), name);
        self.prompts.insert(name, prompt);
        self.arrived += 1;
        Some(name)
    }

    /// The first of the prompts that share the longest beginning with `tokens`, and
    /// how long it is. The last token is always read: its logits are wanted.
    fn alike(&self, tokens: &[u32]) -> Option<(usize, usize)> {
        let most = tokens.len() - 1;
        let before = self.names.range::<[u32], _>((Unbounded, Excluded(tokens)));
        let after = self.names.range::<[u32], _>((Excluded(tokens), Unbounded));
        let neighbours = before.rev().take(1).chain(after.take(1));
        let shared = neighbours.map(|(other, name)| {
            let pairs = other.iter().zip(&tokens[..most]);
            (*name, pairs.take_while(|(a, b)| a == b).count())
        });
        let longest = shared.max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name)));
        // Less would keep a page from others for the sake of a few tokens.
        longest.filter(|(_, count)| *count >= PAGE)
    }

    /// Whether so many pages can be taken. Idle prompts leave for that, those that were
    /// used longest ago first, no more than it takes, and none where it is not enough. A
    /// job that is alone may take what it takes.
    fn make_room(&mut self, needed: usize, alone: bool) -> bool {
        let most = self.room.pages();
        if self.pages.spare(most) >= needed {
            return true;
        }
        let idle = self.prompts.iter().filter(|(_, prompt)| prompt.jobs == 0);
        let mut idle: Vec<(u64, usize)> = idle.map(|(name, prompt)| (prompt.used, *name)).collect();
        idle.sort_unstable();
        let mut pages = self.pages.clone();
        let mut leaving = Vec::new();
        for (_, name) in idle {
            if pages.spare(most) >= needed {
                break;
            }
            pages.release(&self.prompts[&name].table);
            leaving.push(name);
        }
        let enough = alone || pages.spare(most) >= needed;
        if enough {
            leaving.into_iter().for_each(|name| self.forget(name));
        }
        enough
    }

    /// Gives up a member's place.
    fn leave(&mut self, member: &Member) {
        self.pages.release(&member.own);
        if let Some(prompt) = self.prompts.get_mut(&member.prompt) {
            prompt.jobs -= 1;
            prompt.used = self.passes;
            // Who waits for it to be read came later, and left before.
            if prompt.jobs == 0 && prompt.read < prompt.tokens.len() {
                self.forget(member.prompt);
            }
        }
    }

    fn forget(&mut self, name: usize) {
        if let Some(prompt) = self.prompts.remove(&name) {
            self.names.remove(&prompt.tokens);
            self.pages.release(&prompt.table);
        }
    }

    /// Reads a piece of every job, and has those choose a token that may.
    fn pass(&mut self) {
        let mut layout = Layout::default();
        let mut at = Vec::new();
        let mut readers = Vec::new();
        for (index, member) in self.members.iter_mut().enumerate() {
            if member.begun {
                let prompt = self.prompts[&member.prompt].table.parts();
                layout.push_cached(member.running.unread(), prompt.chain(member.own.parts()));
                member.running.settle();
                at.push(layout.tokens.len() - 1);
                readers.push(Reader::Member(index));
            }
        }
        let unread = self.prompts.iter();
        let unread = unread.filter(|(_, prompt)| prompt.read < prompt.tokens.len());
        let unread: Vec<usize> = unread.map(|(name, _)| *name).collect();
        for name in unread {
            let like = self.prompts[&name].begins_like;
            if like.is_some_and(|(source, count)| self.prompts[&source].read < count) {
                continue;
            }
            let Some(prompt) = self.prompts.get_mut(&name) else {
                continue;
            };
            // Keys of this very pass can be seen, too: they are written first.
            if let Some((_, count)) = prompt.begins_like.take() {
                prompt.read = count;
            }
            let unread = &prompt.tokens[prompt.read..];
            let room = self.room.pass.saturating_sub(layout.tokens.len());
            let count = unread.len().min(room);
            if count == 0 {
                continue;
            }
            prompt.read += count;
            layout.push_cached(&unread[..count], prompt.table.first(prompt.read).parts());
            if prompt.read == prompt.tokens.len() {
                at.push(layout.tokens.len() - 1);
                readers.push(Reader::Prompt(name));
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
                    let waiting = (self.members.iter_mut())
                        .filter(|member| member.prompt == name && !member.begun);
                    for member in waiting {
                        member.begun = true;
                        member.running.step(row);
                    }
                }
            }
        }
    }
}

/// Who wants to know what follows.
enum Reader {
    /// A job, by its place among the members.
    Member(usize),
    /// All jobs of a prompt that have not begun.
    Prompt(usize),
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
