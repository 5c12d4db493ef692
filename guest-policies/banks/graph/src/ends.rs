//! The triples at each node.

use std::collections::{BTreeMap, BTreeSet};

/// The numbers of triples by the names of their subjects and objects.
#[derive(Default)]
pub struct Ends(BTreeMap<String, BTreeSet<u64>>);

impl Ends {
    /// Adds a triple.
    pub fn add(&mut self, number: u64, ends: [&str; 2]) {
        for end in ends {
            self.0.entry(end.into()).or_default().insert(number);
        }
    }

    /// Removes a triple that was added with these ends.
    pub fn remove(&mut self, number: u64, ends: [&str; 2]) {
        for end in ends {
            if let Some(numbers) = self.0.get_mut(end) {
                numbers.remove(&number);
                if numbers.is_empty() {
                    self.0.remove(end);
                }
            }
        }
    }

    /// Returns the triples at a node; none if there is no such node.
    pub fn at(&self, name: &str) -> Option<&BTreeSet<u64>> {
        self.0.get(name)
    }
}
