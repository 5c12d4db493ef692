//! Sample episodes for readers: the sessions, the history of the bank, and the answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::Episode;
use memloom_runtime::types::SessionContent;
use serde::{Deserialize, Serialize};

use crate::env::{OpenEpisode, TrainingEnv};
use crate::eval::entry_history::{EntryHistory, History, Output};
use crate::eval::eval_set::EvalSet;
use crate::rollout::batcher::Engine;
use crate::rollout::kept::kept;
use crate::rollout::outcome::ask;
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::reward_of;
use crate::rollout::single::run_single;

/// An episode of `samples.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sample {
    /// Id of the episode, for instance `conv-26`.
    pub episode: String,
    /// Sessions.
    pub sessions: Vec<SampleSession>,
    /// Outputs of the policy's roles while it observed the sessions.
    pub outputs: Vec<Output>,
    /// Entries of the bank, including deleted ones.
    pub entries: Vec<EntryHistory>,
    /// Questions.
    pub questions: Vec<SampleQuestion>,
}

/// A session of an episode.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SampleSession {
    /// Number of the session, from 1.
    pub session: u32,
    /// Time, as the environment words it.
    pub time: String,
    /// Turns.
    pub turns: Vec<Utterance>,
}

/// A turn of a session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Utterance {
    /// The environment's id of the turn, which evidence cites.
    pub id: String,
    /// Speaker.
    pub speaker: String,
    /// Text.
    pub text: String,
}

/// A question, its answer and the answer's reward.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SampleQuestion {
    /// Text of the question.
    pub text: String,
    /// Category.
    pub category: String,
    /// Answer; empty if the policy gave none.
    pub answer: String,
    /// Reward of the answer by the run's metric.
    pub reward: f64,
    /// Metrics of the environment.
    pub metrics: BTreeMap<String, f64>,
    /// Gold evidence: by turn, true if the final bank cites it.
    pub evidence: BTreeMap<String, bool>,
}

/// Plays the episodes of the set and records them.
///
/// # Errors
/// Fails if an episode cannot be opened, played or scored.
pub fn play(
    set: &EvalSet,
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
) -> Result<Vec<Sample>> {
    let opened = set.open(env)?;
    opened
        .iter()
        .map(|opened| {
            run_single(grammars, sampling, engine, |model| {
                record(opened, opened.start(model)?, &set.metric)
            })
            .with_context(|| format!("the sample episode {}", opened.id))
        })
        .collect()
}

fn record(opened: &OpenEpisode, mut episode: Episode, metric: &str) -> Result<Sample> {
    let mut history = History::default();
    let mut sessions = Vec::new();
    episode.record();
    for session in 1..=opened.sessions() {
        sessions.push(sample_session(session, episode.session(session)?));
        episode.observe(session, None)?;
        let events = episode.take_events();
        history.session(session, &events, &episode.entries()?);
    }
    let named = kept(&episode.entries()?, opened.turns.iter().flatten());
    let mut questions = Vec::new();
    for question in &opened.questions {
        let Ok((answer, score)) = ask(&mut episode, opened, question, 0)? else {
            continue;
        };
        let reward = reward_of(question, Some(&score), &named, metric)?;
        let held = |turn: &String| (turn.clone(), named.contains_key(turn));
        questions.push(SampleQuestion {
            text: question.text.clone(),
            category: question.category.clone(),
            answer: answer.text,
            reward: reward.unwrap_or(0.0),
            metrics: score
                .metrics
                .into_iter()
                .map(|(name, value)| (name, f64::from(value)))
                .collect(),
            evidence: question.evidence.iter().map(held).collect(),
        });
    }
    Ok(Sample {
        episode: opened.id.clone(),
        sessions,
        outputs: history.outputs,
        entries: history.entries,
        questions,
    })
}

fn sample_session(session: u32, content: SessionContent) -> SampleSession {
    match content {
        SessionContent::Dialogue(dialogue) => SampleSession {
            session,
            time: dialogue.time,
            turns: dialogue
                .turns
                .into_iter()
                .map(|turn| Utterance {
                    id: turn.id,
                    speaker: turn.speaker,
                    text: turn.text,
                })
                .collect(),
        },
        SessionContent::Task(task) => SampleSession {
            session,
            time: task.time,
            turns: vec![Utterance {
                id: String::new(),
                speaker: "task".into(),
                text: task.instruction,
            }],
        },
    }
}
