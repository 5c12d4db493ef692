//! The plan of a set of rollouts.

use std::sync::Arc;

use memloom_engine::grammar::Grammars;

use crate::rollout::anchor::Anchor;
use crate::rollout::policy_model::Sampling;

/// The plan of a set of rollouts.
pub struct Plan<'a> {
    /// Grammars, and the tokenizer for prompts and outputs.
    pub grammars: &'a Arc<Grammars>,
    /// Number of global rollouts of each episode: n.
    pub rollouts: usize,
    /// Anchors by episode.
    pub anchors: &'a [Vec<Anchor>],
    /// Sessions, by episode, whose states are kept for every rollout.
    pub kept: &'a [Vec<u32>],
    /// Number of rerolls of each anchor: m.
    pub rerolls: usize,
    /// True if rollouts answer the questions of their episode, and rerolls those of their
    /// session.
    pub asks: bool,
    /// True if the states between sessions are named. Equal states have equal names.
    pub names_states: bool,
    /// Sampling of rollouts and rerolls.
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
