//! Where a reading of a grammar stands.

use std::sync::Arc;

use llguidance::Matcher;

/// Where a reading of a grammar stands.
pub struct State {
    pub(super) allowed: Arc<[u32]>,
    pub(super) place: Place,
}

pub(super) enum Place {
    Words(usize),
    Schema(Box<Matcher>),
}

impl State {
    /// Tokens that may come next, sorted; empty where nothing may follow. Where the
    /// output may also end, the end token is among them.
    pub fn allowed(&self) -> &Arc<[u32]> {
        &self.allowed
    }
}
