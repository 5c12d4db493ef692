//! Is the credit fair? Environments fork exactly, so what a rollout's deeds in
//! one session changed can be measured: fresh continuations from the state after
//! it against fresh continuations from the state before it. That is the true
//! advantage; each estimator is held against it.
//!
//! Two truths. *Return*: what the deeds did to the whole trajectory's return.
//! *Session*: what they did to the reward of the session's own questions, which
//! equation 10 credits it with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::config::{RunFile, StudySection};
use crate::env::TrainingEnv;
use crate::run::jsonl::Journal;
use crate::run::progress::Console;
use crate::study::analysis::Report;
use crate::study::measure::Subject;
use crate::study::page;
use crate::train::learner::per_role::RoleLearners;

/// Which deeds' credit an estimator is about, by name and in the order of reports.
pub const ESTIMATORS: [&str; 6] = [
    "trajectory",
    "suffix",
    "session",
    "group-in-group",
    "local",
    "logo",
];

/// Runs the study that the run file's `[study]` describes with the weights of
/// its run, which is trained first if it has not been. Goes on where it stopped.
///
/// # Errors
/// As training; weights or measurements that cannot be read or written.
pub fn run(file: &RunFile, small: bool, console: Console) -> Result<Report> {
    let weights = file.run.out.join("final");
    if !weights.exists() {
        let resume = file.run.out.join("run.toml").exists();
        crate::train::run(file, resume, console)?;
    }
    let study = if small {
        file.study.small()
    } else {
        file.study.clone()
    };
    study.check()?;
    let folder = file
        .run
        .out
        .join(if small { "fairness-small" } else { "fairness" });
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let path = folder.join("episodes.jsonl");
    let (mut measured, length) = read(&path, &study)?;
    let mut journal = Journal::open(&path, length)?;

    let env = TrainingEnv::load(file)?;
    let (learners, grammars) = RoleLearners::load(file, &weights)?;
    let subject = Subject {
        file,
        study: &study,
        grammars: &grammars,
    };
    // Lives of a session, roughly what an episode takes.
    let cost = |horizon: u32| u64::from(horizon) * u64::from(horizon);
    let total = study.horizons.iter().map(|h| cost(*h)).sum::<u64>() * study.episodes;
    let mut done: u64 = measured.iter().map(|episode| cost(episode.horizon)).sum();
    let mut phase = console.phase("fairness", total, done);
    for index in 0..study.episodes {
        for &horizon in &study.horizons {
            let known = |episode: &Measured| (episode.horizon, episode.index) == (horizon, index);
            if measured.iter().any(known) {
                continue;
            }
            let began = Instant::now();
            let opened = env.open("train", index, horizon)?;
            ensure!(
                opened.sessions() == horizon,
                "study.horizons: {} has {} sessions, not {horizon}",
                opened.id,
                opened.sessions()
            );
            let mut episode = subject
                .measure(&opened, index, &mut learners.engine())
                .with_context(|| format!("measuring {} over {horizon} sessions", opened.id))?;
            episode.seconds = began.elapsed().as_secs_f64();
            journal.write(&episode)?;
            journal.sync()?;
            done += cost(horizon);
            phase.at(done, &format!("{horizon} sessions, episode {}", index + 1));
            measured.push(episode);
        }
    }
    drop(phase);
    let report = Report::of(&measured, &study, file);
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    write("fairness.json", &serde_json::to_vec_pretty(&report)?)?;
    write("fairness.txt", report.table().as_bytes())?;
    write("fairness.html", page::html(&report).as_bytes())?;
    Ok(report)
}

/// Episodes that were measured before, as this study measures them, and how many
/// bytes of the file they are. What a kill cut short is measured again.
fn read(path: &Path, study: &StudySection) -> Result<(Vec<Measured>, u64)> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let mut measured = Vec::new();
    let mut length = 0;
    for line in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let episode: Measured = serde_json::from_str(line).with_context(|| {
            format!("{} is damaged: remove it to measure again", path.display())
        })?;
        ensure!(
            episode.continuations == study.continuations,
            "{} was measured with study.continuations = {}, not {}: remove it to measure again",
            path.display(),
            episode.continuations,
            study.continuations
        );
        measured.push(episode);
        length += line.len() as u64;
    }
    Ok((measured, length))
}

/// A line of `episodes.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Measured {
    pub(super) horizon: u32,
    pub(super) index: u64,
    pub(super) continuations: usize,
    pub(super) seconds: f64,
    /// Mean return of continuations from the start.
    pub(super) start: f64,
    /// Tokens that the rollouts generated.
    pub(super) tokens: u64,
    pub(super) deeds: Vec<Deed>,
}

/// What a rollout did in a session.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Deed {
    pub(super) rollout: usize,
    pub(super) session: u32,
    pub(super) tokens: u64,
    /// What it did to the trajectory's return.
    pub(super) of_return: Truth,
    /// What it did to the session's own reward; none without a question.
    pub(super) of_session: Option<Truth>,
    /// Advantages as training would give them, by estimator; none where masked.
    pub(super) estimates: BTreeMap<String, f64>,
    /// By estimator, in reward units: what it says on average over everything but
    /// the deed itself, less the truth it is about.
    pub(super) errors: BTreeMap<String, Error>,
}

/// A difference of means of continuations, and the square of its standard error.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Truth {
    pub(super) value: f64,
    pub(super) doubt: f64,
}

/// How far an estimator's mean is from the truth (and what of that, squared, is
/// doubt about the means), and its variance about its mean.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Error {
    pub(super) bias: f64,
    pub(super) doubt: f64,
    pub(super) variance: f64,
}
