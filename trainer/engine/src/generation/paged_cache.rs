//! Pages of a key-value cache: who holds which, and where a sequence's tokens are.
//!
//! A page is a fixed number of slots. It is written to, from its first slot on, by the
//! sequence that took it; others whose tokens begin alike hold it too and read what is
//! in it so far. Nothing is copied, and what nobody holds is free again.

use std::collections::BTreeSet;
use std::ops::Range;

/// Slots of a page. A sequence leaves half of its last one empty on average; its runs of
/// keys are at least so long.
pub(super) const PAGE: usize = 16;

/// Which pages are free. Equal histories give equal places.
#[derive(Clone, Debug, Default)]
pub(super) struct Pages {
    free: BTreeSet<usize>,
    /// How many tables have each page.
    holders: Vec<usize>,
}

impl Pages {
    /// Pages that there are, free or not.
    pub(super) fn total(&self) -> usize {
        self.holders.len()
    }

    /// Pages that can be taken without there being more than `most`.
    pub(super) fn spare(&self, most: usize) -> usize {
        self.free.len() + most.saturating_sub(self.total())
    }

    /// The first free page. Where there is none their number doubles, from a sixteenth of
    /// `most` up to that, and beyond grows by an eighth.
    fn take(&mut self, most: usize) -> usize {
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

    /// Counts one more table that has these slots.
    pub(super) fn hold(&mut self, table: &Table) {
        for part in &table.0 {
            self.holders[part.start / PAGE] += 1;
        }
    }

    /// Counts one less.
    pub(super) fn release(&mut self, table: &Table) {
        for part in &table.0 {
            let page = part.start / PAGE;
            self.holders[page] -= 1;
            if self.holders[page] == 0 {
                self.free.insert(page);
            }
        }
    }
}

/// The slots of a sequence's tokens: of each page some first ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Table(Vec<Range<usize>>);

impl Table {
    /// The slots, in the order of the tokens.
    pub(super) fn parts(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().cloned()
    }

    /// The slots of the first `tokens` tokens, to read from.
    pub(super) fn first(&self, tokens: usize) -> Self {
        let mut rest = tokens;
        let parts = self.parts().map_while(|part| {
            let end = part.end.min(part.start + rest);
            rest -= end - part.start;
            (end > part.start).then_some(part.start..end)
        });
        Self(parts.collect())
    }

    /// Pages that `tokens` more take.
    pub(super) fn lacks(&self, tokens: usize) -> usize {
        tokens.saturating_sub(self.room()).div_ceil(PAGE)
    }

    /// Takes slots for `tokens` more; the table's last page must be its own. There must be
    /// as many spare pages as it lacks, or there are more than `most`.
    pub(super) fn extend(&mut self, tokens: usize, pages: &mut Pages, most: usize) {
        let mut rest = tokens;
        let here = rest.min(self.room());
        if let Some(last) = self.0.last_mut() {
            last.end += here;
        }
        rest -= here;
        while rest > 0 {
            let start = pages.take(most) * PAGE;
            let here = rest.min(PAGE);
            self.0.push(start..start + here);
            rest -= here;
        }
    }

    /// Goes on with another table's slots.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Empty slots of the last page.
    fn room(&self) -> usize {
        self.0.last().map_or(0, |part| part.start + PAGE - part.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 12;

    /// What happens to sequences: one goes on, one begins like another, one ends.
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

    /// A sequence: what it begins with, its own slots, and its tokens.
    #[derive(Clone, Default)]
    struct Sequence {
        begun: Table,
        own: Table,
        tokens: Vec<u64>,
    }

    impl Sequence {
        fn whole(&self) -> Table {
            let mut whole = self.begun.clone();
            whole.append(self.own.clone());
            whole
        }
    }

    /// Plays events; the places of all sequences that are left, after checking after each
    /// event that every sequence finds its tokens where it has put them.
    fn play(events: &[Event]) -> Vec<Vec<Range<usize>>> {
        let mut pages = Pages::default();
        let mut slots = vec![u64::MAX; (MOST + 1) * PAGE];
        let mut live = vec![Sequence::default()];
        let mut next = 0;
        for event in events {
            match *event {
                Event::Extend(which, count) => {
                    let index = which % live.len();
                    let sequence = &mut live[index];
                    if sequence.own.lacks(count) > pages.spare(MOST) {
                        continue;
                    }
                    let before = sequence.own.parts().map(|part| part.len()).sum();
                    sequence.own.extend(count, &mut pages, MOST);
                    for slot in sequence.own.parts().flatten().skip(before) {
                        slots[slot] = next;
                        sequence.tokens.push(next);
                        next += 1;
                    }
                }
                Event::Fork(which, count) => {
                    let source = &live[which % live.len()];
                    let count = count.min(source.tokens.len());
                    let begun = source.whole().first(count);
                    pages.hold(&begun);
                    live.push(Sequence {
                        begun,
                        own: Table::default(),
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
                    .parts()
                    .flatten()
                    .map(|slot| slots[slot])
                    .collect();
                assert_eq!(found, sequence.tokens);
            }
            let held: BTreeSet<usize> = live
                .iter()
                .flat_map(|sequence| sequence.whole().0)
                .map(|part| part.start / PAGE)
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
        fn every_sequence_finds_its_tokens_until_nobody_holds_a_page(
            events in prop::collection::vec(event(), 1..60),
        ) {
            prop_assert_eq!(play(&events), play(&events));
        }
    }

    #[test]
    fn only_what_a_job_alone_takes_goes_beyond_the_bound() {
        let (mut pages, mut table) = (Pages::default(), Table::default());
        table.extend(3 * PAGE + 1, &mut pages, 4);
        assert_eq!(
            (pages.total(), pages.spare(4), table.lacks(PAGE)),
            (4, 0, 1)
        );
        table.extend(PAGE, &mut pages, 4);
        assert_eq!(
            (pages.total(), table.parts().last()),
            (5, Some(4 * PAGE..4 * PAGE + 1))
        );
        pages.release(&table);
        assert_eq!(pages.spare(4), 5);
    }
}
