//! The warm start: supervised steps towards demonstrations.

use std::time::Instant;

use anyhow::{Result, ensure};
use memloom_engine::optim::lr_schedule;
use rand::seq::IndexedRandom;
use serde::Serialize;

use crate::rng::{Purpose, derive, generator};
use crate::rollout;
use crate::rollout::Plan;
use crate::rollout::policy_model::Sampling;
use crate::run::checkpoint::Position;
use crate::run::timings::Timing;
use crate::train::demonstration::{Demonstration, copies};
use crate::train::trainer::Trainer;
use crate::train::warm_start_source::WarmStartSource;

/// A step of the warm start.
#[derive(Serialize)]
struct WarmStartLine {
    /// `warm-start`.
    kind: &'static str,
    /// Step of the warm start, from 1.
    step: u64,
    /// Mean cross-entropy of free tokens, in nats.
    loss: f64,
    /// Mean cross-entropy of the tokens that are learnt besides: see `warm_start.prompts`. Absent
    /// without them.
    #[serde(skip_serializing_if = "Option::is_none")]
    read_loss: Option<f64>,
    /// Gradient norm before clipping.
    gradient_norm: f64,
    /// Learning rate of the step.
    learning_rate: f64,
    /// Rows (a prompt with its demonstrated outputs) that were trained on.
    rows: usize,
    /// Rows that were left out because they did not fit the context.
    context_overflows: usize,
}

/// A measurement of outputs in the warm start.
#[derive(Serialize)]
struct WarmStartCheckLine {
    /// `warm-start-check`.
    kind: &'static str,
    /// Steps of the warm start before the measurement.
    step: u64,
    /// Malformed outputs over all outputs, sampled greedily on episodes of the split validation,
    /// which are not trained on. 0 without an output.
    malformed_share: f64,
    /// Outputs that the policy could not read.
    malformed: u64,
    /// Outputs in sessions.
    outputs: u64,
}

impl Trainer<'_> {
    /// Runs the steps of the warm start that are left.
    pub(super) fn warm_start(&mut self) -> Result<()> {
        let Position::WarmStart(done) = self.progress.position else {
            return Ok(());
        };
        let settings = &self.file.warm_start;
        if done < settings.steps {
            self.warm_start_steps(done)?;
        }
        self.progress.position = Position::Stage(0, 0);
        self.begin_stage();
        self.save()
    }

    fn warm_start_steps(&mut self, done: u64) -> Result<()> {
        let settings = &self.file.warm_start;
        let source = WarmStartSource::of(self.file, self.console)?;
        self.stage_env = self.env.with_own(self.file, &settings.environment)?;
        let mut phase = self.console.phase("warm start", settings.steps, done);
        for step in done..settings.steps {
            let loss = self.warm_start_step(&source, step)?;
            phase.at(step + 1, &format!("loss {loss:.3}"));
            if is_check(step + 1, settings.steps, settings.checks) {
                let line = self.check_outputs(step + 1)?;
                phase.say(&format!(
                    "warm start, step {}: loss {loss:.3}, {} of {} held-out outputs malformed ({:.1} %)",
                    line.step,
                    line.malformed,
                    line.outputs,
                    100.0 * line.malformed_share
                ));
            }
            if (step + 1).is_multiple_of(self.file.run.checkpoint_every) {
                self.save()?;
            }
        }
        Ok(())
    }

    /// Makes one step, logs it, and returns its loss.
    fn warm_start_step(&mut self, source: &WarmStartSource, step: u64) -> Result<f64> {
        let began = Instant::now();
        let settings = &self.file.warm_start;
        let first = step * settings.episodes;
        let mut demonstrations =
            source.step(self.file, self.training_env(), &self.grammars, first)?;
        let learning_rate = lr_schedule::cosine(step, settings.steps, settings.learning_rate);
        let all = demonstrations.len();
        let context = self.learners.context();
        demonstrations.retain(|given| given.row.span() <= context);
        let rows = demonstrations.len();
        ensure!(
            rows > 0 || all == 0,
            "none of the {all} demonstrations of a warm-start step fits the {context} tokens that the backbone reads: raise backbone.context, or have the policy ask in fewer words"
        );
        let seed = self.file.run.seed;
        let mut random = generator(seed, Purpose::Prompts, &[step]);
        let drawn = demonstrations.choose_multiple(&mut random, settings.prompts);
        let mut read: Vec<Demonstration> = drawn.map(Demonstration::prompt_as_output).collect();
        read.extend(copies(&demonstrations, settings.copies, &mut random));
        read.retain(|given| given.row.span() <= context);
        let noise = derive(seed, Purpose::Dropout, &[0, step]);
        let update = self
            .learners
            .supervised_step(demonstrations, read, learning_rate, noise)?;
        self.progress.position = Position::WarmStart(step + 1);
        self.progress.trained_tokens += update.tokens;
        self.metrics.write(&WarmStartLine {
            kind: "warm-start",
            step: step + 1,
            loss: update.loss,
            read_loss: update.read_loss,
            gradient_norm: update.gradient_norm,
            learning_rate,
            rows,
            context_overflows: all - rows,
        })?;
        let mut timing = Timing::new("warm-start", step + 1, began);
        timing.tokens_per_second = Some(update.tokens as f64 / timing.seconds);
        self.time(timing)?;
        Ok(update.loss)
    }

    /// Samples sessions of validation episodes greedily, counts malformed outputs, and logs the
    /// measurement.
    fn check_outputs(&mut self, step: u64) -> Result<WarmStartCheckLine> {
        let began = Instant::now();
        self.push_weights()?;
        let horizon = self.file.stages.first().map_or(0, |stage| stage.horizon);
        let exam = self.exam("validation", self.file.warm_start.check_episodes, horizon);
        let opened = exam.open(&self.env)?;
        let plan = Plan {
            asks: false,
            ..Plan::new(&self.grammars, 1, Sampling::greedy(self.file.run.seed))
        };
        let outcomes = rollout::run(&plan, &opened, &mut *self.engine())?;
        let counts = || outcomes.iter().map(|outcome| &outcome.result.counts);
        let outputs: u64 = counts().map(|counts| counts.outputs).sum();
        let malformed: u64 = counts().map(|counts| counts.malformed).sum();
        let line = WarmStartCheckLine {
            kind: "warm-start-check",
            step,
            malformed_share: malformed as f64 / outputs.max(1) as f64,
            malformed,
            outputs,
        };
        self.metrics.write(&line)?;
        self.time(Timing::new("warm-start-check", step, began))?;
        Ok(line)
    }
}

/// Returns true if outputs are checked after `step` of `steps` steps: `checks` times, evenly
/// spread, the last time at the end.
fn is_check(step: u64, steps: u64, checks: u64) -> bool {
    (1..=checks).any(|check| (check * steps).div_ceil(checks) == step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_spread_up_to_the_end() {
        let places = |steps, checks| -> Vec<u64> {
            (1..=steps)
                .filter(|step| is_check(*step, steps, checks))
                .collect()
        };
        assert_eq!(places(10, 4), [3, 5, 8, 10]);
        assert_eq!(places(10, 1), [10]);
        assert_eq!(places(2, 4), [1, 2]);
        assert!(places(10, 0).is_empty());
    }
}
