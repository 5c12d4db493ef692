//! Demonstrations for the warm start: role outputs that a demonstrator of the
//! environment would give, gathered by playing it through the real components.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use memloom_engine::grammar::Grammars;
use memloom_engine::model::packing::{Row, Sequence};
use memloom_engine::optim::lr_schedule;
use memloom_runtime::{Completion, DemonstrationModel, GenerateCall, LanguageModel, ModelError};
use serde::Serialize;

use crate::env::TrainingEnv;
use crate::rng::{Purpose, derive};
use crate::rollout::outcome::RolloutCounts;
use crate::rollout::policy_model::pairs;
use crate::run::checkpoint::Position;
use crate::run::timings::Timing;
use crate::train::trainer::Trainer;

/// A role's output that a demonstrator would give.
pub struct Demonstration {
    /// Who speaks.
    pub role: Arc<str>,
    /// The prompt and what is said.
    pub row: Row,
}

/// Plays training episode `index` and returns its role outputs. A finite split
/// starts again from its first episode, with other mistakes.
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

/// Says what the demonstrator says, and keeps it as a row.
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

/// A step of the warm start.
#[derive(Serialize)]
struct WarmStartLine {
    /// `warm-start`.
    kind: &'static str,
    /// Step of the warm start, from 1.
    step: u64,
    /// Mean cross-entropy of free tokens, in nats.
    loss: f64,
    /// Gradient norm before clipping.
    gradient_norm: f64,
    /// Learning rate of the step.
    learning_rate: f64,
    /// Rows (a prompt with its demonstrated outputs) that were trained on.
    rows: usize,
    /// Rows that were left out because they did not fit the context.
    context_overflows: usize,
}

impl Trainer<'_> {
    /// Runs the steps of the warm start that are left.
    pub(super) fn warm_start(&mut self) -> Result<()> {
        let Position::WarmStart(done) = self.progress.position else {
            return Ok(());
        };
        let settings = &self.file.warm_start;
        let seed = self.file.run.seed;
        let horizon = self.file.stages.first().map_or(0, |stage| stage.horizon);
        let mut phase = self.console.phase("warm start", settings.steps, done);
        for step in done..settings.steps {
            let began = Instant::now();
            let mut demonstrations = Vec::new();
            for episode in 0..settings.episodes {
                demonstrations.extend(demonstrate(
                    &self.env,
                    &self.grammars,
                    &settings.demonstrator,
                    horizon,
                    seed,
                    step * settings.episodes + episode,
                )?);
            }
            let learning_rate = lr_schedule::cosine(step, settings.steps, settings.learning_rate);
            let all = demonstrations.len();
            let context = self.learners.context();
            demonstrations.retain(|given| given.row.span() <= context);
            let rows = demonstrations.len();
            ensure!(
                rows > 0 || all == 0,
                "none of the {all} demonstrations of a warm-start step fits the {context} tokens that the backbone reads: raise backbone.context, or have the policy ask in fewer words"
            );
            let noise = derive(seed, Purpose::Dropout, &[0, step]);
            let update = self
                .learners
                .imitate(demonstrations, learning_rate, noise)?;
            self.progress.position = Position::WarmStart(step + 1);
            self.progress.trained_tokens += update.tokens;
            self.metrics.write(&WarmStartLine {
                kind: "warm-start",
                step: step + 1,
                loss: update.loss,
                gradient_norm: update.gradient_norm,
                learning_rate,
                rows,
                context_overflows: all - rows,
            })?;
            let mut timing = Timing::new("warm-start", step + 1, began);
            timing.tokens_per_second = Some(update.tokens as f64 / timing.seconds);
            self.time(timing)?;
            phase.at(step + 1, &format!("loss {:.3}", update.loss));
            if (step + 1).is_multiple_of(self.file.run.checkpoint_every) {
                self.save()?;
            }
        }
        drop(phase);
        self.progress.position = Position::Stage(0, 0);
        self.begin_stage();
        self.save()
    }
}
