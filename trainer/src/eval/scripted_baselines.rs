//! Fixed scripts beside the trained policy: what keeping everything, keeping
//! nothing, the demonstrator and the expert are worth in the same bank, under
//! the same questions.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_runtime::DemonstrationModel;

use crate::env::{OpenEpisode, TrainingEnv};
use crate::eval::metrics::Figures;
use crate::eval::{Exam, metrics};
use crate::rng::{Purpose, derive};
use crate::rollout::outcome::{Asked, RolloutCounts, RolloutResult};

/// The report's name of each script, and the environment's.
const SCRIPTS: [(&str, &str); 4] = [
    ("keep_everything", "everything"),
    ("keep_nothing", "nothing"),
    ("demonstrator", "demonstrator"),
    ("expert", "expert"),
];

/// Plays every script on the exam's episodes.
pub fn play(exam: &Exam, env: &TrainingEnv, run_seed: u64) -> Result<BTreeMap<String, Figures>> {
    let episodes = exam.open(env)?;
    let mut report = BTreeMap::new();
    for (name, script) in SCRIPTS {
        let mut all = Vec::new();
        for (index, opened) in episodes.iter().enumerate() {
            let seed = derive(run_seed, Purpose::Baseline, &[index as u64]);
            let result = script_on(opened, script, seed)
                .with_context(|| format!("the script {script} on {}", opened.id))?;
            all.push(metrics::of(exam, opened, &result)?);
        }
        report.insert(name.to_owned(), Figures::mean(&all));
    }
    Ok(report)
}

fn script_on(opened: &OpenEpisode, script: &str, seed: u64) -> Result<RolloutResult> {
    let model = Box::new(DemonstrationModel);
    let mut episode = opened.demonstrate(model)?;
    let mut counts = RolloutCounts::default();
    for session in 1..=opened.sessions() {
        counts.observe(&mut episode, session, Some((script, seed)))?;
    }
    counts.finish(&mut episode, opened, Asked::All)
}
