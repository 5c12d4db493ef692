//! From outcomes to rows that are trained on: rewards, groups, advantages.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rand::Rng;
use serde::Serialize;

use super::critic::State;
use crate::logo::credit::{Rewards, Rule};
use crate::logo::reward::Compression;
use crate::model::pack::{Row, Sequence};
use crate::rollout::model::{Overflows, Step};
use crate::rollout::worth::{Valuing, Worth, mean};
use crate::rollout::{Anchor, Outcome};
use crate::runfile::{AnchorRule, RerollFrom};
use crate::world::Opened;

/// Completion tokens laid out behind one copy of a prompt: bounds the square
/// of the attention.
const SHARED_TOKENS: usize = 256;

/// A row of the update: a prompt, completions, and what the loss needs of each.
pub struct ScoredRow {
    /// Who spoke.
    pub role: Arc<str>,
    /// Tokens.
    pub row: Row,
    /// One for each completion.
    pub scored: Vec<Scored>,
}

/// What the loss needs of a completion.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Its advantage.
    pub advantage: f32,
    /// Number of its rollout or reroll within the step.
    pub trajectory: u64,
    /// Log-probabilities of its free tokens when it was sampled.
    pub old: Vec<f32>,
}

/// What a step's rollouts amounted to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Groups {
    /// Mean reward of the global rollouts' sessions.
    pub reward: f64,
    /// Its part from scores.
    pub score: f64,
    /// Its part from compression.
    pub cost: f64,
    /// Mean reward of the rerolls.
    pub local_reward: f64,
    /// Rerolls with a question.
    pub rerolled: u64,
    /// Global groups: sessions with a question, or whatever else the algorithm
    /// compares.
    pub global_groups: u64,
    /// Local groups (rerolled sessions with a question).
    pub local_groups: u64,
    /// Groups of either kind whose rewards are all equal: no gradient.
    pub zero_variance_groups: u64,
    /// Sessions and rerolled sessions without a question: no gradient.
    pub groups_without_question: u64,
    /// Questions that a server kept from being answered or labelled: they count for
    /// nobody.
    pub dropped_questions: u64,
    /// Steps that were sampled.
    pub steps: u64,
    /// Steps that carry an advantage.
    pub trained_steps: u64,
    /// Steps whose output was cut off at its length limit or by the context's end.
    pub truncated_steps: u64,
    /// Steps that the context was too short for.
    #[serde(flatten)]
    pub overflows: Overflows,
    /// Tokens that were sampled or forced by a grammar.
    pub generated_tokens: u64,
    /// Mean words in the final banks of global rollouts.
    pub bank_words: f64,
    /// Share of gold evidence missing from the final banks of global rollouts.
    pub m_fail: f64,
    /// Model outputs that could not be read.
    pub malformed: u64,
    /// Operations that a bank refused.
    pub refused: u64,
    /// Operations asked of banks, by name.
    pub operations: BTreeMap<String, u64>,
}

/// How a stage's step turns outcomes into rows.
pub struct Crediting<'a> {
    /// Which figure of a score is the reward.
    pub metric: &'a str,
    /// The penalty.
    pub compression: Compression,
    /// How rewards become advantages.
    pub rule: Rule,
    /// The role that learns in this step; all by default.
    pub role: Option<&'a str>,
    /// Whether truncated steps are left out.
    pub mask_truncated: bool,
}

/// Draws the sessions that are rerolled, each with probability `chance` and one
/// anchor, uniform over the rollouts (equations 13 and 14). Before the step, so
/// that only those states are kept.
pub fn anchors(
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

/// Anchors that depend on what an episode's rollouts earned, in the place of
/// those that were `drawn`.
///
/// # Errors
/// As [`assemble`].
pub fn anchors_by_reward(
    drawn: &[Anchor],
    rule: AnchorRule,
    outcomes: &[&Outcome],
    valuing: &Valuing<'_>,
) -> Result<Vec<Anchor>> {
    let last = valuing.last();
    let earned = |session: u32| -> Result<Vec<f64>> {
        let worths = outcomes
            .iter()
            .map(|outcome| named(outcome, valuing.session(&outcome.settled, session, last)));
        let worths = worths.collect::<Result<Option<Vec<Worth>>>>()?;
        Ok(worths.iter().flatten().map(Worth::reward).collect())
    };
    if rule == AnchorRule::LowestReward {
        let lowest = |anchor: &Anchor| -> Result<Anchor> {
            let rewards = earned(anchor.session)?;
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
        let rewards = earned(session)?;
        let centre = mean(rewards.iter().copied());
        let spread = mean(rewards.iter().map(|reward| (reward - centre).powi(2)));
        spreads.push((session, spread));
    }
    // Stable: of equal spreads the earlier sessions.
    spreads.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    let pairs = drawn.iter().zip(&spreads);
    Ok(pairs
        .map(|(anchor, (session, _))| Anchor {
            session: *session,
            ..*anchor
        })
        .collect())
}

/// Rewards, groups and advantages of a step's outcomes; the rows to train on in
/// an order that depends on nothing but their tokens. What judged `states` should
/// have been thought to be worth is written into them.
///
/// # Errors
/// A metric that the environment does not have; a reward that is no number,
/// naming rollout and session.
pub fn assemble(
    outcomes: &[Outcome],
    episodes: &[Opened],
    crediting: &Crediting<'_>,
    states: &mut [State],
) -> Result<(Vec<ScoredRow>, Groups)> {
    let mut groups = Groups::default();
    groups.count(outcomes);
    let mut worths: Vec<Worth> = Vec::new();
    let mut tables = Vec::new();
    let mut rerolled = Vec::new();
    for (index, opened) in episodes.iter().enumerate() {
        let own = members(outcomes, index);
        let valuing = Valuing::new(opened, crediting.metric, crediting.compression);
        let (global, local): (Vec<Member>, Vec<Member>) =
            own.partition(|(_, outcome)| outcome.place.reroll.is_none());
        tables.push(crediting.table(&valuing, &global, states, &mut worths)?);
        rerolled.push(crediting.rerolled(&valuing, &local, &mut groups)?);
    }
    groups.score = mean(worths.iter().map(|worth| worth.score));
    groups.cost = mean(worths.iter().map(|worth| worth.cost));
    groups.reward = groups.score - groups.cost;
    groups.see(outcomes, episodes);
    let credited = crediting.rule.apply(&tables);
    let mut given = Vec::new();
    for (index, (credited, local)) in credited.into_iter().zip(rerolled).enumerate() {
        groups.global_groups += credited.groups;
        groups.zero_variance_groups += credited.without_variance;
        groups.groups_without_question += credited.without_question;
        let global = members(outcomes, index).filter(|(_, o)| o.place.reroll.is_none());
        let global: Vec<usize> = global.map(|(number, _)| number).collect();
        for (number, advantages) in global.iter().zip(credited.advantages) {
            for (session, advantage) in (1..).zip(advantages) {
                given.extend(advantage.map(|advantage| (*number, session, advantage)));
            }
        }
        for (number, targets) in global.iter().zip(credited.targets) {
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
    let rows = rows(outcomes, &given, crediting)?;
    groups.trained_steps = rows.iter().map(|row| row.scored.len() as u64).sum();
    Ok((rows, groups))
}

/// With the rollout's name where it fails.
fn named<T>(outcome: &Outcome, result: Result<T>) -> Result<T> {
    result.with_context(|| match outcome.place.reroll {
        None => format!("rollout {}", outcome.place.rollout),
        Some((session, member)) => format!(
            "reroll {member} of session {session} from rollout {}",
            outcome.place.rollout
        ),
    })
}

/// An outcome and its number in the step.
type Member<'a> = (usize, &'a Outcome);

fn members(outcomes: &[Outcome], episode: usize) -> impl Iterator<Item = Member<'_>> {
    let all = outcomes.iter().enumerate();
    all.filter(move |(_, outcome)| outcome.place.episode == episode)
}

impl Crediting<'_> {
    /// Rewards of an episode's global rollouts.
    fn table(
        &self,
        valuing: &Valuing<'_>,
        global: &[Member<'_>],
        states: &[State],
        worths: &mut Vec<Worth>,
    ) -> Result<Rewards> {
        let last = valuing.last();
        let mut table = Rewards::default();
        for (number, outcome) in global {
            let mut values = vec![None; last as usize];
            for state in states.iter().filter(|state| state.trajectory == *number) {
                values[state.session as usize - 1] = Some(state.value);
            }
            table.values.push(values);
            let mut sessions = Vec::new();
            for session in 1..=last {
                let worth = named(outcome, valuing.session(&outcome.settled, session, last))?;
                sessions.push(worth.as_ref().map(Worth::reward));
                worths.extend(worth);
            }
            table.sessions.push(sessions);
            table
                .returns
                .push(named(outcome, valuing.whole(&outcome.settled))?);
            table.states.push(outcome.states.clone());
        }
        Ok(table)
    }

    /// Advantages of an episode's rerolls, each session a group (equation 15), as
    /// (number, session, advantage).
    fn rerolled(
        &self,
        valuing: &Valuing<'_>,
        local: &[Member<'_>],
        groups: &mut Groups,
    ) -> Result<Vec<(usize, u32, f64)>> {
        let mut by_session: BTreeMap<u32, Vec<Member<'_>>> = BTreeMap::new();
        for &(number, outcome) in local {
            if let Some((session, _)) = outcome.place.reroll {
                by_session
                    .entry(session)
                    .or_default()
                    .push((number, outcome));
            }
        }
        let mut given = Vec::new();
        let mut all = Vec::new();
        for (session, members) in by_session {
            let worths = members
                .iter()
                .map(|(_, outcome)| {
                    named(outcome, valuing.session(&outcome.settled, session, session))
                })
                .collect::<Result<Option<Vec<Worth>>>>()?;
            let Some(worths) = worths else {
                groups.groups_without_question += 1;
                continue;
            };
            let rewards: Vec<f64> = worths.iter().map(Worth::reward).collect();
            groups.local_groups += 1;
            match self.rule.normalisation.apply(&rewards) {
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

impl Groups {
    /// The banks that rollouts left, and the mean of what rerolls earned.
    fn see(&mut self, outcomes: &[Outcome], episodes: &[Opened]) {
        let (mut rollouts, mut gold, mut missing) = (0u64, 0u64, 0u64);
        for outcome in outcomes.iter().filter(|o| o.place.reroll.is_none()) {
            rollouts += 1;
            self.bank_words += outcome.settled.words.total as f64;
            let questions = &episodes[outcome.place.episode].questions;
            for turn in questions.iter().flat_map(|question| &question.evidence) {
                gold += 1;
                missing += u64::from(!outcome.settled.evidence.contains(turn));
            }
        }
        let per = |sum: f64, count: u64| sum / count.max(1) as f64;
        self.bank_words = per(self.bank_words, rollouts);
        self.m_fail = per(missing as f64, gold);
        self.local_reward = per(self.local_reward, self.rerolled);
    }

    /// What happened on the way, in rollouts and rerolls. A reroll that repeats a part
    /// of a session adds steps and tokens alone: its policy reports the whole session.
    fn count(&mut self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.steps += outcome.steps.len() as u64;
            for step in &outcome.steps {
                self.generated_tokens += step.sample.tokens.len() as u64;
                self.truncated_steps += u64::from(step.sample.finish.cut_off());
                self.overflows.count(step);
            }
            let tally = &outcome.settled.tally;
            self.malformed += tally.malformed;
            self.refused += tally.refused;
            for (name, count) in &tally.operations {
                *self.operations.entry(name.clone()).or_default() += count;
            }
        }
    }
}

fn free(step: &Step) -> impl Iterator<Item = usize> + '_ {
    let choices = &step.sample.choices;
    (0..choices.len()).filter(|at| choices[*at].as_ref().is_none_or(|choice| choice.len() > 1))
}

/// The steps with an advantage, as (outcome, session, advantage) give it: one row
/// for each prompt, cut where its completions get too long.
///
/// # Errors
/// A log-probability that is no number, naming rollout and session.
fn rows(
    outcomes: &[Outcome],
    given: &[(usize, u32, f64)],
    crediting: &Crediting<'_>,
) -> Result<Vec<ScoredRow>> {
    type Said<'a> = (&'a Arc<[u32]>, &'a Arc<str>);
    let mut shared: BTreeMap<Said<'_>, Vec<(&Step, Scored)>> = BTreeMap::new();
    for &(trajectory, session, advantage) in given {
        for step in &outcomes[trajectory].steps {
            let learns = crediting.role.is_none_or(|role| role == &*step.role);
            let cut_off = step.sample.finish.cut_off();
            if step.session != session || !learns || cut_off && crediting.mask_truncated {
                continue;
            }
            let old: Vec<f32> = free(step).map(|at| step.sample.logprobs[at]).collect();
            if old.is_empty() {
                continue;
            }
            if let Some(bad) = old.iter().find(|logprob| !logprob.is_finite()) {
                let found = Err(anyhow!("a log-probability in session {session} is {bad}"));
                return named(&outcomes[trajectory], found);
            }
            let scored = Scored {
                advantage: advantage as f32,
                trajectory: trajectory as u64,
                old,
            };
            let said = (&step.prompt, &step.role);
            shared.entry(said).or_default().push((step, scored));
        }
    }
    let mut rows = Vec::new();
    for ((prompt, role), steps) in shared {
        let mut tokens = SHARED_TOKENS;
        for (step, scored) in steps {
            let length = step.sample.tokens.len();
            if tokens + length > SHARED_TOKENS {
                tokens = 0;
                rows.push(ScoredRow {
                    role: role.clone(),
                    row: Row {
                        prompt: prompt.clone(),
                        completions: Vec::new(),
                    },
                    scored: Vec::new(),
                });
            }
            tokens += length;
            if let Some(row) = rows.last_mut() {
                row.row.completions.push(Sequence {
                    tokens: step.sample.tokens.clone(),
                    choices: step.sample.choices.clone(),
                });
                row.scored.push(scored);
            }
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
