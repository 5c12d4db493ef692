//! The plan of a set of rollouts.

use std::sync::Arc;

use memloom_engine::grammar::Grammars;

use crate::config::Shaping;
use crate::rng::{Purpose, derive};
use crate::rollout::anchor::Anchor;
use crate::rollout::batcher::RolloutId;
use crate::rollout::policy_model::Sampling;

/// The plan of a set of rollouts.
pub struct Plan<'a> {
    /// Grammars, and the tokenizer for prompts and outputs.
    pub grammars: &'a Arc<Grammars>,
    /// Number of global rollouts of each episode: n.
    pub rollouts: usize,
    /// The demonstrator who lives through the global rollouts in the policy's place, if one does.
    pub lived_by: Option<&'a str>,
    /// Anchors by episode.
    pub anchors: &'a [Vec<Anchor>],
    /// Sessions, by episode, whose states are kept for every rollout.
    pub kept: &'a [Vec<u32>],
    /// Number of rerolls of each anchor: m.
    pub rerolls: usize,
    /// Number of sessions that a reroll lives through.
    pub reroll_sessions: u32,
    /// Number of times that a rollout answers each question.
    pub answer_samples: usize,
    /// True if rollouts answer the questions of their episode, and rerolls those of their
    /// session.
    pub asks: bool,
    /// True if the policy's variants have their shares of the rollouts.
    pub variants: bool,
    /// The outputs' operations that are noted.
    pub shaping: Shaping,
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
            lived_by: None,
            anchors: &[],
            kept: &[],
            rerolls: 0,
            reroll_sessions: 1,
            answer_samples: 1,
            asks: true,
            variants: false,
            shaping: Shaping::None,
            names_states: false,
            sampling,
        }
    }

    /// Returns the seed of a demonstrator's mistakes in a rollout.
    pub fn mistakes(&self, id: RolloutId) -> u64 {
        let Sampling { seed, occasion, .. } = self.sampling;
        let place = [
            occasion[0],
            occasion[1],
            id.episode as u64,
            id.rollout as u64,
        ];
        derive(seed, Purpose::Before, &place)
    }

    /// Returns the last session that a reroll of a session lives through, in an episode with this
    /// many sessions.
    pub fn lived_by_reroll(&self, session: u32, sessions: u32) -> u32 {
        session
            .saturating_add(self.reroll_sessions - 1)
            .min(sessions)
    }
}
