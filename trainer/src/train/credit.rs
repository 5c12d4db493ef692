//! Credit assignment: outcomes to rewards, rewards to advantages.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::reward::Compression;
use memloom_algorithm::rewards::Rewards;

use crate::env::OpenEpisode;
use crate::rollout::Outcome;
use crate::rollout::reward::{RewardFn, RewardParts, mean};
use crate::train::group_metrics::GroupMetrics;
use crate::train::value_states::State;

/// Settings of the credit assignment.
pub struct Crediting<'a> {
    /// Name of the score's metric that is the reward.
    pub metric: &'a str,
    /// Penalty for words in the bank.
    pub compression: Compression,
    /// Maps rewards to advantages.
    pub algorithm: &'a dyn Algorithm,
}

/// The advantages of a step's steps, as (outcome, session, advantage).
pub type Given = Vec<(usize, u32, f64)>;

/// Returns the advantages of a step's rollouts and rerolls, and its metrics. The targets of
/// value states are written into `states`.
///
/// # Errors
/// Fails if the environment has no such metric, or if a reward is not finite. The error names
/// rollout and session.
pub fn credit(
    outcomes: &[Outcome],
    episodes: &[OpenEpisode],
    crediting: &Crediting<'_>,
    states: &mut [State],
) -> Result<(Given, GroupMetrics)> {
    let mut groups = GroupMetrics::default();
    groups.add_steps(outcomes);
    let mut parts: Vec<RewardParts> = Vec::new();
    let mut tables = Vec::new();
    let mut rerolled = Vec::new();
    for (index, opened) in episodes.iter().enumerate() {
        let own = members(outcomes, index);
        let reward_fn = RewardFn::new(opened, crediting.metric, crediting.compression);
        let (global, local): (Vec<Member>, Vec<Member>) =
            own.partition(|(_, outcome)| outcome.id.reroll.is_none());
        tables.push(crediting.table(&reward_fn, &global, states, &mut parts)?);
        rerolled.push(crediting.rerolled(&reward_fn, &local, &mut groups)?);
    }
    groups.score = mean(parts.iter().map(|part| part.score));
    groups.cost = mean(parts.iter().map(|part| part.cost));
    groups.reward = groups.score - groups.cost;
    groups.add_banks(outcomes, episodes);
    let credited = crediting.algorithm.advantages(&tables);
    let mut given = Vec::new();
    for (index, (credited, local)) in credited.into_iter().zip(rerolled).enumerate() {
        groups.global_groups += credited.groups;
        groups.zero_variance_groups += credited.without_variance;
        groups.groups_without_question += credited.without_question;
        let global = members(outcomes, index).filter(|(_, o)| o.id.reroll.is_none());
        let global: Vec<usize> = global.map(|(number, _)| number).collect();
        for (number, advantages) in global.iter().zip(credited.sessions) {
            for (session, advantage) in (1..).zip(advantages) {
                given.extend(advantage.map(|advantage| (*number, session, advantage)));
            }
        }
        for (number, targets) in global.iter().zip(credited.value_targets) {
            for state in states
                .iter_mut()
                .filter(|state| state.trajectory == *number)
            {
                let target = targets[state.session as usize - 1];
                state.target = target.expect("a target for each state");
            }
        }
        given.extend(local);
    }
    Ok((given, groups))
}

/// An outcome and its number in the step.
type Member<'a> = (usize, &'a Outcome);

fn members(outcomes: &[Outcome], episode: usize) -> impl Iterator<Item = Member<'_>> {
    let all = outcomes.iter().enumerate();
    all.filter(move |(_, outcome)| outcome.id.episode == episode)
}

/// Adds the rollout's name to an error.
fn in_rollout<T>(outcome: &Outcome, result: Result<T>) -> Result<T> {
    result.with_context(|| outcome.id.to_string())
}

impl Crediting<'_> {
    /// Returns the rewards of an episode's global rollouts.
    fn table(
        &self,
        reward_fn: &RewardFn<'_>,
        global: &[Member<'_>],
        states: &[State],
        parts: &mut Vec<RewardParts>,
    ) -> Result<Rewards> {
        let last = reward_fn.last();
        let mut table = Rewards::default();
        for (number, outcome) in global {
            let mut values = vec![None; last as usize];
            for state in states.iter().filter(|state| state.trajectory == *number) {
                values[state.session as usize - 1] = Some(state.value);
            }
            table.values.push(values);
            let mut sessions = Vec::new();
            for session in 1..=last {
                let part = in_rollout(outcome, reward_fn.session(&outcome.result, session, last))?;
                sessions.push(part.as_ref().map(RewardParts::reward));
                parts.extend(part);
            }
            table.sessions.push(sessions);
            table
                .returns
                .push(in_rollout(outcome, reward_fn.whole(&outcome.result))?);
            table.states.push(outcome.states.clone());
        }
        Ok(table)
    }

    /// Returns the advantages of an episode's rerolls, each session a group (equation 15), as
    /// (number, session, advantage).
    fn rerolled(
        &self,
        reward_fn: &RewardFn<'_>,
        local: &[Member<'_>],
        groups: &mut GroupMetrics,
    ) -> Result<Vec<(usize, u32, f64)>> {
        let mut by_session: BTreeMap<u32, Vec<Member<'_>>> = BTreeMap::new();
        for &(number, outcome) in local {
            if let Some((session, _)) = outcome.id.reroll {
                by_session
                    .entry(session)
                    .or_default()
                    .push((number, outcome));
            }
        }
        let mut given = Vec::new();
        let mut all = Vec::new();
        for (session, members) in by_session {
            let parts = members
                .iter()
                .map(|(_, outcome)| {
                    in_rollout(
                        outcome,
                        reward_fn.session(&outcome.result, session, session),
                    )
                })
                .collect::<Result<Option<Vec<RewardParts>>>>()?;
            let Some(parts) = parts else {
                groups.groups_without_question += 1;
                continue;
            };
            let rewards: Vec<f64> = parts.iter().map(RewardParts::reward).collect();
            groups.local_groups += 1;
            match self.algorithm.reroll_advantages(&rewards) {
                None => groups.zero_variance_groups += 1,
                Some(advantages) => {
                    let pairs = members.into_iter().zip(advantages);
                    given.extend(pairs.map(|((number, _), a)| (number, session, a)));
                }
            }
            all.extend(rewards);
        }
        groups.rerolled += all.len() as u64;
        groups.local_reward += all.iter().sum::<f64>();
        Ok(given)
    }
}
