//! The page pool and the block tables of a key-value cache.
//!
//! Invariants:
//! - A page is [`PAGE`] consecutive slots, filled from its first slot on.
//! - Only the sequence that allocated a page writes to it. Sequences with the same prefix hold the
//!   page too and read the slots filled so far.
//! - Keys and values are never copied between pages.
//! - A page is free when no block table holds it.
//! - Equal histories of calls give equal pages.

use std::collections::BTreeSet;
use std::ops::Range;

/// Slots in a page. A sequence wastes half a page on average; its key ranges are at least this
/// long.
pub(super) const PAGE_SIZE: usize = 16;

/// A pool of pages with reference counts.
#[derive(Clone, Debug, Default)]
pub(super) struct PagePool {
    free: BTreeSet<usize>,
    /// The number of block tables that hold each page.
    holders: Vec<usize>,
}

impl PagePool {
    /// Returns the number of pages, free and held.
    pub(super) fn total(&self) -> usize {
        self.holders.len()
    }

    /// Returns the number of pages that can be allocated before the pool exceeds `most` pages.
    pub(super) fn available(&self, most: usize) -> usize {
        self.free.len() + most.saturating_sub(self.total())
    }

    /// Allocates the first free page. If no page is free, the pool grows: it doubles, from `most /
    /// 16` up to `most`; beyond that it grows by an eighth.
    fn allocate(&mut self, most: usize) -> usize {
        let page = match self.free.pop_first() {
            Some(page) => page,
            None => {
                let first = self.total();
                let total = match first < most {
                    true => (2 * first).max(most / 16).clamp(first + 1, most),
                    false => first + first / 8 + 1,
                };
                self.holders.resize(total, 0);
                self.free.extend(first + 1..total);
                first
            }
        };
        self.holders[page] = 1;
        page
    }

    /// Adds a reference to each page of `table`.
    pub(super) fn retain(&mut self, table: &BlockTable) {
        for part in &table.0 {
            self.holders[part.start / PAGE_SIZE] += 1;
        }
    }

    /// Drops a reference to each page of `table`.
    pub(super) fn release(&mut self, table: &BlockTable) {
        for part in &table.0 {
            let page = part.start / PAGE_SIZE;
            self.holders[page] -= 1;
            if self.holders[page] == 0 {
                self.free.insert(page);
            }
        }
    }
}

/// The cache slots of a sequence's tokens, as the filled range of each page.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockTable(Vec<Range<usize>>);

impl BlockTable {
    /// Returns the slot ranges in token order.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().cloned()
    }

    /// Returns a table of the first `tokens` tokens, for reading.
    pub(super) fn prefix(&self, tokens: usize) -> Self {
        let mut rest = tokens;
        let parts = self.ranges().map_while(|part| {
            let end = part.end.min(part.start + rest);
            rest -= end - part.start;
            (end > part.start).then_some(part.start..end)
        });
        Self(parts.collect())
    }

    /// Returns the number of pages that `tokens` more tokens need.
    pub(super) fn pages_needed(&self, tokens: usize) -> usize {
        tokens.saturating_sub(self.free_slots()).div_ceil(PAGE_SIZE)
    }

    /// Allocates slots for `tokens` more tokens. The last page must be the sequence's own. The pool
    /// exceeds `most` pages if fewer than `pages_needed(tokens)` are available.
    pub(super) fn extend(&mut self, tokens: usize, pages: &mut PagePool, most: usize) {
        let mut rest = tokens;
        let here = rest.min(self.free_slots());
        if let Some(last) = self.0.last_mut() {
            last.end += here;
        }
        rest -= here;
        while rest > 0 {
            let start = pages.allocate(most) * PAGE_SIZE;
            let here = rest.min(PAGE_SIZE);
            self.0.push(start..start + here);
            rest -= here;
        }
    }

    /// Appends another table's slots.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Gives back the last `count` slots, which must be in the last page and not all of it.
    pub(super) fn shorten(&mut self, count: usize) {
        if let Some(last) = self.0.last_mut() {
            last.end -= count;
        }
    }

    /// Returns the number of empty slots in the last page.
    pub(super) fn free_slots(&self) -> usize {
        self.0
            .last()
            .map_or(0, |part| part.start + PAGE_SIZE - part.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 12;

    /// An event in the life of sequences: one grows, one forks from another's prefix, one ends.
    #[derive(Clone, Debug)]
    enum Event {
        Extend(usize, usize),
        Fork(usize, usize),
        End(usize),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0usize..9, 1usize..40).prop_map(|(which, count)| Event::Extend(which, count)),
            (0usize..9, 0usize..90).prop_map(|(which, count)| Event::Fork(which, count)),
            (0usize..9).prop_map(Event::End),
        ]
    }

    /// A sequence: the shared prefix, its own slots, and its tokens.
    #[derive(Clone, Default)]
    struct Sequence {
        prefix: BlockTable,
        own: BlockTable,
        tokens: Vec<u64>,
    }

    impl Sequence {
        fn whole(&self) -> BlockTable {
            let mut whole = self.prefix.clone();
            whole.append(self.own.clone());
            whole
        }
    }

    /// Plays events and returns the slots of the sequences that are left. After each event, every
    /// sequence must find its tokens in its slots.
    fn play(events: &[Event]) -> Vec<Vec<Range<usize>>> {
        let mut pages = PagePool::default();
        let mut slots = vec![u64::MAX; (MOST + 1) * PAGE_SIZE];
        let mut live = vec![Sequence::default()];
        let mut next = 0;
        for event in events {
            match *event {
                Event::Extend(which, count) => {
                    let index = which % live.len();
                    let sequence = &mut live[index];
                    if sequence.own.pages_needed(count) > pages.available(MOST) {
                        continue;
                    }
                    let before = sequence.own.ranges().map(|part| part.len()).sum();
                    sequence.own.extend(count, &mut pages, MOST);
                    for slot in sequence.own.ranges().flatten().skip(before) {
                        slots[slot] = next;
                        sequence.tokens.push(next);
                        next += 1;
                    }
                }
                Event::Fork(which, count) => {
                    let source = &live[which % live.len()];
                    let count = count.min(source.tokens.len());
                    let prefix = source.whole().prefix(count);
                    pages.retain(&prefix);
                    live.push(Sequence {
                        prefix,
                        own: BlockTable::default(),
                        tokens: source.tokens[..count].to_vec(),
                    });
                }
                Event::End(which) if live.len() > 1 => {
                    let index = which % live.len();
                    pages.release(&live.swap_remove(index).whole());
                }
                Event::End(_) => {}
            }
            for sequence in &live {
                let found: Vec<u64> = sequence
                    .whole()
                    .ranges()
                    .flatten()
                    .map(|slot| slots[slot])
                    .collect();
                assert_eq!(found, sequence.tokens);
            }
            let held: BTreeSet<usize> = live
                .iter()
                .flat_map(|sequence| sequence.whole().0)
                .map(|part| part.start / PAGE_SIZE)
                .collect();
            assert!(pages.total() <= MOST);
            assert!(held.is_disjoint(&pages.free));
            assert_eq!(held.len() + pages.free.len(), pages.total());
        }
        let places = live.iter().map(|sequence| sequence.whole().0).collect();
        live.iter()
            .for_each(|sequence| pages.release(&sequence.whole()));
        assert!(pages.holders.iter().all(|holders| *holders == 0));
        assert_eq!(pages.free.len(), pages.total());
        places
    }

    proptest! {
        #[test]
        fn every_sequence_finds_its_tokens_and_released_pages_are_free(
            events in prop::collection::vec(event(), 1..60),
        ) {
            prop_assert_eq!(play(&events), play(&events));
        }
    }

    #[test]
    fn a_table_may_grow_beyond_the_bound() {
        let (mut pages, mut table) = (PagePool::default(), BlockTable::default());
        table.extend(3 * PAGE_SIZE + 1, &mut pages, 4);
        assert_eq!(
            (
                pages.total(),
                pages.available(4),
                table.pages_needed(PAGE_SIZE)
            ),
            (4, 0, 1)
        );
        table.extend(PAGE_SIZE, &mut pages, 4);
        assert_eq!(
            (pages.total(), table.ranges().last()),
            (5, Some(4 * PAGE_SIZE..4 * PAGE_SIZE + 1))
        );
        pages.release(&table);
        assert_eq!(pages.available(4), 5);
    }
}
