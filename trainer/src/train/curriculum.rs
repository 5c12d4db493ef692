//! The curriculum: training steps at one horizon after another.

use std::time::Instant;

use anyhow::Result;
use serde::Serialize;

use crate::config::{Carry, Stage, Watched};
use crate::eval;
use crate::rollout::policy_model::Sampling;
use crate::run::checkpoint::{Best, Position};
use crate::run::timings::Timing;
use crate::train::trainer::Trainer;

/// A validation.
#[derive(Serialize)]
struct ValidationLine {
    /// `validation`.
    kind: &'static str,
    /// Stage, from 0.
    stage: usize,
    /// Training steps of the stage before the validation.
    step: u64,
    /// Mean reward with greedy sampling.
    reward: f64,
    /// Mean token F1 (SQuAD normalisation).
    f1: f64,
    /// Share of gold evidence that the final bank does not name.
    m_fail: f64,
    /// Mean words in the final bank.
    bank_words: f64,
    /// The reward is the best of the stage so far.
    best: bool,
}

impl Trainer<'_> {
    /// Runs the stages that are left.
    pub(super) fn stages(&mut self) -> Result<()> {
        self.push_weights()?;
        self.before()?;
        while let Position::Stage(index, done) = self.progress.position {
            let Some(stage) = self.file.stages.get(index) else {
                return Ok(());
            };
            let ended = self.stage(index, stage, done)?;
            if ended != Ended::Whole {
                self.save()?;
            }
            if stage.carry == Carry::Best {
                self.learners.take_best();
                self.push_weights()?;
            }
            if ended != Ended::Whole {
                return Ok(());
            }
            self.progress.position = Position::Stage(index + 1, 0);
            self.begin_stage();
            self.save()?;
        }
        Ok(())
    }

    /// Runs the steps of a stage that are left.
    fn stage(&mut self, index: usize, stage: &Stage, done: u64) -> Result<Ended> {
        self.stage_env = self.env.with_own(self.file, &stage.environment)?;
        self.instruct(stage)?;
        let name = format!("{} sessions", stage.horizon);
        let mut phase = self.console.phase(&name, stage.steps, done);
        if done == 0 && self.progress.best.is_none() {
            self.validate(index, stage, 0)?;
        }
        for step in done..stage.most_steps() {
            if step >= stage.steps && self.progress.gate_open {
                break;
            }
            if self
                .file
                .run
                .max_steps
                .is_some_and(|most| self.progress.steps >= most)
            {
                return Ok(Ended::Early);
            }
            let groups = self.rl_step(index, stage, step)?;
            self.progress.steps += 1;
            self.reflect(index, stage, step + 1)?;
            self.progress.position = Position::Stage(index, step + 1);
            let last = [stage.steps, stage.most_steps()].contains(&(step + 1));
            if (step + 1).is_multiple_of(self.file.evaluation.every) || last {
                self.validate(index, stage, step + 1)?;
            }
            let best = self.progress.best.map_or(f64::NAN, |best| best.reward);
            phase.at(
                step + 1,
                &format!("reward {:.3}  best {best:.3}", groups.reward),
            );
            if (step + 1).is_multiple_of(self.file.run.checkpoint_every) {
                self.save()?;
            }
        }
        drop(phase);
        if let Some(gate) = stage.gate.filter(|_| !self.progress.gate_open) {
            self.console.say(&format!(
                "the curriculum ends with stage {}: its gate ({gate}) did not open",
                index + 1
            ));
            return Ok(Ended::Early);
        }
        Ok(Ended::Whole)
    }

    /// Measures the greedy reward on the validation split. Keeps the weights if they are the best.
    fn validate(&mut self, index: usize, stage: &Stage, step: u64) -> Result<()> {
        let began = Instant::now();
        self.take_best_instruction()?;
        let evaluation = &self.file.evaluation;
        let exam = self.exam(
            "validation",
            evaluation.validation_episodes,
            evaluation.horizon,
        );
        let figures = eval::evaluate(
            &exam,
            &self.env,
            &self.grammars,
            Sampling::greedy(self.file.run.seed),
            &mut *self.engine(),
            &mut |_| (),
        )?;
        let best = self
            .progress
            .best
            .is_none_or(|best| figures.reward > best.reward);
        if best {
            self.progress.best = Some(Best {
                reward: figures.reward,
                step,
            });
            self.learners.keep_best();
        }
        self.progress.gate_open = stage.gate.is_none_or(|gate| {
            gate.passes(match gate.metric {
                Watched::Reward => figures.reward,
                Watched::F1 => figures.f1,
                Watched::MFail => figures.m_fail,
            })
        });
        self.metrics.write(&ValidationLine {
            kind: "validation",
            stage: index,
            step,
            reward: figures.reward,
            f1: figures.f1,
            m_fail: figures.m_fail,
            bank_words: figures.bank_words,
            best,
        })?;
        self.time(Timing::new("validation", self.progress.steps, began))
    }
}

/// The end of a stage.
#[derive(PartialEq, Eq)]
enum Ended {
    /// All its steps are done.
    Whole,
    /// `run.max_steps` was reached, or the gate to the next stage did not open.
    Early,
}
