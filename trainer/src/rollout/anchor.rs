//! Anchors of rerolls.

/// A session that is rerolled, and the rollout whose state it restarts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Session, from 1.
    pub session: u32,
    /// Global rollout.
    pub rollout: usize,
    /// Share of the rollout's outputs in the session that rerolls repeat before
    /// they go their own way: 0 begins at the session's start.
    pub cut: f64,
}
