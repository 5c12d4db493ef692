//! Baselines by fixed scripts: keep everything, keep nothing, the demonstrator and the expert,
//! each with the same bank and questions as the policy.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_runtime::DemonstrationModel;

use crate::env::{OpenEpisode, TrainingEnv};
use crate::eval::eval_set::EvalSet;
use crate::eval::metrics;
use crate::eval::metrics::EvalMetrics;
use crate::rng::{Purpose, derive};
use crate::rollout::outcome::{Asked, RolloutCounts, RolloutResult};

/// Names of each script: in the summary, and in the environment.
const SCRIPTS: [(&str, &str); 4] = [
    ("keep_everything", "everything"),
    ("keep_nothing", "nothing"),
    ("demonstrator", "demonstrator"),
    ("expert", "expert"),
];

/// Plays every script on the episodes of the set, and returns the metrics by script.
///
/// # Errors
/// Fails if an episode or a script fails.
pub fn play(
    set: &EvalSet,
    env: &TrainingEnv,
    run_seed: u64,
) -> Result<BTreeMap<String, EvalMetrics>> {
    let episodes = set.open(env)?;
    let mut report = BTreeMap::new();
    for (name, script) in SCRIPTS {
        let mut all = Vec::new();
        for (index, opened) in episodes.iter().enumerate() {
            let seed = derive(run_seed, Purpose::Baseline, &[index as u64]);
            let result = script_on(opened, script, seed)
                .with_context(|| format!("the script {script} on {}", opened.id))?;
            all.push(metrics::of_episode(set, opened, &result)?);
        }
        report.insert(name.to_owned(), EvalMetrics::mean(&all));
    }
    Ok(report)
}

/// Plays an episode with a script, and returns the result.
///
/// # Errors
/// Fails if a component or the script fails.
pub fn script_on(opened: &OpenEpisode, script: &str, seed: u64) -> Result<RolloutResult> {
    let model = Box::new(DemonstrationModel);
    let mut episode = opened.demonstrate(model)?;
    let mut counts = RolloutCounts::default();
    for session in 1..=opened.sessions() {
        counts.observe(&mut episode, session, Some((script, seed)))?;
    }
    counts.finish(&mut episode, opened, opened.sessions(), Asked::All(1))
}
