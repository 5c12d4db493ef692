//! Results of rollouts: scores, the bank's words and evidence, and counts of operations.

use std::collections::BTreeMap;
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
use crate::rollout::kept::{Kept, kept};
use crate::rollout::policy_model::Step;
use crate::rollout::shaping::Shaped;

/// Names among the operations of a policy's report that count outputs; see
/// `docs/src/components.md`.
const REPAIRED: &str = "output:repaired";
const CUT: &str = "output:cut";

/// Sums over the sessions of a rollout.
#[derive(Clone, Debug, Default)]
pub struct RolloutCounts {
    /// Operations requested from the bank, by name.
    pub operations: BTreeMap<String, u64>,
    /// Model outputs that the policy read.
    pub outputs: u64,
    /// Model outputs that could not be parsed.
    pub malformed: u64,
    /// Model outputs that were parsed although their format was not the one asked for.
    pub repaired: u64,
    /// Repaired outputs that were cut off.
    pub repaired_cuts: u64,
    /// Operations that the bank refused.
    pub refused: u64,
}

/// A choice of an episode's questions, after its sessions have been lived up to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All questions, each answered this many times.
    All(usize),
    /// The questions of a session; a silent one only if all of its sessions have been lived.
    Session(u32),
    /// No question: the reward needs no answers.
    None,
}

impl Asked {
    fn chooses(self, question: &Question, lived: u32) -> bool {
        let pending = question.is_silent() && question.sessions.iter().any(|own| *own > lived);
        match self {
            Self::All(_) => !pending,
            Self::Session(session) => !pending && question.sessions.contains(&session),
            Self::None => false,
        }
    }

    /// Returns how often a question is answered.
    fn times(self, question: &Question) -> usize {
        match self {
            Self::All(times) if !question.is_silent() => times,
            _ => 1,
        }
    }
}

/// Returns the id under which a question is answered for the time `number`, from 0. Random
/// numbers depend on it.
pub fn answer_id(question: &str, number: usize) -> String {
    match number {
        0 => question.to_owned(),
        _ => format!("{question}#{}", number + 1),
    }
}

/// The result of a rollout that has ended.
pub struct RolloutResult {
    /// The last session that was lived.
    pub lived: u32,
    /// Scores by question of the episode, each the mean over its answers; `None` for a question
    /// that was not asked or was dropped.
    pub scores: Vec<Option<Score>>,
    /// The score of each answer, by question; empty where `scores` has none.
    pub answers: Vec<Vec<Score>>,
    /// Reasons, by place in the episode, of questions that a failing server left unanswered
    /// or unlabelled.
    pub dropped: BTreeMap<usize, String>,
    /// Words in the final bank.
    pub words: BankWords,
    /// Turns that the final bank cites as evidence, and how much of each it keeps.
    pub evidence: Kept,
    /// Counts over its sessions.
    pub counts: RolloutCounts,
    /// The shares of good operations by output; empty unless the plan shapes.
    pub shaped: Shaped,
    /// Prices of the replies of servers, by session; under 0, for answers.
    pub spent: BTreeMap<u32, f64>,
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
    /// Returns the prices of all replies over a number of sessions.
    pub fn spent_per_session(&self, sessions: u32) -> f64 {
        self.spent.values().sum::<f64>() / f64::from(sessions.max(1))
    }

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
            let count = u64::from(count);
            match name.as_str() {
                REPAIRED => self.repaired += count,
                CUT => self.repaired_cuts += count,
                _ => *self.operations.entry(name).or_default() += count,
            }
        }
        self.outputs += u64::from(report.steps);
        self.malformed += u64::from(report.malformed);
        self.refused += u64::from(report.refused);
        Ok(())
    }

    /// Asks the episode's questions after the session `lived`, and reads the bank.
    pub fn finish(
        self,
        episode: &mut Episode,
        opened: &OpenEpisode,
        lived: u32,
        asked: Asked,
    ) -> Result<RolloutResult> {
        let mut answers = vec![Vec::new(); opened.questions.len()];
        let mut dropped = BTreeMap::new();
        let questions = opened.questions.iter().zip(&mut answers).enumerate();
        for (place, (question, answers)) in
            questions.filter(|(_, (question, _))| asked.chooses(question, lived))
        {
            for number in 0..asked.times(question) {
                match ask(episode, opened, question, number)? {
                    Ok((_, score)) => answers.push(score),
                    Err(why) => {
                        dropped.insert(place, why);
                        answers.clear();
                        break;
                    }
                }
            }
        }
        let scores = answers.iter().map(|answers| mean_score(answers)).collect();
        let mut bank = BankWords::default();
        let entries = episode.entries()?;
        for entry in &entries {
            let count = words(&entry.text);
            bank.total += count;
            *bank.by_session.entry(entry.last_session).or_default() += count;
        }
        Ok(RolloutResult {
            lived,
            scores,
            answers,
            dropped,
            words: bank,
            evidence: kept(&entries, opened.turns.iter().flatten()),
            counts: self,
            shaped: Shaped::new(),
            spent: BTreeMap::new(),
            guest_seconds: episode.meter().guest_seconds(),
        })
    }
}

/// Returns the mean of the scores of a question's answers; none without answers.
fn mean_score(answers: &[Score]) -> Option<Score> {
    let (first, rest) = answers.split_first()?;
    let mut sum = first.clone();
    for score in rest {
        sum.reward += score.reward;
        for (name, value) in &mut sum.metrics {
            let found = score.metrics.iter().find(|(other, _)| other == name);
            *value += found.map_or(0.0, |(_, value)| *value);
        }
    }
    if !rest.is_empty() {
        let count = answers.len() as f32;
        sum.reward /= count;
        sum.metrics
            .iter_mut()
            .for_each(|(_, value)| *value /= count);
    }
    Some(sum)
}

/// Returns an answer to a question, the one of this number, and its score, or the reason why a
/// failing server left it unanswered or unlabelled. A silent question is not asked: its answer is
/// empty, and no judge labels it.
///
/// # Errors
/// Fails if a component, the model or the judge fails in another way.
pub fn ask(
    episode: &mut Episode,
    opened: &OpenEpisode,
    question: &Question,
    number: usize,
) -> Result<Result<(Answer, Score), String>> {
    if question.is_silent() {
        return Ok(Ok(episode.answer_and_score(question)?));
    }
    let answered = match number {
        0 => episode.answer(question),
        _ => episode.answer(&Question {
            id: answer_id(&question.id, number),
            ..question.clone()
        }),
    };
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
        let rubric = episode.rubric(question)?;
        let turns = opened.turns.iter().flatten();
        let evidence = turns
            .filter(|turn| question.evidence.contains(&turn.id))
            .map(|turn| EvidenceTurn {
                time: &turn.time,
                speaker: &turn.speaker,
                text: &turn.text,
            });
        let label = match rubric {
            Some(rubric) => judge.label_by(&rubric, &question.text, &answer.text),
            None => judge.label(&question.text, evidence, &answer.text),
        };
        match label {
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
            outcome.result.answers[*question].clear();
        }
    }
    dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(text: &str, sessions: &[u32]) -> Question {
        Question {
            id: "task-4".into(),
            text: text.into(),
            category: "find".into(),
            sessions: sessions.into(),
            evidence: Vec::new(),
        }
    }

    #[test]
    fn a_silent_question_counts_once_its_sessions_have_been_lived() {
        let silent = question("", &[1, 2, 4]);
        let asked = Asked::Session(2);
        assert_eq!(
            [2, 3, 4].map(|lived| asked.chooses(&silent, lived)),
            [false, false, true]
        );
        assert!(Asked::All(1).chooses(&silent, 4) && !Asked::All(1).chooses(&silent, 3));
        assert!(!Asked::Session(3).chooses(&silent, 4) && !Asked::None.chooses(&silent, 4));
        // A question in words is asked about what the bank holds by then.
        assert!(asked.chooses(&question("Where is the lamp?", &[1, 2, 4]), 2));
    }

    #[test]
    fn silent_questions_are_not_answered_several_times() {
        assert_eq!(Asked::All(4).times(&question("", &[1])), 1);
        assert_eq!(Asked::All(4).times(&question("Where?", &[1])), 4);
        assert_eq!(Asked::Session(1).times(&question("Where?", &[1])), 1);
    }

    #[test]
    fn a_score_is_the_mean_over_answers() {
        let score = |reward, f1| Score {
            reward,
            metrics: vec![("f1".into(), f1)],
        };
        let mean = mean_score(&[score(1.0, 0.5), score(0.0, 0.25), score(0.5, 0.0)]);
        assert_eq!(mean, Some(score(0.5, 0.25)));
        assert_eq!(mean_score(&[score(0.1, 0.7)]), Some(score(0.1, 0.7)));
        assert_eq!(mean_score(&[]), None);
        assert_eq!(
            [0, 1, 3].map(|number| answer_id("q", number)),
            ["q", "q#2", "q#4"]
        );
    }
}
