//! Baselines by fixed scripts: keep everything, keep nothing, the demonstrator and the expert,
//! each with the same bank and questions as the policy.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_runtime::DemonstrationModel;

use crate::env::{Opened, World};
use crate::eval::eval_set::EvalSet;
use crate::eval::metrics;
use crate::eval::metrics::EvalMetrics;
use crate::rng::{Purpose, derive};
use crate::rollout::outcome::{Asked, Settled, Tally};

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
pub fn play(set: &EvalSet, world: &World, run_seed: u64) -> Result<BTreeMap<String, EvalMetrics>> {
    let episodes = set.open(world)?;
    let mut report = BTreeMap::new();
    for (name, script) in SCRIPTS {
        let mut all = Vec::new();
        for (index, opened) in episodes.iter().enumerate() {
            let seed = derive(run_seed, Purpose::Baseline, &[index as u64]);
            let settled = script_on(opened, script, seed)
                .with_context(|| format!("the script {script} on {}", opened.id))?;
            all.push(metrics::of_episode(set, opened, &settled)?);
        }
        report.insert(name.to_owned(), EvalMetrics::mean(&all));
    }
    Ok(report)
}

fn script_on(opened: &Opened, script: &str, seed: u64) -> Result<Settled> {
    let model = Box::new(DemonstrationModel);
    let mut episode = opened.demonstrate(model)?;
    let mut tally = Tally::default();
    for session in 1..=opened.sessions() {
        tally.observe(&mut episode, session, Some((script, seed)))?;
    }
    tally.settle(&mut episode, opened, Asked::All)
}
