//! The rules of eviction (Spatially-Aware Transformer, section on the adaptive memory allocator).

use std::collections::BTreeMap;

use memloom_records::Record;
use serde::Deserialize;

use crate::spot::Spot;

/// The number of visits of each place.
pub type Visits = BTreeMap<String, u32>;

/// A rule that names the entry to evict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The oldest entry: first in, first out.
    Fifo,
    /// The newest entry: last in, first out.
    Lifo,
    /// The oldest entry of the place that was visited most: most visited first.
    Mvf,
    /// The oldest entry of the place that was visited least: least visited first.
    Lvf,
}

impl Rule {
    /// Returns the entry to evict among some in order of insertion; none if there are none. Of places
    /// with as many visits, the one with more entries counts as visited more.
    pub fn choose<'a>(
        self,
        entries: &[&'a Record<Spot>],
        visits: &Visits,
    ) -> Option<&'a Record<Spot>> {
        let mut held: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries {
            *held.entry(&entry.data.place).or_default() += 1;
        }
        let visited = |entry: &&&Record<Spot>| {
            let place = &entry.data.place;
            let visits = visits.get(place).copied().unwrap_or_default();
            (visits, held.get(&**place).copied())
        };
        let all = entries.iter();
        let chosen = match self {
            Self::Fifo => entries.first(),
            Self::Lifo => entries.last(),
            // Of equals the last is the maximum, so the order is turned around.
            Self::Mvf => all.rev().max_by_key(visited),
            Self::Lvf => all.min_by_key(visited),
        };
        chosen.copied()
    }
}
