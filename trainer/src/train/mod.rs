//! A training run: warm start, then LoGo-GRPO stage by stage, resumable at any
//! moment.

pub mod checkpoint;
pub mod critic;
pub mod journal;
pub mod learner;
pub mod learners;
pub mod memory;
mod prepare;
pub mod progress;
mod served;
pub mod speakers;
mod stage;
pub mod step;
pub mod summary;
mod timings;
pub mod tokens;
pub mod warm;
pub mod weights;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use self::checkpoint::{Position, Progress, Shelf, write_file};
use self::journal::Journal;
use self::learners::Learners;
pub use self::prepare::check;
use self::prepare::{begin, begun, fits};
use self::progress::Voice;
use self::served::Served;
use self::summary::{BeforeAfter, LongHorizon, Summary};
use self::timings::{Times, Timing};
use crate::eval::figures::Figures;
use crate::eval::rivals::{EvidenceReport, Regression};
use crate::eval::{self, Exam, baselines};
use crate::optim::schedule;
use crate::report;
use crate::rollout::hub::{AtOnce, Engine};
use crate::rollout::model::Sampling;
use crate::runfile::RunFile;
use crate::seed::{Purpose, derive};
use crate::tokenizer::Tokenizer;
use crate::world::World;

/// Set apart from every stage: sampling in evaluations.
const EVALUATION: u64 = u64::MAX;

/// Held-out episodes that are written down for people to read.
const SAMPLES: u64 = 2;

/// Evaluates saved weights, greedy and sampled.
pub fn evaluate(file: &RunFile, weights: &Path, exam: &Exam, voice: Voice) -> Result<Figures> {
    let world = World::load(file)?;
    let (learners, tokenizer) = Learners::load(file, weights)?;
    let mut phase = voice.phase("evaluate", exam.episodes, 0);
    let engine = &mut learners.engine();
    let figures = examine(file, &world, &tokenizer, engine, exam, &mut |done| {
        phase.at(done as u64, "episodes");
    });
    drop(phase);
    for (name, usage) in world.outside.take_usage() {
        voice.say(&format!("outside.{name}: {usage}"));
    }
    figures
}

/// Trains as the run file says and returns the summary that it wrote.
pub fn run(file: &RunFile, resume: bool, voice: Voice) -> Result<Summary> {
    let out = &file.run.out;
    file.run.device.check()?;
    let begun = begun(file, resume)?;
    let world = World::load(file)?;
    for warning in &world.report.warnings {
        voice.say(&format!("data: {warning}"));
    }
    fits(file, &world, voice)?;
    if !begun {
        begin(file)?;
    }
    let tokenizer = Arc::new(tokens::ready(file, &world)?);
    let shelf = Shelf::of(out);
    let (progress, folder) = match shelf.newest()? {
        Some((progress, folder)) => (progress, Some(folder)),
        None => (Progress::start(), None),
    };
    let mut learners = Learners::new(file, &world.own_roles(), &tokenizer)?;
    if let Some(folder) = &folder {
        learners.restore(folder)?;
    }
    let served = match world.outside.rollouts() {
        Some(_) => Some(Served::new(&out.join("served"), &learners)?),
        None => None,
    };
    let timings = out.join("timings.jsonl");
    let written = journal::whole_lines(&timings)?;
    let mut trainer = Trainer {
        metrics: Journal::open(&out.join("metrics.jsonl"), progress.metrics_bytes)?,
        timings: Journal::open(&timings, written)?,
        file,
        world,
        tokenizer,
        learners,
        served,
        shelf,
        progress,
        voice,
    };
    let baselines = trainer.baselines()?;
    trainer.warm_start()?;
    trainer.stages()?;
    trainer.finish(baselines)
}

/// Figures of the fixed scripts by name, and those at the long horizon.
type Baselines = (BTreeMap<String, Figures>, Option<BTreeMap<String, Figures>>);

/// A line of `metrics.jsonl` in the warm start.
#[derive(Serialize)]
struct WarmStartLine {
    kind: &'static str,
    step: u64,
    loss: f64,
    gradient_norm: f64,
    learning_rate: f64,
    rows: usize,
    /// Demonstrations that were left out: the context was too short for them.
    context_overflows: usize,
}

struct Trainer<'a> {
    file: &'a RunFile,
    world: World,
    tokenizer: Arc<Tokenizer>,
    learners: Learners,
    /// Where a server samples.
    served: Option<Served>,
    shelf: Shelf,
    progress: Progress,
    metrics: Journal,
    timings: Journal,
    voice: Voice,
}

impl Trainer<'_> {
    /// Who samples with the present weights.
    fn engine(&self) -> Box<dyn Engine + '_> {
        match (&self.served, self.world.outside.rollouts()) {
            (Some(served), Some(server)) => {
                Box::new(AtOnce::new(|jobs| served.generate(server, jobs)))
            }
            _ => Box::new(self.learners.engine()),
        }
    }

    /// Has the server sample for the present weights, where one samples.
    fn hand_over(&mut self) -> Result<()> {
        match (&mut self.served, self.world.outside.rollouts()) {
            (Some(served), Some(server)) => {
                served.hand_over(server, self.file, &self.learners, &self.tokenizer)
            }
            _ => Ok(()),
        }
    }

    fn exam(&self, split: &str, episodes: u64, horizon: u32) -> Exam {
        Exam::new(&self.file.logo, split, episodes, horizon)
    }

    fn held_out(&self) -> Exam {
        let evaluation = &self.file.evaluation;
        self.exam("held-out", evaluation.held_out_episodes, evaluation.horizon)
    }

    fn long(&self) -> Option<Exam> {
        let evaluation = &self.file.evaluation;
        let horizon = evaluation.long_horizon?;
        Some(self.exam("held-out", evaluation.long_episodes, horizon))
    }

    /// A JSON file of the run's folder: read if it is there, else made and written.
    fn once<T: Serialize + for<'de> Deserialize<'de>>(
        &mut self,
        name: &str,
        make: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        let path = self.file.run.out.join(name);
        if path.exists() {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_slice(&bytes).with_context(|| {
                format!(
                    "{} is damaged: remove it, and --resume makes it again",
                    path.display()
                )
            });
        }
        let began = Instant::now();
        let value = make(self)?;
        write_file(&path, &serde_json::to_vec_pretty(&value)?)?;
        self.time(Timing::new(name, 0, began))?;
        Ok(value)
    }

    /// Writes a line of `timings.jsonl`, with what servers were asked for.
    fn time(&mut self, mut timing: Timing) -> Result<()> {
        timing.device_bytes = self.file.run.device.taken_bytes()?;
        timing.outside = self.world.outside.take_usage();
        self.timings.write(&timing)
    }

    fn baselines(&mut self) -> Result<Baselines> {
        self.once("baselines.json", |this| {
            this.voice
                .say("baselines: fixed scripts on held-out episodes");
            let seed = this.file.run.seed;
            let (exam, long) = (this.held_out(), this.long());
            let short = baselines::play(&exam, &this.world, seed)?;
            let long = long
                .map(|exam| baselines::play(&exam, &this.world, seed))
                .transpose()?;
            Ok((short, long))
        })
    }

    /// The warm start's figures, taken before the first stage.
    fn before(&mut self) -> Result<(Figures, Option<Figures>)> {
        self.once("before.json", |this| this.examine_held_out("warm start"))
    }

    fn warm_start(&mut self) -> Result<()> {
        let Position::WarmStart(done) = self.progress.position else {
            return Ok(());
        };
        let settings = &self.file.warm_start;
        let seed = self.file.run.seed;
        let horizon = self.file.stages.first().map_or(0, |stage| stage.horizon);
        let mut phase = self.voice.phase("warm start", settings.steps, done);
        for step in done..settings.steps {
            let began = Instant::now();
            let mut demonstrations = Vec::new();
            for episode in 0..settings.episodes {
                demonstrations.extend(warm::demonstrate(
                    &self.world,
                    &self.tokenizer,
                    &settings.demonstrator,
                    horizon,
                    seed,
                    step * settings.episodes + episode,
                )?);
            }
            let learning_rate = schedule::cosine(step, settings.steps, settings.learning_rate);
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

    fn begin_stage(&mut self) {
        self.progress.best = None;
        self.progress.gate_open = false;
        self.learners.begin_stage();
    }

    fn save(&mut self) -> Result<()> {
        self.metrics.sync()?;
        self.progress.metrics_bytes = self.metrics.length();
        let learners = &self.learners;
        self.shelf
            .save(&self.progress, |folder| learners.save(folder))
    }

    /// Greedy and sampled figures of the present weights.
    fn examine(&mut self, name: &str, exam: &Exam) -> Result<Figures> {
        let mut phase = self.voice.phase(name, exam.episodes, 0);
        let (file, tokenizer) = (self.file, &self.tokenizer);
        examine(
            file,
            &self.world,
            tokenizer,
            &mut *self.engine(),
            exam,
            &mut |done| {
                phase.at(done as u64, "episodes");
            },
        )
    }

    fn examine_held_out(&mut self, name: &str) -> Result<(Figures, Option<Figures>)> {
        let (exam, long) = (self.held_out(), self.long());
        let short = self.examine(name, &exam)?;
        let long = long.map(|exam| self.examine(name, &exam)).transpose()?;
        Ok((short, long))
    }

    fn finish(mut self, baselines: Baselines) -> Result<Summary> {
        let (baselines, long_baselines) = baselines;
        let (before, long_before) = self.before()?;
        let began = Instant::now();
        let (after, long_after) = self.examine_held_out("trained")?;
        let evidence = self.evidence()?;
        self.samples()?;
        self.time(Timing::new("after", self.progress.steps, began))?;
        let out = &self.file.run.out;
        checkpoint::write_folder(&out.join("final"), |folder| {
            self.learners.export(self.file, &self.tokenizer, folder)
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
        let summary = Summary {
            held_out: BeforeAfter { before, after },
            baselines,
            long,
            evidence,
            steps: self.progress.steps,
            seconds: times.seconds,
            training_seconds: times.training_seconds,
            generated_tokens: self.progress.generated_tokens,
            trained_tokens: self.progress.trained_tokens,
            peak_rss_bytes: times.peak_rss_bytes,
            guest_share: times.guest_share,
            outside: times.outside,
            seed: self.file.run.seed,
        };
        write_file(
            &out.join("summary.json"),
            &serde_json::to_vec_pretty(&summary)?,
        )?;
        report::write_events(out)?;
        Ok(summary)
    }

    /// Some held-out episodes for people to read.
    fn samples(&self) -> Result<()> {
        let exam = self.exam("held-out", SAMPLES, self.file.evaluation.horizon);
        let samples = eval::samples::play(
            &exam,
            &self.world,
            &self.tokenizer,
            greedy(self.file),
            &mut *self.engine(),
        )?;
        write_file(
            &self.file.run.out.join("samples.json"),
            &serde_json::to_vec_pretty(&samples)?,
        )
    }

    /// The policy's banks beside their rivals, where the run file asks for it.
    fn evidence(&mut self) -> Result<Vec<EvidenceReport>> {
        if !self.file.evaluation.evidence_rivals {
            return Ok(Vec::new());
        }
        let train = self.exam("train", u64::MAX, 0).open(&self.world)?;
        let regression = Regression::train(&train);
        let exam = self.held_out();
        let opened = exam.open(&self.world)?;
        let sampling = greedy(self.file);
        let plan = crate::rollout::Plan {
            tokenizer: &self.tokenizer,
            rollouts: 1,
            anchors: &[],
            kept: &[],
            rerolls: 0,
            asks: false,
            names_states: false,
            sampling,
        };
        let outcomes = crate::rollout::run(&plan, &opened, &mut *self.engine())?;
        outcomes
            .iter()
            .zip(&opened)
            .map(|(outcome, opened)| {
                eval::rivals::compare(opened, &outcome.settled, &regression, self.file.run.seed)
            })
            .collect()
    }
}

/// How weights are looked at: the likeliest token always.
pub(crate) fn greedy(file: &RunFile) -> Sampling {
    Sampling {
        seed: file.run.seed,
        occasion: [EVALUATION, 0],
        temperature: 0.0,
        top_k: 0,
        top_p: 1.0,
    }
}

/// Greedy figures, with the reward of a sampled pass beside.
fn examine(
    file: &RunFile,
    world: &World,
    tokenizer: &Arc<Tokenizer>,
    engine: &mut dyn Engine,
    exam: &Exam,
    done: &mut dyn FnMut(usize),
) -> Result<Figures> {
    let mut figures = eval::examine(exam, world, tokenizer, greedy(file), engine, done)?;
    let sampling = Sampling {
        temperature: 1.0,
        ..greedy(file)
    };
    let sampled = eval::examine(exam, world, tokenizer, sampling, engine, &mut |_| ())?;
    figures.sampled_reward = sampled.reward;
    Ok(figures)
}
