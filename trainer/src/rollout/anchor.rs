//! Anchors of rerolls.

/// A session that is rerolled, and the rollout whose state rerolls start from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    /// Session, from 1.
    pub session: u32,
    /// Number of the global rollout.
    pub rollout: usize,
    /// Share of the rollout's outputs in the session that rerolls repeat before they sample
    /// their own: 0 is none of them.
    pub cut: f64,
}
