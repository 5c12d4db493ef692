//! Credit assignment: outcomes to rewards, rewards to advantages.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::reward::Compression;
use memloom_algorithm::rewards::Rewards;

use crate::env::OpenEpisode;
use crate::rollout::Outcome;
use crate::rollout::outcome::answer_id;
use crate::rollout::policy_model::Step;
use crate::rollout::reward::{RewardFn, RewardParts, mean, reward_of};
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
    /// True if answers are trained on.
    pub answers: bool,
}

/// The steps of an outcome that share an advantage.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// Those of a session.
    Session(u32),
    /// Those of an answer, by its id: see [`answer_id`].
    Answer(String),
}

impl Unit {
    /// Returns whether a step belongs to the unit.
    pub fn holds(&self, step: &Step) -> bool {
        match self {
            Self::Session(session) => step.question.is_none() && step.session == *session,
            Self::Answer(id) => step.question.as_deref() == Some(id),
        }
    }
}

/// The advantages of a step's steps, as (outcome, unit, advantage).
pub type Given = Vec<(usize, Unit, f64)>;

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
                let unit = Unit::Session(session);
                given.extend(advantage.map(|advantage| (*number, unit, advantage)));
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
        if crediting.answers {
            let global = members(outcomes, index).filter(|(_, o)| o.id.reroll.is_none());
            let global: Vec<Member<'_>> = global.collect();
            given.extend(crediting.answers(&episodes[index], &global, &mut groups)?);
        }
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
                let part = in_rollout(outcome, reward_fn.session(&outcome.result, session))?;
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
    /// (number, unit, advantage).
    fn rerolled(
        &self,
        reward_fn: &RewardFn<'_>,
        local: &[Member<'_>],
        groups: &mut GroupMetrics,
    ) -> Result<Given> {
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
                    in_rollout(outcome, reward_fn.session(&outcome.result, session))
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
                    given.extend(pairs.map(|((number, _), a)| (number, Unit::Session(session), a)));
                }
            }
            all.extend(rewards);
        }
        groups.rerolled += all.len() as u64;
        groups.local_reward += all.iter().sum::<f64>();
        Ok(given)
    }

    /// Returns the advantages of the answers of an episode's global rollouts. The answers to a
    /// question from one bank are a group; where each question was answered once, those of all
    /// rollouts are.
    fn answers(
        &self,
        opened: &OpenEpisode,
        global: &[Member<'_>],
        groups: &mut GroupMetrics,
    ) -> Result<Given> {
        let mut given = Vec::new();
        for (place, question) in opened.questions.iter().enumerate() {
            if question.is_silent() {
                continue;
            }
            // Each answer with its reward, by the bank that it was read from.
            let mut banks: Vec<Vec<(usize, Unit, f64)>> = Vec::new();
            for (number, outcome) in global {
                let result = &outcome.result;
                let mut bank = Vec::new();
                for (time, score) in result.answers[place].iter().enumerate() {
                    let reward = reward_of(question, Some(score), &result.evidence, self.metric);
                    let reward = in_rollout(outcome, reward)?;
                    let unit = Unit::Answer(answer_id(&question.id, time));
                    bank.extend(reward.map(|reward| (*number, unit, reward)));
                }
                banks.push(bank);
            }
            if banks.iter().all(|bank| bank.len() < 2) {
                banks = vec![banks.into_iter().flatten().collect()];
            }
            for answers in banks {
                let rewards: Vec<f64> = answers.iter().map(|(.., reward)| *reward).collect();
                groups.answer_groups += 1;
                if let Some(advantages) = self.algorithm.reroll_advantages(&rewards) {
                    let units = answers.into_iter().zip(advantages);
                    given.extend(units.map(|((number, unit, _), a)| (number, unit, a)));
                }
            }
        }
        Ok(given)
    }
}
