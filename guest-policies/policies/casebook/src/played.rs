//! A task that was played.

use memloom_sdk::acting::{Begun, Sitting};

/// A task that was played, or is being played.
pub struct Played {
    /// The acts, and what came of them.
    pub sitting: Sitting,
    /// The steps of plans that were begun; none under a grammar.
    pub begun: Vec<Begun>,
    /// The ids of the cases that were followed, each once.
    pub followed: Vec<String>,
}

impl Played {
    /// Returns a task at its beginning.
    pub fn new(sitting: Sitting) -> Self {
        Self {
            sitting,
            begun: Vec::new(),
            followed: Vec::new(),
        }
    }
}
