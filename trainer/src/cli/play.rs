//! One episode, played for the record.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use memloom_runtime::{
    DemonstrationModel, Event, Files, LanguageModel, Program, Setting, Snapshot, SnapshotStore,
    Trace,
};
use serde::Serialize;

use crate::clients::Outside;
use crate::config::RunFile;
use crate::embedder::embedder;
use crate::rollout::single::alone;
use crate::train::greedy;
use crate::train::learner::per_role::RoleLearners;

/// Which episode is played.
pub enum Start {
    /// An episode of the environment, from its beginning.
    Episode {
        /// The environment's split.
        split: String,
        /// The episode's number in it.
        index: u64,
        /// Sessions; 0 is all.
        horizon: u32,
    },
    /// The episode of a trace, from one of its states.
    State {
        /// The trace.
        trace: PathBuf,
        /// The state after this session; 0 is the beginning.
        session: u32,
    },
}

/// Who plays.
pub enum Player {
    /// A demonstrator of the environment, without a model.
    Demonstrator(String),
    /// Trained weights: a folder with `model.safetensors`, `config.json` and
    /// `tokenizer.json`. Greedy.
    Weights(PathBuf),
}

/// What came of it. Displays as a few lines for people.
#[derive(Serialize)]
pub struct Played {
    /// The trace's file.
    pub trace: PathBuf,
    /// Events in it.
    pub events: usize,
    /// Names of the states between sessions.
    pub states: Vec<State>,
    /// Questions that were scored.
    pub questions: usize,
    /// The sum of their rewards.
    pub reward: f64,
    /// What the states took on disk; none where they were not stored.
    pub stored: Option<Stored>,
}

/// A state between two sessions.
#[derive(Serialize)]
pub struct State {
    /// Sessions that it has seen.
    pub session: u32,
    /// Its name.
    pub name: String,
}

/// What stored states take.
#[derive(Default, Serialize)]
pub struct Stored {
    /// Bytes of all of them.
    pub bytes: u64,
    /// Bytes that were not there before: equal states are stored once.
    pub new: u64,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for state in &self.states {
            writeln!(f, "after session {:<3} {}", state.session, state.name)?;
        }
        if let Some(Stored { bytes, new }) = self.stored {
            writeln!(f, "{bytes} bytes of states, {new} of them stored anew")?;
        }
        let (questions, reward) = (self.questions, self.reward);
        writeln!(f, "{questions} questions, sum of rewards {reward:.2}")?;
        writeln!(f, "{} events in {}", self.events, self.trace.display())
    }
}

/// The setting of a run's episodes.
///
/// # Errors
/// Where a file of it cannot be read.
pub fn setting(file: &RunFile) -> Result<Setting> {
    let mut setting = Setting::of(Files {
        bank: &file.components.bank,
        environment: &file.components.environment,
        policy: &file.components.policy,
        data: &file.environment.data,
    })?;
    setting.environment_options = serde_json::to_string(&file.environment.options)?;
    setting.policy_options = serde_json::to_string(&file.policy.options)?;
    Ok(setting)
}

/// Plays an episode and writes its trace to `out`, also where it fails on the
/// way. States between sessions go to `states`, where there is such a folder.
///
/// # Errors
/// Those of the components, the model, and the files.
pub fn play(
    file: &RunFile,
    start: &Start,
    player: &Player,
    out: &Path,
    states: Option<&Path>,
) -> Result<Played> {
    let store = states.map(SnapshotStore::open).transpose()?;
    let stage = setting(file)?.stage()?;
    let outside = Arc::new(Outside::new(file)?);
    let (split, index, horizon, from) = match start {
        Start::Episode {
            split,
            index,
            horizon,
        } => (split.clone(), *index, *horizon, None),
        Start::State { trace, session } => {
            let store = store
                .as_ref()
                .context("--from needs --states: the folder that holds the trace's states")?;
            state_of(&Trace::read(trace)?, stage.setting(), *session, store)
                .with_context(|| format!("cannot begin from {}", trace.display()))?
        }
    };
    let demonstrator = match player {
        Player::Demonstrator(name) => Some((name.as_str(), file.run.seed)),
        Player::Weights(_) => None,
    };
    let program = Program {
        split: &split,
        index,
        horizon,
        demonstrator,
        from: from
            .as_ref()
            .map(|(snapshot, session)| (snapshot, *session)),
        embedder: embedder(file, &outside)?,
    };
    let mut stored = store.as_ref().map(|_| Stored::default());
    let mut keep = |_: u32, snapshot: &Snapshot| {
        if let (Some(store), Some(stored)) = (&store, &mut stored) {
            stored.bytes += snapshot.bytes();
            stored.new += store.save(snapshot)?;
        }
        Ok(())
    };
    let mut record = |model: Box<dyn LanguageModel>| {
        let (trace, lived) = stage.record(&program, model, &mut keep);
        trace.write(out)?;
        lived.with_context(|| format!("{} holds the episode up to here", out.display()))?;
        Ok(trace)
    };
    let trace = match player {
        Player::Demonstrator(_) => {
            record(outside.after_demonstrations(Box::new(DemonstrationModel)))?
        }
        Player::Weights(folder) => {
            let (learners, grammars) = RoleLearners::load(file, folder)?;
            let mut engine = learners.engine();
            alone(&grammars, greedy(file), &mut engine, |model| {
                record(outside.beside(model))
            })?
        }
    };
    let rewards = trace.events.iter().filter_map(|event| match event {
        Event::Scored { result, .. } => Some(f64::from(result.as_ref().ok()?.reward)),
        _ => None,
    });
    let states = trace.states().map(|(session, states)| State {
        session,
        name: states.name(),
    });
    Ok(Played {
        trace: out.to_owned(),
        events: trace.events.len(),
        questions: rewards.clone().count(),
        reward: rewards.sum(),
        states: states.collect(),
        stored,
    })
}

type Place = (String, u64, u32, Option<(Snapshot, u32)>);

/// The episode of a trace, and its state after a session.
fn state_of(
    trace: &Trace,
    setting: &Setting,
    session: u32,
    store: &SnapshotStore,
) -> Result<Place> {
    for (part, now, then) in [
        ("bank", &setting.bank, &trace.setting.bank),
        (
            "environment",
            &setting.environment,
            &trace.setting.environment,
        ),
        ("policy", &setting.policy, &trace.setting.policy),
    ] {
        ensure!(
            now.blake3 == then.blake3,
            "it was recorded with another {part}, of the BLAKE3 hash {}; the run file's has {}",
            then.blake3,
            now.blake3
        );
    }
    let mut events = trace.events.iter();
    let opened = events.find_map(|event| match event {
        Event::Opened {
            split,
            index,
            horizon,
            ..
        } => Some((split.clone(), *index, *horizon)),
        _ => None,
    });
    let (split, index, horizon) = opened.context("it opens no episode")?;
    let mut states = trace.states();
    let (_, states) = states
        .find(|(seen, _)| *seen == session)
        .with_context(|| format!("it has no state after session {session}"))?;
    let snapshot = store.load(&states.name())?;
    Ok((split, index, horizon, Some((snapshot, session))))
}
