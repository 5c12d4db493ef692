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
use crate::train::decision::Decision;
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
    /// Weights of the operations that the bank takes, and that the judge finds well placed, for
    /// algorithms that weigh outputs.
    pub shaping: [f64; 2],
}

/// The steps of an outcome that share an advantage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// Those of a session, or one in a task.
    Decision(Decision),
    /// Those of an answer, by its id: see [`answer_id`].
    Answer(String),
}

impl Unit {
    /// Returns whether a step belongs to the unit.
    pub fn holds(&self, step: &Step) -> bool {
        match self {
            Self::Decision(decision) => step.question.is_none() && decision.holds(step),
            Self::Answer(id) => step.question.as_deref() == Some(id),
        }
    }
}

/// Rewards beside those of the environment, by number of the outcome and unit.
pub type Bonuses = BTreeMap<(usize, Unit), f64>;

/// An advantage: what a unit earned in a comparison.
#[derive(Clone, Debug)]
pub struct Earned {
    /// Number of the outcome within the step.
    pub outcome: usize,
    /// The steps that share it.
    pub unit: Unit,
    /// Number of the group that it was compared in, the same for all members.
    pub group: u64,
    /// The advantage of each token.
    pub advantage: f64,
}

/// The rewards of a rollout's decisions; None where a session has no question.
pub type DecisionRewards = Vec<(Decision, Option<f64>)>;

/// The members of a group with their advantages, as (outcome, unit, advantage).
type Group = Vec<(usize, Unit, f64)>;

/// Returns the advantages of a step's rollouts and rerolls, and its metrics. `bonuses` are added to
/// rewards. The targets of value states are written into `states`.
///
/// # Errors
/// Fails if the environment has no such metric, or if a reward is not finite. The error names
/// rollout and session.
pub fn credit(
    outcomes: &[Outcome],
    episodes: &[OpenEpisode],
    crediting: &Crediting<'_>,
    bonuses: &Bonuses,
    states: &mut [State],
) -> Result<(Vec<Earned>, GroupMetrics)> {
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
        tables.push(crediting.table(opened, &reward_fn, &global, bonuses, states, &mut parts)?);
        rerolled.push(crediting.rerolled(&reward_fn, &local, bonuses, &mut groups)?);
    }
    groups.score = mean(parts.iter().map(|part| part.score));
    groups.cost = mean(parts.iter().map(|part| part.cost));
    groups.reward = groups.score - groups.cost;
    groups.add_banks(outcomes, episodes);
    groups.intrinsic = (!bonuses.is_empty()).then(|| mean(bonuses.values().copied()));
    let credited = crediting.algorithm.advantages(&tables);
    let mut given = Vec::new();
    let mut numbered = 0;
    for (index, (credited, mut compared)) in credited.into_iter().zip(rerolled).enumerate() {
        groups.global_groups += credited.groups;
        groups.zero_variance_groups += credited.without_variance;
        groups.groups_without_question += credited.without_question;
        let global = members(outcomes, index).filter(|(_, o)| o.id.reroll.is_none());
        let global: Vec<usize> = global.map(|(number, _)| number).collect();
        let decisions = |number: usize| crediting.decisions(&outcomes[number], &episodes[index]);
        let places = credited.sessions.iter().map(Vec::len).max();
        for (number, advantages) in global.iter().zip(credited.sessions) {
            let decisions = decisions(*number).into_iter().zip(advantages);
            for (group, (decision, advantage)) in (numbered..).zip(decisions) {
                given.extend(advantage.map(|advantage| Earned {
                    outcome: *number,
                    unit: Unit::Decision(decision),
                    group,
                    advantage,
                }));
            }
        }
        numbered += places.unwrap_or(0) as u64;
        for (number, targets) in global.iter().zip(credited.value_targets) {
            let decisions = decisions(*number);
            for state in states
                .iter_mut()
                .filter(|state| state.trajectory == *number)
            {
                let place = decisions.iter().position(|own| *own == state.decision);
                let target = place.and_then(|place| targets[place]);
                state.target = target.expect("a target for each state");
            }
        }
        if crediting.answers {
            let global = members(outcomes, index).filter(|(_, o)| o.id.reroll.is_none());
            let global: Vec<Member<'_>> = global.collect();
            compared.extend(crediting.answers(&episodes[index], &global, bonuses, &mut groups)?);
        }
        for group in compared {
            given.extend(group.into_iter().map(|(outcome, unit, advantage)| Earned {
                outcome,
                unit,
                group: numbered,
                advantage,
            }));
            numbered += 1;
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

/// Returns the bonus of an outcome's session.
fn bonus(bonuses: &Bonuses, number: usize, session: u32) -> f64 {
    let place = (number, Unit::Decision(Decision::session(session)));
    bonuses.get(&place).copied().unwrap_or(0.0)
}

/// Returns the name of the state before each decision: of a session, the agent's and the
/// environment's; of a task's turn, what the model read.
fn state_names(outcome: &Outcome, decisions: &[Decision]) -> Vec<String> {
    let name = |decision: &Decision| {
        let step = decision.step.and_then(|_| {
            let mut steps = outcome.steps.iter();
            steps.find(|step| step.session > 0 && decision.holds(step))
        });
        let state = match step {
            Some(step) => prompt_name(&step.prompt),
            None => outcome.states[decision.session as usize - 1].clone(),
        };
        format!("{}:{state}", decision.session)
    };
    decisions.iter().map(name).collect()
}

fn prompt_name(prompt: &[u32]) -> String {
    let bytes: Vec<u8> = prompt
        .iter()
        .flat_map(|token| token.to_le_bytes())
        .collect();
    blake3::hash(&bytes).to_hex().to_string()
}

/// Adds the rollout's name to an error.
fn in_rollout<T>(outcome: &Outcome, result: Result<T>) -> Result<T> {
    result.with_context(|| outcome.id.to_string())
}

impl Crediting<'_> {
    /// Returns the decisions of a rollout. Algorithms that look at states look at a task's turns,
    /// and those that weigh outputs at all of them.
    fn decisions(&self, outcome: &Outcome, opened: &OpenEpisode) -> Vec<Decision> {
        let by_turn = self.algorithm.needs_critic() || self.algorithm.needs_state_names();
        let by_output = self.algorithm.weighs_outputs();
        Decision::all(outcome, opened.sessions(), |session| {
            by_output || by_turn && opened.is_task(session)
        })
    }

    /// Returns the rewards of a rollout's decisions, and its return.
    pub fn rewards(
        &self,
        opened: &OpenEpisode,
        outcome: &Outcome,
    ) -> Result<(DecisionRewards, f64)> {
        let reward_fn = RewardFn::new(opened, self.metric, self.compression);
        let none = Bonuses::new();
        let mut table = self.table(
            opened,
            &reward_fn,
            &[(0, outcome)],
            &none,
            &[],
            &mut Vec::new(),
        )?;
        let decisions = self.decisions(outcome, opened);
        let rewards = decisions.into_iter().zip(table.sessions.remove(0));
        Ok((rewards.collect(), table.returns.remove(0)))
    }

    /// Returns the reward of an output: its rollout's return and its shaping. A session without an
    /// output has none.
    fn shaped(&self, outcome: &Outcome, decision: Decision, worth: f64) -> Option<f64> {
        let output = (decision.session, decision.step?);
        let shares = outcome.result.shaped.get(&output).copied();
        let shares = shares.unwrap_or_default();
        let [accepted, judged] = self.shaping;
        Some(worth + accepted * shares.accepted + judged * shares.judged)
    }

    /// Returns the rewards of an episode's global rollouts.
    fn table(
        &self,
        opened: &OpenEpisode,
        reward_fn: &RewardFn<'_>,
        global: &[Member<'_>],
        bonuses: &Bonuses,
        states: &[State],
        parts: &mut Vec<RewardParts>,
    ) -> Result<Rewards> {
        let mut table = Rewards::default();
        for (number, outcome) in global {
            let decisions = self.decisions(outcome, opened);
            let (mut sessions, mut values) = (Vec::new(), Vec::new());
            for (place, decision) in decisions.iter().enumerate() {
                let of =
                    |state: &&State| (state.trajectory, state.decision) == (*number, *decision);
                values.push(states.iter().find(of).map(|state| state.value));
                let next = decisions.get(place + 1);
                // Of a task's turns, the last one has the reward.
                let part = match next.is_some_and(|next| next.session == decision.session) {
                    true => None,
                    false => in_rollout(
                        outcome,
                        reward_fn.session(&outcome.result, decision.session),
                    )?,
                };
                let own = bonus(bonuses, *number, decision.session);
                sessions.push(part.as_ref().map(|part| part.reward() + own));
                parts.extend(part);
            }
            let all = (1..=opened.sessions()).map(|session| bonus(bonuses, *number, session));
            let worth = in_rollout(outcome, reward_fn.whole(&outcome.result))?;
            let worth = worth + mean(all.collect::<Vec<_>>().into_iter());
            if self.algorithm.weighs_outputs() {
                let outputs = decisions.iter().map(|it| self.shaped(outcome, *it, worth));
                sessions = outputs.collect();
            }
            table.values.push(values);
            table.sessions.push(sessions);
            table.returns.push(worth);
            if !outcome.states.is_empty() {
                table.states.push(state_names(outcome, &decisions));
            }
        }
        Ok(table)
    }

    /// Returns the groups of an episode's rerolls, one for each session (equation 15).
    fn rerolled(
        &self,
        reward_fn: &RewardFn<'_>,
        local: &[Member<'_>],
        bonuses: &Bonuses,
        groups: &mut GroupMetrics,
    ) -> Result<Vec<Group>> {
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
            let both = members.iter().zip(&parts);
            let rewards = both.map(|((number, _), part)| {
                let own = bonus(bonuses, *number, session);
                part.reward() + own
            });
            let rewards: Vec<f64> = rewards.collect();
            groups.local_groups += 1;
            match self.algorithm.group_advantages(&rewards) {
                None => groups.zero_variance_groups += 1,
                Some(advantages) => {
                    let pairs = members.into_iter().zip(advantages);
                    let unit = Unit::Decision(Decision::session(session));
                    given.push(
                        pairs
                            .map(|((number, _), a)| (number, unit.clone(), a))
                            .collect(),
                    );
                }
            }
            all.extend(rewards);
        }
        groups.rerolled += all.len() as u64;
        groups.local_reward += all.iter().sum::<f64>();
        Ok(given)
    }

    /// Returns the groups of the answers of an episode's global rollouts. The answers to a
    /// question from one bank are a group; where each question was answered once, those of all
    /// rollouts are.
    fn answers(
        &self,
        opened: &OpenEpisode,
        global: &[Member<'_>],
        bonuses: &Bonuses,
        groups: &mut GroupMetrics,
    ) -> Result<Vec<Group>> {
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
                    let unit = (*number, Unit::Answer(answer_id(&question.id, time)));
                    let own = bonuses.get(&unit).copied().unwrap_or(0.0);
                    bank.extend(reward.map(|reward| (unit.0, unit.1, reward + own)));
                }
                banks.push(bank);
            }
            if banks.iter().all(|bank| bank.len() < 2) {
                banks = vec![banks.into_iter().flatten().collect()];
            }
            for answers in banks {
                let rewards: Vec<f64> = answers.iter().map(|(.., reward)| *reward).collect();
                groups.answer_groups += 1;
                if let Some(advantages) = self.algorithm.group_advantages(&rewards) {
                    let units = answers.into_iter().zip(advantages);
                    given.push(
                        units
                            .map(|((number, unit, _), a)| (number, unit, a))
                            .collect(),
                    );
                }
            }
        }
        Ok(given)
    }
}
