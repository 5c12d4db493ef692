//! Choice of the sessions and rollouts that are rerolled.

use anyhow::{Context, Result};
use rand::Rng;

use crate::config::{AnchorRule, RerollFrom};
use crate::env::OpenEpisode;
use crate::rollout::reward::{RewardFn, RewardParts, mean};
use crate::rollout::{Anchor, Outcome};

/// Draws an episode's anchors: each session with probability `chance`, its rollout uniform
/// over the rollouts (equations 13 and 14). Called before the step, so that only those
/// states are kept.
pub fn draw_anchors(
    generator: &mut impl Rng,
    sessions: u32,
    rollouts: usize,
    chance: f64,
    from: RerollFrom,
) -> Vec<Anchor> {
    (1..=sessions)
        .filter_map(|session| {
            let chosen = generator.random_bool(chance);
            let rollout = generator.random_range(0..rollouts);
            let cut = match from {
                RerollFrom::Session => 0.0,
                RerollFrom::Chunk => generator.random(),
            };
            chosen.then_some(Anchor {
                session,
                rollout,
                cut,
            })
        })
        .collect()
}

/// Returns the sessions, by episode, whose states every rollout must keep, because the
/// anchors' rollouts are known only when all have ended.
pub fn kept_sessions(
    rule: AnchorRule,
    episodes: &[OpenEpisode],
    drawn: &[Vec<Anchor>],
) -> Vec<Vec<u32>> {
    match rule {
        AnchorRule::Uniform => Vec::new(),
        AnchorRule::LowestReward => {
            let sessions = |anchors: &Vec<Anchor>| anchors.iter().map(|a| a.session).collect();
            drawn.iter().map(sessions).collect()
        }
        AnchorRule::HighestSpread => {
            let sessions = |opened: &OpenEpisode| (1..=opened.sessions()).collect();
            episodes.iter().map(sessions).collect()
        }
    }
}

/// Returns anchors that depend on the rewards of an episode's rollouts, to replace those
/// that were `drawn`.
///
/// # Errors
/// Fails if the environment has no such metric, or if a reward is not finite. The error names
/// the rollout.
pub fn anchors_by_reward(
    drawn: &[Anchor],
    rule: AnchorRule,
    outcomes: &[&Outcome],
    reward_fn: &RewardFn<'_>,
) -> Result<Vec<Anchor>> {
    let last = reward_fn.last();
    let rewards_of = |session: u32| -> Result<Vec<f64>> {
        let parts = outcomes.iter().map(|outcome| {
            let parts = reward_fn.session(&outcome.result, session);
            parts.with_context(|| outcome.id.to_string())
        });
        let parts = parts.collect::<Result<Option<Vec<RewardParts>>>>()?;
        Ok(parts.iter().flatten().map(RewardParts::reward).collect())
    };
    if rule == AnchorRule::LowestReward {
        let lowest = |anchor: &Anchor| -> Result<Anchor> {
            let rewards = rewards_of(anchor.session)?;
            let lowest = (0..rewards.len()).min_by(|a, b| rewards[*a].total_cmp(&rewards[*b]));
            Ok(Anchor {
                rollout: lowest.unwrap_or(anchor.rollout),
                ..*anchor
            })
        };
        return drawn.iter().map(lowest).collect();
    }
    let mut spreads = Vec::new();
    for session in 1..=last {
        let rewards = rewards_of(session)?;
        let centre = mean(rewards.iter().copied());
        let spread = mean(rewards.iter().map(|reward| (reward - centre).powi(2)));
        spreads.push((session, spread));
    }
    // The sort is stable: equal spreads keep the order of sessions.
    spreads.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let pairs = drawn.iter().zip(&spreads);
    Ok(pairs
        .map(|(anchor, (session, _))| Anchor {
            session: *session,
            ..*anchor
        })
        .collect())
}
