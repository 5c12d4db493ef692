//! The warm start: supervised steps towards demonstrations.

use std::time::Instant;

use anyhow::{Result, ensure};
use memloom_engine::optim::lr_schedule;
use serde::Serialize;

use crate::rng::{Purpose, derive};
use crate::run::checkpoint::Position;
use crate::run::timings::Timing;
use crate::train::demonstration::demonstrate;
use crate::train::trainer::Trainer;

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
                .supervised_step(demonstrations, learning_rate, noise)?;
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
