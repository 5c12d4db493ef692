//! The plan of a set of rollouts.

use std::sync::Arc;

use memloom_engine::grammar::Grammars;

use crate::rollout::anchor::Anchor;
use crate::rollout::policy_model::Sampling;

/// What to roll out.
pub struct Plan<'a> {
    /// For prompts and outputs.
    pub grammars: &'a Arc<Grammars>,
    /// Global rollouts of each episode: n.
    pub rollouts: usize,
    /// Anchors by episode.
    pub anchors: &'a [Vec<Anchor>],
    /// Sessions, by episode, whose states are kept of every rollout.
    pub kept: &'a [Vec<u32>],
    /// Rerolls of each anchor: m.
    pub rerolls: usize,
    /// Whether rollouts answer their questions (rerolls: those of their session).
    pub asks: bool,
    /// Whether the states between sessions are named, so that equal ones can be
    /// told.
    pub names_states: bool,
    /// Temperature and random numbers: the same for rollouts and rerolls.
    pub sampling: Sampling,
}

impl<'a> Plan<'a> {
    /// Returns a plan of `rollouts` rollouts of each episode that answer their questions,
    /// without rerolls.
    pub fn new(grammars: &'a Arc<Grammars>, rollouts: usize, sampling: Sampling) -> Self {
        Self {
            grammars,
            rollouts,
            anchors: &[],
            kept: &[],
            rerolls: 0,
            asks: true,
            names_states: false,
            sampling,
        }
    }
}
