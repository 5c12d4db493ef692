//! The cache of states: which thing stays (W-TinyLFU, arXiv 1512.00727, with exact counts).
//!
//! A thing enters a window of one. The one that it drives out of the window enters the main part of
//! `capacity` − 1 if there is room, or if it was used more than the least used one there, which is then
//! dropped; else it is dropped itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The largest count, of four bits.
const MOST: u8 = 15;
/// The uses for each place of the capacity after which counts are halved.
const SPAN: usize = 10;

/// The counts and the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    /// The uses of things, also of those that were dropped, without those of 0.
    counts: BTreeMap<String, u8>,
    /// The uses since counts were halved.
    uses: usize,
    /// The number of the entry in the window.
    window: Option<u64>,
}

impl Cache {
    /// Returns the count of a thing.
    pub fn count(&self, thing: &str) -> u8 {
        self.counts.get(thing).copied().unwrap_or_default()
    }

    /// Counts a use of a thing. After ten for each place of the capacity all counts are halved.
    pub fn used(&mut self, thing: &str, capacity: usize) {
        let count = self.counts.entry(thing.into()).or_default();
        *count = MOST.min(*count + 1);
        self.uses += 1;
        if self.uses >= SPAN * capacity {
            self.uses = 0;
            self.counts.retain(|_, count| {
                *count /= 2;
                *count > 0
            });
        }
    }

    /// Puts an entry into the window and returns the one to drop, if the other one finds no room.
    /// `held` are the numbers and things of the other entries, in order of insertion.
    pub fn enter(&mut self, number: u64, held: &[(u64, &str)], capacity: usize) -> Option<u64> {
        let leaving = self.window.replace(number)?;
        let is_leaving = |of: &&(u64, &str)| of.0 == leaving;
        let candidate = held.iter().find(is_leaving)?;
        let main = held.iter().filter(|of| !is_leaving(of));
        if main.clone().count() < capacity - 1 {
            return None;
        }
        let victim = main.min_by_key(|(_, thing)| self.count(thing))?;
        let stays = self.count(candidate.1) > self.count(victim.1);
        Some(if stays { victim.0 } else { candidate.0 })
    }

    /// Notes that an entry was deleted.
    pub fn deleted(&mut self, number: u64) {
        self.window = self.window.filter(|&window| window != number);
    }

    /// Returns whether operations can leave this cache with these things in it.
    pub fn fits(&self, held: &[(u64, &str)], capacity: usize) -> bool {
        let in_window = |number: &u64| held.iter().any(|of| of.0 == *number);
        let distinct: std::collections::BTreeSet<&str> = held.iter().map(|of| of.1).collect();
        self.uses < SPAN * capacity
            && self.counts.values().all(|count| (1..=MOST).contains(count))
            && self.window.as_ref().is_none_or(in_window)
            && held.len() - usize::from(self.window.is_some()) < capacity
            && distinct.len() == held.len()
            && !distinct.contains("")
    }
}
