//! The cached prompts of a scheduler: sharing, insertion and eviction.

use std::cmp::Reverse;
use std::ops::Bound::{Excluded, Unbounded};

use crate::generation::paged_cache::{BlockTable, PAGE_SIZE};
use crate::generation::scheduler::{CachedPrompt, Scheduler};
use crate::kernels::Kernels;

impl<B: Kernels> Scheduler<B> {
    /// Returns the key of the cached prompt `tokens`, which is inserted if it is new, or `None` if
    /// it does not fit.
    pub(super) fn acquire(&mut self, tokens: &[u32]) -> Option<usize> {
        match self.by_tokens.get(tokens) {
            Some(key) => self.share(*key),
            None => self.insert(tokens),
        }
    }

    /// Adds a request to a cached prompt.
    fn share(&mut self, key: usize) -> Option<usize> {
        self.prompts.get_mut(&key)?.requests += 1;
        let fits = self.make_room(self.active.len() + 1, self.active.is_empty());
        let prompt = self.prompts.get_mut(&key)?;
        if !fits {
            prompt.requests -= 1;
            return None;
        }
        // The logits of the last token are not kept, so that token is read again.
        prompt.read = prompt.read.min(prompt.tokens.len() - 1);
        Some(key)
    }

    /// Inserts a prompt and leaves one page for every active request.
    fn insert(&mut self, tokens: &[u32]) -> Option<usize> {
        let key = self.next_key;
        let mut prompt = CachedPrompt {
            tokens: tokens.into(),
            table: BlockTable::default(),
            read: 0,
            shared_prefix: None,
            requests: 1,
            last_used: self.passes,
        };
        let mut unread = tokens.len();
        if let Some((source, count)) = self.longest_shared_prefix(tokens) {
            let cached = &self.prompts[&source];
            prompt.table = cached.table.prefix(count);
            match cached.read < count {
                true => prompt.shared_prefix = Some((source, count)),
                false => prompt.read = count,
            }
            unread -= count;
        }
        self.pages.retain(&prompt.table);
        let mut own = BlockTable::default();
        let needed = own.pages_needed(unread) + self.active.len() + 1;
        if !self.make_room(needed, self.active.is_empty()) {
            self.pages.release(&prompt.table);
            return None;
        }
        own.extend(unread, &mut self.pages, self.budget.pages());
        prompt.table.append(own);
        self.by_tokens.insert(prompt.tokens.clone(), key);
        self.prompts.insert(key, prompt);
        self.next_key += 1;
        Some(key)
    }

    /// Returns the earliest prompt with the longest shared prefix, and that prefix's length. The
    /// last token is excluded, because its logits are needed.
    fn longest_shared_prefix(&self, tokens: &[u32]) -> Option<(usize, usize)> {
        let most = tokens.len() - 1;
        let before = self
            .by_tokens
            .range::<[u32], _>((Unbounded, Excluded(tokens)));
        let after = self
            .by_tokens
            .range::<[u32], _>((Excluded(tokens), Unbounded));
        let neighbours = before.rev().take(1).chain(after.take(1));
        let shared = neighbours.map(|(other, key)| {
            let pairs = other.iter().zip(&tokens[..most]);
            (*key, pairs.take_while(|(a, b)| a == b).count())
        });
        let longest = shared.max_by_key(|(key, count)| (*count, Reverse(*key)));
        // A shorter prefix saves too little to hold a page for.
        longest.filter(|(_, count)| *count >= PAGE_SIZE)
    }

    /// Returns whether `needed` pages are available, evicting idle prompts for them: the least
    /// recently used first, no more than needed, and none if the pages do not suffice. A request
    /// that is `alone` always gets its pages.
    pub(super) fn make_room(&mut self, needed: usize, alone: bool) -> bool {
        let most = self.budget.pages();
        if self.pages.available(most) >= needed {
            return true;
        }
        let idle = self
            .prompts
            .iter()
            .filter(|(_, prompt)| prompt.requests == 0);
        let mut idle: Vec<(u64, usize)> =
            idle.map(|(key, prompt)| (prompt.last_used, *key)).collect();
        idle.sort_unstable();
        let mut pages = self.pages.clone();
        let mut leaving = Vec::new();
        for (_, key) in idle {
            if pages.available(most) >= needed {
                break;
            }
            pages.release(&self.prompts[&key].table);
            leaving.push(key);
        }
        let enough = alone || pages.available(most) >= needed;
        if enough {
            leaving.into_iter().for_each(|key| self.evict(key));
        }
        enough
    }

    /// Removes a prompt from the cache.
    pub(super) fn evict(&mut self, key: usize) {
        if let Some(prompt) = self.prompts.remove(&key) {
            self.by_tokens.remove(&prompt.tokens);
            self.pages.release(&prompt.table);
        }
    }
}
