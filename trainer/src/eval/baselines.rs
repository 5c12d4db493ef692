//! Fixed scripts beside the trained policy: what keeping everything, keeping
//! nothing, the demonstrator and the expert are worth in the same bank, under
//! the same questions.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use memloom_runtime::{DemonstrationModel, Episode};

use super::figures::{self, Figures};
use super::Exam;
use crate::rollout::settle::Tally;
use crate::seed::{Purpose, derive};
use crate::world::World;

/// The report's name of each script, and the environment's.
const SCRIPTS: [(&str, &str); 4] = [
    ("keep_everything", "everything"),
    ("keep_nothing", "nothing"),
    ("demonstrator", "demonstrator"),
    ("expert", "expert"),
];

/// Plays every script on the exam's episodes.
pub fn play(exam: &Exam, world: &mut World, run_seed: u64) -> Result<BTreeMap<String, Figures>> {
    let mut episodes = exam.open(world)?;
    let mut report = BTreeMap::new();
    for (name, script) in SCRIPTS {
        let mut all = Vec::new();
        for (index, opened) in episodes.iter_mut().enumerate() {
            let play = || -> Result<Figures> {
                let environment = opened.fork()?;
                let model = Box::new(DemonstrationModel);
                let mut episode = Episode::start(&world.parts, environment, model)?;
                let mut tally = Tally::default();
                let seed = derive(run_seed, Purpose::Baseline, &[index as u64]);
                for session in 1..=opened.sessions() {
                    tally.observe(&mut episode, session, Some((script, seed)))?;
                }
                figures::of(exam, opened, &tally.settle(episode, opened, None)?)
            };
            all.push(play().with_context(|| format!("the script {script} on episode {index}"))?);
        }
        report.insert(name.to_owned(), Figures::mean(&all));
    }
    Ok(report)
}
