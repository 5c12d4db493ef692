//! Measurements of a run: baselines, the warm start, the trained policy, and the summary.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use memloom_engine::grammar::Grammars;

use crate::config::RunFile;
use crate::env::TrainingEnv;
use crate::eval::eval_set::EvalSet;
use crate::eval::evidence_baselines::{EvidenceReport, Regression};
use crate::eval::metrics::EvalMetrics;
use crate::eval::{evidence_baselines, samples, scripted_baselines};
use crate::rollout::Plan;
use crate::rollout::batcher::Engine;
use crate::rollout::policy_model::Sampling;
use crate::rollout::reward::mean;
use crate::run::atomic_fs::{write_file, write_folder};
use crate::run::progress::Console;
use crate::run::summary;
use crate::run::summary::{BeforeAfter, LongHorizon, Summary};
use crate::run::timings::{Times, Timing};
use crate::train::learner::per_role::RoleLearners;
use crate::train::trainer::Trainer;
use crate::{eval, report, rollout};

/// Most training episodes that the regression of the evidence baselines is fitted to: a split may
/// have no end.
const REGRESSION_EPISODES: u64 = 64;

/// Number of held-out episodes in `samples.json`.
const SAMPLES: u64 = 2;

/// Metrics of the fixed scripts by name, and those at the long horizon.
pub(super) type Baselines = (
    BTreeMap<String, EvalMetrics>,
    Option<BTreeMap<String, EvalMetrics>>,
);

/// Evaluates saved weights, greedy and sampled.
pub fn evaluate(
    file: &RunFile,
    weights: &Path,
    exam: &EvalSet,
    console: Console,
) -> Result<EvalMetrics> {
    let env = TrainingEnv::load(file)?;
    let (learners, grammars) = RoleLearners::load(file, weights, console)?;
    let mut phase = console.phase("evaluate", exam.episodes, 0);
    let engine = &mut learners.engine();
    let figures = examine(file, &env, &grammars, engine, exam, &mut |done| {
        phase.at(done as u64, "episodes");
    });
    drop(phase);
    for (name, usage) in env.servers.take_usage() {
        console.say(&format!("servers.{name}: {usage}"));
    }
    figures
}

impl Trainer<'_> {
    pub(super) fn exam(&self, split: &str, episodes: u64, horizon: u32) -> EvalSet {
        EvalSet::new(&self.file.algorithm, split, episodes, horizon)
    }

    fn held_out(&self) -> EvalSet {
        let evaluation = &self.file.evaluation;
        self.exam("held-out", evaluation.held_out_episodes, evaluation.horizon)
    }

    fn long(&self) -> Option<EvalSet> {
        let evaluation = &self.file.evaluation;
        let horizon = evaluation.long_horizon?;
        Some(self.exam("held-out", evaluation.long_episodes, horizon))
    }

    pub(super) fn baselines(&mut self) -> Result<Baselines> {
        self.once("baselines.json", |this| {
            this.console
                .say("baselines: fixed scripts on held-out episodes");
            let seed = this.file.run.seed;
            let (exam, long) = (this.held_out(), this.long());
            let short = scripted_baselines::play(&exam, &this.env, seed)?;
            let long = long
                .map(|exam| scripted_baselines::play(&exam, &this.env, seed))
                .transpose()?;
            Ok((short, long))
        })
    }

    /// Returns the metrics after the warm start, before the first stage.
    pub(super) fn before(&mut self) -> Result<(EvalMetrics, Option<EvalMetrics>)> {
        let name = summary::before(self.file.warm_start.steps);
        self.once("before.json", |this| this.examine_held_out(name))
    }

    /// Returns greedy and sampled metrics of the present weights.
    fn examine(&mut self, name: &str, exam: &EvalSet) -> Result<EvalMetrics> {
        let mut phase = self.console.phase(name, exam.episodes, 0);
        let (file, grammars) = (self.file, &self.grammars);
        examine(
            file,
            &self.env,
            grammars,
            &mut *self.engine(),
            exam,
            &mut |done| {
                phase.at(done as u64, "episodes");
            },
        )
    }

    fn examine_held_out(&mut self, name: &str) -> Result<(EvalMetrics, Option<EvalMetrics>)> {
        let (exam, long) = (self.held_out(), self.long());
        let short = self.examine(name, &exam)?;
        let long = long.map(|exam| self.examine(name, &exam)).transpose()?;
        Ok((short, long))
    }

    pub(super) fn finish(mut self, baselines: Baselines) -> Result<Summary> {
        let (baselines, long_baselines) = baselines;
        let (before, long_before) = self.before()?;
        let began = Instant::now();
        self.take_best_instruction()?;
        let (after, long_after) = self.examine_held_out("trained")?;
        let evidence = self.evidence()?;
        self.samples()?;
        self.time(Timing::new("after", self.progress.steps, began))?;
        let out = &self.file.run.out;
        write_folder(&out.join("final"), |folder| {
            self.learners
                .export(self.file, self.grammars.tokenizer(), folder)
        })?;
        let long = match (self.long(), long_before, long_after, long_baselines) {
            (Some(exam), Some(before), Some(after), Some(baselines)) => Some(LongHorizon {
                horizon: exam.horizon,
                held_out: BeforeAfter { before, after },
                baselines,
            }),
            _ => None,
        };
        let times = Times::read(&out.join("timings.jsonl"))?;
        self.write_instructions()?;
        let summary = Summary {
            held_out: BeforeAfter { before, after },
            baselines,
            long,
            evidence,
            warm_start_steps: self.file.warm_start.steps,
            steps: self.progress.steps,
            seconds: times.seconds,
            training_seconds: times.training_seconds,
            generated_tokens: self.progress.generated_tokens,
            trained_tokens: self.progress.trained_tokens,
            peak_rss_bytes: times.peak_rss_bytes,
            guest_share: times.guest_share,
            servers: times.servers,
            seed: self.file.run.seed,
        };
        write_file(
            &out.join("summary.json"),
            &serde_json::to_vec_pretty(&summary)?,
        )?;
        report::write_events(out)?;
        Ok(summary)
    }

    /// Writes `samples.json`: held-out episodes for people to read.
    fn samples(&self) -> Result<()> {
        let exam = self.exam("held-out", SAMPLES, self.file.evaluation.horizon);
        let samples = samples::play(
            &exam,
            &self.env,
            &self.grammars,
            Sampling::greedy(self.file.run.seed),
            &mut *self.engine(),
        )?;
        write_file(
            &self.file.run.out.join("samples.json"),
            &serde_json::to_vec_pretty(&samples)?,
        )
    }

    /// Compares the policy's banks with baselines, if the run file asks for it.
    fn evidence(&mut self) -> Result<Vec<EvidenceReport>> {
        if !self.file.evaluation.evidence_rivals {
            return Ok(Vec::new());
        }
        let train = self.exam("train", REGRESSION_EPISODES, 0).open(&self.env)?;
        let regression = Regression::train(&train);
        let exam = self.held_out();
        let opened = exam.open(&self.env)?;
        let sampling = Sampling::greedy(self.file.run.seed);
        let plan = Plan {
            asks: false,
            ..Plan::new(&self.grammars, 1, sampling)
        };
        let outcomes = rollout::run(&plan, &opened, &mut *self.engine())?;
        let mut reports = Vec::new();
        for (outcome, opened) in outcomes.iter().zip(&opened) {
            let seed = self.file.run.seed;
            reports.push(evidence_baselines::compare(
                opened,
                &outcome.result,
                &regression,
                seed,
            ));
        }
        Ok(reports)
    }
}

/// Returns greedy metrics, with the mean reward of the sampled passes.
fn examine(
    file: &RunFile,
    env: &TrainingEnv,
    grammars: &Arc<Grammars>,
    engine: &mut dyn Engine,
    exam: &EvalSet,
    done: &mut dyn FnMut(usize),
) -> Result<EvalMetrics> {
    let mut figures = eval::evaluate(
        exam,
        env,
        grammars,
        Sampling::greedy(file.run.seed),
        engine,
        done,
    )?;
    let evaluation = &file.evaluation;
    let mut passes = Vec::new();
    for pass in 0..evaluation.samples {
        let sampling = Sampling::sampled(
            file.run.seed,
            pass,
            evaluation.temperature,
            evaluation.top_p,
        );
        passes.push(eval::evaluate(exam, env, grammars, sampling, engine, &mut |_| ())?.rewards);
    }
    figures.sampled_rewards = mean_by_episode(&passes);
    figures.sampled_reward = mean(figures.sampled_rewards.iter().copied());
    Ok(figures)
}

/// Returns the mean reward of each episode over several passes of as many episodes.
fn mean_by_episode(passes: &[Vec<f64>]) -> Vec<f64> {
    let episodes = passes.first().map_or(0, Vec::len);
    let of_episode = |at: usize| mean(passes.iter().map(|rewards| rewards[at]));
    (0..episodes).map(of_episode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampled_reward_is_the_mean_over_passes() {
        assert_eq!(
            mean_by_episode(&[vec![1.0, 0.5], vec![0.0, 0.5]]),
            [0.5, 0.5]
        );
        assert_eq!(mean_by_episode(&[vec![0.25]]), [0.25]);
    }
}
