//! The source of the warm start: a demonstrator of the environment, or recorded samples of
//! another model.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use memloom_engine::grammar::Grammars;
use memloom_runtime::types::Request;
use rand::seq::SliceRandom;

use crate::config::RunFile;
use crate::env::TrainingEnv;
use crate::rejection_sampling::record::{Identity, PlayedEpisode, read};
use crate::rejection_sampling::select::{best, refuse_rubbish};
use crate::rng::{Purpose, generator};
use crate::run::progress::Console;
use crate::train::demonstration::{Demonstration, Demonstrator, row};

/// Source of the warm start's demonstrations.
pub(super) enum WarmStartSource {
    /// The run file's demonstrator.
    Demonstrator,
    /// The best of recorded samples.
    Recorded(Vec<PlayedEpisode>),
}

impl WarmStartSource {
    /// Returns the source that a run file names.
    ///
    /// # Errors
    /// Fails if the file of demonstrations cannot be read, was recorded with another policy, or
    /// teaches nothing.
    pub(super) fn of(file: &RunFile, console: Console) -> Result<Self> {
        let Some(path) = &file.warm_start.demonstrations else {
            return Ok(Self::Demonstrator);
        };
        let kept = selected(file, path)
            .with_context(|| format!("warm_start.demonstrations = {path:?}"))?;
        let rewards: f64 = kept.iter().map(|sample| sample.reward).sum();
        console.say(&format!(
            "warm start: imitates {} samples of {}, mean reward {:.3}",
            kept.len(),
            path.display(),
            rewards / kept.len() as f64
        ));
        Ok(Self::Recorded(kept))
    }

    /// Returns the demonstrations of a step, which imitates the episodes from number `first` on.
    pub(super) fn step(
        &self,
        file: &RunFile,
        env: &TrainingEnv,
        grammars: &Arc<Grammars>,
        first: u64,
    ) -> Result<Vec<Demonstration>> {
        let settings = &file.warm_start;
        let numbers = first..first + settings.episodes;
        let mut demonstrations = Vec::new();
        match self {
            Self::Demonstrator => {
                let demonstrator = Demonstrator {
                    env,
                    grammars,
                    name: &settings.demonstrator,
                    horizon: file.stages.first().map_or(0, |stage| stage.horizon),
                    questions: settings.questions,
                    run_seed: file.run.seed,
                };
                for number in numbers {
                    demonstrations.extend(demonstrator.demonstrate(number)?);
                }
            }
            Self::Recorded(samples) => {
                let own = env.own_roles();
                for number in numbers {
                    let sample = drawn(samples, file.run.seed, number);
                    demonstrations.extend(rows(sample, &own, grammars)?);
                }
            }
        }
        Ok(demonstrations)
    }
}

/// Checks the file of demonstrations that a run file names, if it names one.
pub(super) fn check(file: &RunFile) -> Result<()> {
    WarmStartSource::of(file, Console::Silent).map(drop)
}

/// Returns the samples of a file that are worth imitating.
fn selected(file: &RunFile, path: &Path) -> Result<Vec<PlayedEpisode>> {
    let (header, samples) = read(path)?;
    ensure!(
        header.policy == Identity::of_policy(file)?,
        "it was recorded with another policy or other policy.options, so its prompts are not those of this run: record it again"
    );
    refuse_rubbish(&header.model, &samples)?;
    let kept = best(samples, file.warm_start.keep);
    let sound = kept.iter().flat_map(|sample| &sample.steps);
    ensure!(
        sound.filter(|step| step.sound).count() > 0,
        "its best samples hold no output that the policy could read: nothing can be learnt from it"
    );
    Ok(kept)
}

/// Returns sample `number` of a shuffled pass over all samples, then of another.
fn drawn(samples: &[PlayedEpisode], run_seed: u64, number: u64) -> &PlayedEpisode {
    let count = samples.len() as u64;
    let mut order: Vec<&PlayedEpisode> = samples.iter().collect();
    order.shuffle(&mut generator(
        run_seed,
        Purpose::WarmStart,
        &[number / count],
    ));
    order[(number % count) as usize]
}

/// Returns the sound outputs of a sample for the roles that learn. An output outside its
/// grammar, which this run's model could not write, is left out.
fn rows(sample: &PlayedEpisode, own: &[String], grammars: &Grammars) -> Result<Vec<Demonstration>> {
    let mut rows = Vec::new();
    for step in &sample.steps {
        if !step.sound || !own.contains(&step.role) {
            continue;
        }
        let request = Request {
            grammar: step.grammar.clone(),
            ..Request::new(&step.role, step.messages.clone(), 0)
        };
        if let Some(row) = row(&request, grammars, &step.reply)? {
            rows.push(Demonstration {
                role: step.role.as_str().into(),
                row,
            });
        }
    }
    Ok(rows)
}
