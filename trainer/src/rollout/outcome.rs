//! Results of rollouts: scores, the bank's words and evidence, and counts of operations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Result, bail};
use memloom_algorithm::reward::{BankWords, words};
use memloom_runtime::types::{Answer, Question, Score};
use memloom_runtime::{Episode, Error, ForkPoint};

use crate::clients::Failure;
use crate::clients::judge::EvidenceTurn;
use crate::config::JUDGE;
use crate::env::OpenEpisode;
use crate::rollout::batcher::RolloutId;
use crate::rollout::policy_model::Step;

/// Sums over the sessions of a rollout.
#[derive(Clone, Debug, Default)]
pub struct RolloutCounts {
    /// Operations requested from the bank, by name.
    pub operations: BTreeMap<String, u64>,
    /// Model outputs that the policy read.
    pub outputs: u64,
    /// Model outputs that could not be parsed.
    pub malformed: u64,
    /// Operations that the bank refused.
    pub refused: u64,
}

/// A choice of an episode's questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All questions.
    All,
    /// The questions of a session.
    Session(u32),
    /// No question: the reward needs no answers.
    None,
}

/// The result of a rollout that has ended.
pub struct RolloutResult {
    /// Scores by question of the episode; `None` for a question that was not asked or was
    /// dropped.
    pub scores: Vec<Option<Score>>,
    /// Reasons, by place in the episode, of questions that a failing server left unanswered
    /// or unlabelled.
    pub dropped: BTreeMap<usize, String>,
    /// Words in the final bank.
    pub words: BankWords,
    /// Turns that the final bank names as evidence.
    pub evidence: BTreeSet<String>,
    /// Counts over its sessions.
    pub counts: RolloutCounts,
    /// CPU seconds in guests and host calls, without the model.
    pub guest_seconds: f64,
}

/// States in which a rollout entered sessions, by session.
pub type Points = BTreeMap<u32, Arc<ForkPoint>>;

/// The outcome of one rollout or reroll.
pub struct Outcome {
    /// Id of the rollout or reroll.
    pub id: RolloutId,
    /// Model outputs, in order.
    pub steps: Vec<Step>,
    /// Names of the states in which it entered its sessions, in order; empty unless the plan
    /// names states.
    pub states: Vec<String>,
    /// The states that the plan keeps.
    pub points: Points,
    /// Scores, bank and counts.
    pub result: RolloutResult,
}

impl RolloutResult {
    /// Returns the result if no question was dropped.
    ///
    /// # Errors
    /// Fails with the reason of the first dropped question.
    pub fn whole(self) -> Result<Self> {
        match self.dropped.values().next() {
            None => Ok(self),
            Some(why) => bail!("a question was lost: {why}"),
        }
    }
}

impl RolloutCounts {
    /// Observes a session and adds its report to the counts. A demonstrator comes with the
    /// seed of its mistakes.
    pub fn observe(
        &mut self,
        episode: &mut Episode,
        session: u32,
        demonstrator: Option<(&str, u64)>,
    ) -> Result<()> {
        let report = episode.observe(session, demonstrator)?;
        if let Some(why) = unavailable(episode.model_failure()) {
            bail!("{why}");
        }
        for (name, count) in report.operations {
            *self.operations.entry(name).or_default() += u64::from(count);
        }
        self.outputs += u64::from(report.steps);
        self.malformed += u64::from(report.malformed);
        self.refused += u64::from(report.refused);
        Ok(())
    }

    /// Asks the episode's questions and reads the bank.
    pub fn finish(
        self,
        episode: &mut Episode,
        opened: &OpenEpisode,
        asked: Asked,
    ) -> Result<RolloutResult> {
        let mut scores = Vec::with_capacity(opened.questions.len());
        let mut dropped = BTreeMap::new();
        for (place, question) in opened.questions.iter().enumerate() {
            let asked = match asked {
                Asked::All => true,
                Asked::Session(session) => question.sessions.contains(&session),
                Asked::None => false,
            };
            let mut score = None;
            if asked {
                match ask(episode, opened, question)? {
                    Ok((_, scored)) => score = Some(scored),
                    Err(why) => drop(dropped.insert(place, why)),
                }
            }
            scores.push(score);
        }
        let mut bank = BankWords::default();
        let mut evidence = BTreeSet::new();
        for entry in episode.entries()? {
            let count = words(&entry.text);
            bank.total += count;
            *bank.by_session.entry(entry.last_session).or_default() += count;
            evidence.extend(entry.evidence);
        }
        Ok(RolloutResult {
            scores,
            dropped,
            words: bank,
            evidence,
            counts: self,
            guest_seconds: episode.meter().guest_seconds(),
        })
    }
}

/// Returns the answer to a question and its score, or the reason why a failing server left
/// it unanswered or unlabelled.
///
/// # Errors
/// Fails if a component, the model or the judge fails in another way.
pub fn ask(
    episode: &mut Episode,
    opened: &OpenEpisode,
    question: &Question,
) -> Result<Result<(Answer, Score), String>> {
    let answered = episode.answer(question);
    let failure = match &answered {
        Ok(_) => episode.model_failure(),
        Err(error) => Some(error),
    };
    // A policy may go on after a failed request. Its answer does not count then.
    if let Some(why) = unavailable(failure) {
        return Ok(Err(why));
    }
    let answer = answered?;
    let mut score = episode.score(question, &answer)?;
    if let Some(judge) = opened.judge() {
        let turns = opened.turns.iter().flatten();
        let evidence = turns
            .filter(|turn| question.evidence.contains(&turn.id))
            .map(|turn| EvidenceTurn {
                time: &turn.time,
                speaker: &turn.speaker,
                text: &turn.text,
            });
        match judge.label(&question.text, evidence, &answer.text) {
            Ok(label) => score.metrics.push((JUDGE.into(), label)),
            Err(failure @ Failure::Unavailable { .. }) => return Ok(Err(failure.to_string())),
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(Ok((answer, score)))
}

/// Returns the message of a failure that is an unavailable server.
fn unavailable(failure: Option<&Error>) -> Option<String> {
    match failure? {
        failure @ Error::Model { error, .. } if error.is_unavailable() => Some(failure.to_string()),
        _ => None,
    }
}

/// Drops each question that one rollout or reroll of an episode dropped from all of them, so
/// that compared rollouts answered the same questions. Returns the reasons by episode and
/// question.
pub fn drop_together(outcomes: &mut [Outcome]) -> BTreeMap<(usize, usize), String> {
    let mut dropped = BTreeMap::new();
    for outcome in outcomes.iter() {
        for (question, why) in &outcome.result.dropped {
            let question = (outcome.id.episode, *question);
            dropped.entry(question).or_insert_with(|| why.clone());
        }
    }
    for outcome in outcomes {
        let episode = outcome.id.episode;
        for (_, question) in dropped.keys().filter(|(own, _)| *own == episode) {
            outcome.result.scores[*question] = None;
        }
    }
    dropped
}
