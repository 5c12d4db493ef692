//! Which slots of a key-value cache are free.

use std::collections::BTreeMap;
use std::ops::Range;

/// Free runs of slots, by where they start. Equal histories give equal places.
#[derive(Debug, Default)]
pub(super) struct Slots {
    free: BTreeMap<usize, usize>,
    total: usize,
}

impl Slots {
    /// Slots that there are, free or not.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The first free run of `count` slots. Where there is none the cache grows, to
    /// twice its size or what it takes, but never beyond `most`.
    pub(super) fn take(&mut self, count: usize, most: usize) -> Option<Range<usize>> {
        let fits = |(start, end): (&usize, &usize)| (end - start >= count).then_some(*start);
        let start = match self.free.iter().find_map(fits) {
            Some(start) => start,
            None => self.grow(count, most)?,
        };
        let end = self.free.remove(&start)?;
        if end > start + count {
            self.free.insert(start + count, end);
        }
        Some(start..start + count)
    }

    /// Adds slots at the end, so that `count` are free there; where they start.
    fn grow(&mut self, count: usize, most: usize) -> Option<usize> {
        let last = self.free.iter().next_back();
        let start = match last {
            Some((start, end)) if *end == self.total => *start,
            _ => self.total,
        };
        let needed = start + count;
        if needed > most {
            return None;
        }
        self.total = needed.max((2 * self.total).min(most));
        self.free.insert(start, self.total);
        Some(start)
    }

    /// Takes slots back.
    pub(super) fn give(&mut self, run: Range<usize>) {
        if run.is_empty() {
            return;
        }
        let (mut start, mut end) = (run.start, run.end);
        if let Some(after) = self.free.remove(&end) {
            end = after;
        }
        if let Some((before, _)) =
            (self.free.range(..start).next_back()).filter(|(_, e)| **e == start)
        {
            start = *before;
        }
        self.free.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_given_back_is_whole_again() {
        let mut slots = Slots::default();
        let runs: Vec<_> = [3, 4, 5].map(|count| slots.take(count, 100)).into();
        assert_eq!(runs, [Some(0..3), Some(3..7), Some(7..12)]);
        for run in [2, 0, 1].map(|index: usize| runs[index].clone()) {
            slots.give(run.expect("there was room"));
        }
        assert_eq!(
            (slots.free.len(), slots.take(slots.total, 100)),
            (1, Some(0..slots.total))
        );
    }

    proptest! {
        #[test]
        fn no_slot_is_taken_twice_and_the_bound_holds(
            steps in prop::collection::vec((1usize..40, 0usize..6), 1..80),
        ) {
            let mut slots = Slots::default();
            let mut held: Vec<Range<usize>> = Vec::new();
            for (count, back) in steps {
                if let Some(run) = slots.take(count, 128) {
                    prop_assert!(run.len() == count && run.end <= 128);
                    prop_assert!(held.iter().all(|other| run.end <= other.start || other.end <= run.start));
                    held.push(run);
                }
                if back < held.len() {
                    slots.give(held.swap_remove(back));
                }
                let free: usize = slots.free.iter().map(|(start, end)| end - start).sum();
                let taken: usize = held.iter().map(Range::len).sum();
                prop_assert_eq!(free + taken, slots.total());
            }
        }
    }
}
