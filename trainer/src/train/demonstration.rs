//! Demonstrations for the warm start: the outputs of a demonstrator of the environment,
//! recorded while the components play an episode.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_engine::model::packing::{Row, Sequence};
use memloom_runtime::{Completion, DemonstrationModel, GenerateCall, LanguageModel, ModelError};

use crate::env::TrainingEnv;
use crate::rng::{Purpose, derive};
use crate::rollout::outcome::RolloutCounts;
use crate::rollout::policy_model::pairs;

/// An output of a demonstrator for a role.
pub struct Demonstration {
    /// Role.
    pub role: Arc<str>,
    /// Prompt and output.
    pub row: Row,
}

/// Plays training episode `index` and returns its demonstrations. An index past the end of a
/// finite split starts again from the first episode, with other mistakes.
pub fn demonstrate(
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    demonstrator: &str,
    horizon: u32,
    run_seed: u64,
    index: u64,
) -> Result<Vec<Demonstration>> {
    let opened = env.open("train", index, horizon)?;
    let rows = Arc::new(Mutex::new(Vec::new()));
    let model = Box::new(Recorder {
        grammars: grammars.clone(),
        rows: rows.clone(),
    });
    let mut episode = opened.demonstrate(model)?;
    let seed = derive(run_seed, Purpose::Demonstration, &[index]);
    let mut counts = RolloutCounts::default();
    for session in 1..=opened.sessions() {
        counts
            .observe(&mut episode, session, Some((demonstrator, seed)))
            .with_context(|| format!("the demonstration of {}", opened.id))?;
    }
    drop(episode);
    Ok(std::mem::take(
        &mut *rows.lock().unwrap_or_else(PoisonError::into_inner),
    ))
}

/// A model that returns the demonstrator's outputs and records them as rows.
struct Recorder {
    grammars: Arc<Grammars>,
    rows: Arc<Mutex<Vec<Demonstration>>>,
}

impl LanguageModel for Recorder {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let completion = DemonstrationModel.generate(call)?;
        let row = row(&self.grammars, call, &completion.text)
            .map_err(|error| ModelError::new(format!("{error:#}")))?;
        self.rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Demonstration {
                role: call.request.role.as_str().into(),
                row,
            });
        Ok(completion)
    }
}

/// Returns the row of a prompt and its demonstrated output.
fn row(grammars: &Grammars, call: &GenerateCall, text: &str) -> Result<Row> {
    let request = &call.request;
    let tokenizer = grammars.tokenizer();
    let tokens = tokenizer.encode_completion(text, request.grammar.is_none())?;
    let choices = match &request.grammar {
        Some(expression) => grammars
            .compile(expression)?
            .choices(&tokens)?
            .with_context(|| {
                format!(
                    "the policy's demonstration for its role {} is outside its own grammar: {text:?} against {expression:?}",
                    request.role
                )
            })?,
        None => vec![None; tokens.len()],
    };
    Ok(Row {
        prompt: tokenizer
            .encode_prompt(&request.role, &pairs(&request.messages))?
            .into(),
        completions: vec![Sequence { tokens, choices }],
    })
}
