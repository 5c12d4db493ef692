//! The state of a grammar after some tokens.

use std::sync::Arc;

use llguidance::Matcher;

/// The state of a grammar after some tokens.
pub struct GrammarState {
    pub(super) allowed: Arc<[u32]>,
    pub(super) position: Position,
}

pub(super) enum Position {
    Words(usize),
    Schema(Box<Matcher>),
}

impl GrammarState {
    /// Returns the tokens allowed next, ascending; empty if nothing may follow. Contains the end
    /// token if the output may end here or continue.
    pub fn allowed(&self) -> &Arc<[u32]> {
        &self.allowed
    }
}
