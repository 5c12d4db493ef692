//! A few episodes for people to read: what was said, what the bank made of it,
//! and what that was worth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::Episode;
use memloom_runtime::types::SessionContent;
use serde::{Deserialize, Serialize};

use crate::env::{OpenEpisode, TrainingEnv};
use crate::eval::Exam;
use crate::eval::entry_history::{EntryHistory, History, Output};
use crate::eval::metrics::reward_of;
use crate::rollout::batcher::Engine;
use crate::rollout::outcome::ask;
use crate::rollout::policy_model::Sampling;
use crate::rollout::single::alone;

/// An episode of `samples.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sample {
    /// For instance `conv-26`.
    pub episode: String,
    /// What there was to read.
    pub sessions: Vec<Sitting>,
    /// What the policy's roles said while they read.
    pub outputs: Vec<Output>,
    /// The bank's entries, also those that were deleted.
    pub entries: Vec<EntryHistory>,
    /// What was asked.
    pub questions: Vec<Asked>,
}

/// A session of an episode.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Sitting {
    /// From 1.
    pub session: u32,
    /// In the environment's own words.
    pub time: String,
    /// What was said.
    pub turns: Vec<Utterance>,
}

/// A turn of a session.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Utterance {
    /// The environment's id, which evidence names.
    pub id: String,
    /// Who said it.
    pub speaker: String,
    /// What was said.
    pub text: String,
}

/// A question, its answer and what that was worth.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Asked {
    /// The question.
    pub text: String,
    /// Its category.
    pub category: String,
    /// The answer; empty where the policy did not know.
    pub answer: String,
    /// What it counts in the run's rewards.
    pub reward: f64,
    /// The environment's figures.
    pub metrics: BTreeMap<String, f64>,
    /// Gold evidence: turns, and whether the final bank names them.
    pub evidence: BTreeMap<String, bool>,
}

/// Lives through the exam's episodes and writes down how.
///
/// # Errors
/// Those of an evaluation.
pub fn play(
    exam: &Exam,
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
) -> Result<Vec<Sample>> {
    let opened = exam.open(env)?;
    opened
        .iter()
        .map(|opened| {
            alone(grammars, sampling, engine, |model| {
                live(opened, opened.start(model)?, &exam.metric)
            })
            .with_context(|| format!("the sample episode {}", opened.id))
        })
        .collect()
}

fn live(opened: &OpenEpisode, mut episode: Episode, metric: &str) -> Result<Sample> {
    let mut history = History::default();
    let mut sessions = Vec::new();
    episode.record();
    for session in 1..=opened.sessions() {
        sessions.push(sitting(session, episode.session(session)?));
        episode.observe(session, None)?;
        let events = episode.take_events();
        history.session(session, &events, &episode.entries()?);
    }
    let named: BTreeSet<String> = episode
        .entries()?
        .into_iter()
        .flat_map(|entry| entry.evidence)
        .collect();
    let mut questions = Vec::new();
    for question in &opened.questions {
        let Ok((answer, score)) = ask(&mut episode, opened, question)? else {
            continue;
        };
        let reward = reward_of(question, Some(&score), &named, metric)?;
        let held = |turn: &String| (turn.clone(), named.contains(turn));
        questions.push(Asked {
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

fn sitting(session: u32, content: SessionContent) -> Sitting {
    match content {
        SessionContent::Dialogue(dialogue) => Sitting {
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
        SessionContent::Task(task) => Sitting {
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
