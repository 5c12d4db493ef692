//! The fairness study: advantage estimators compared with measured advantages.
//!
//! Episodes fork exactly, so the effect of a rollout's actions in one session can be measured:
//! fresh continuations from the state after the session, minus fresh continuations from the
//! state before it. This difference is the true advantage.
//!
//! There are two truths. *Return*: the effect on the return of the whole trajectory.
//! *Session*: the effect on the reward of the session's own questions, which equation 10
//! credits to the session.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::config::{RunFile, StudySection};
use crate::env::TrainingEnv;
use crate::run::jsonl::Journal;
use crate::run::progress::Console;
use crate::study::analysis::Report;
use crate::study::measure::Subject;
use crate::study::record::Measured;
use crate::study::{page, table};
use crate::train::learner::per_role::RoleLearners;

/// Runs the study that `[study]` of the run file describes, on the weights of its run. Trains
/// the run first if it has no weights, and resumes a study that was interrupted.
///
/// # Errors
/// Fails as training does, and if weights or measurements cannot be read or written.
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
        .with_context(|| format!("cannot create folder {}", folder.display()))?;
    let path = folder.join("episodes.jsonl");
    let (mut measured, length) = read(&path, &study)?;
    let mut journal = Journal::open(&path, length)?;

    let env = TrainingEnv::load(file)?;
    let (learners, grammars) = RoleLearners::load(file, &weights, console)?;
    let subject = Subject {
        file,
        study: &study,
        grammars: &grammars,
    };
    // An episode takes time in proportion to the sessions that are rolled out.
    let cost = |horizon: u32| u64::from(horizon) * u64::from(horizon);
    let total = study.horizons.iter().map(|h| cost(*h)).sum::<u64>() * study.episodes;
    let mut done: u64 = measured.iter().map(|episode| cost(episode.horizon)).sum();
    let mut phase = console.phase("fairness", total, done);
    for index in 0..study.episodes {
        for &horizon in &study.horizons {
            let same = |episode: &Measured| (episode.horizon, episode.index) == (horizon, index);
            if measured.iter().any(same) {
                continue;
            }
            let start = Instant::now();
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
            episode.seconds = start.elapsed().as_secs_f64();
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
    write("fairness.txt", table::text(&report).as_bytes())?;
    write("fairness.html", page::html(&report).as_bytes())?;
    Ok(report)
}

/// Reads the episodes measured so far, and the length of their lines in bytes. An incomplete
/// last line, left by a kill, is measured again.
///
/// # Errors
/// Fails on a damaged line, and on an episode measured under other settings.
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
            format!("{} is damaged; remove it to measure again", path.display())
        })?;
        ensure!(
            episode.continuations == study.continuations,
            "{} was measured with study.continuations = {}, not {}; remove it to measure again",
            path.display(),
            episode.continuations,
            study.continuations
        );
        measured.push(episode);
        length += line.len() as u64;
    }
    Ok((measured, length))
}
