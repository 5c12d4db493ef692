//! `memloom play`

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Args;
use memloom_runtime::{
    DemonstrationModel, EpisodeSetup, Event, LanguageModel, Program, SetupFiles, Snapshot,
    SnapshotStore, Trace,
};
use serde::Serialize;

use super::output;
use super::run_arguments::RunArguments;
use crate::clients::Servers;
use crate::config::RunFile;
use crate::embedder::embedder;
use crate::rollout::policy_model::Sampling;
use crate::rollout::single::run_single;
use crate::run::progress::Console;
use crate::train::learner::per_role::RoleLearners;

/// Play one episode of a run, and record every call in a trace.
#[derive(Args)]
pub(super) struct Play {
    #[command(flatten)]
    run: RunArguments,
    /// The trace to write.
    #[arg(long, value_name = "FILE")]
    trace: PathBuf,
    /// The environment's split.
    #[arg(long, default_value = "held-out")]
    split: String,
    /// The episode's number in the split, from 0.
    #[arg(long, default_value_t = 0)]
    episode: u64,
    /// Sessions of the episode; 0 is all. Default: `evaluation.horizon`.
    #[arg(long)]
    horizon: Option<u32>,
    /// Folder with model.safetensors, config.json and tokenizer.json. Default: `run.out`/final.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Play with a demonstrator of the environment instead of a model:
    /// expert, demonstrator, everything or nothing.
    #[arg(long, value_name = "NAME", conflicts_with = "weights")]
    demonstrator: Option<String>,
    /// Store the states between sessions in this folder, equal ones once.
    #[arg(long, value_name = "DIR")]
    states: Option<PathBuf>,
    /// Start from a stored state of another trace: the one after this session of its
    /// episode. `--states` names the folder that holds the state.
    #[arg(
        long,
        value_name = "TRACE:SESSION",
        value_parser = from,
        requires = "states",
        conflicts_with_all = ["split", "episode", "horizon"]
    )]
    from: Option<(PathBuf, u32)>,
    /// Print only the names of states and the totals, as JSON.
    #[arg(long)]
    json: bool,
}

fn from(text: &str) -> Result<(PathBuf, u32), String> {
    let (trace, session) = text
        .rsplit_once(':')
        .ok_or("expected a trace and a session, as in one.trace:5")?;
    let session = session.parse().map_err(|error| format!("{error}"))?;
    Ok((trace.into(), session))
}

impl Play {
    pub(super) fn run(self) -> Result<()> {
        let file = self.run.read()?;
        let start = match self.from {
            Some((trace, session)) => Start::State { trace, session },
            None => Start::Episode {
                split: self.split,
                index: self.episode,
                horizon: self.horizon.unwrap_or(file.evaluation.horizon),
            },
        };
        let player = match self.demonstrator {
            Some(name) => Player::Demonstrator(name),
            None => Player::Weights(self.weights.unwrap_or_else(|| file.run.out.join("final"))),
        };
        let played = play(
            &file,
            &start,
            &player,
            &self.trace,
            self.states.as_deref(),
            Console::detect(self.json),
        )?;
        output::print(&played, self.json, || played.to_string())
    }
}

/// The state that an episode is played from.
enum Start {
    /// The beginning of an episode of the environment.
    Episode {
        split: String,
        index: u64,
        /// Sessions; 0 is all.
        horizon: u32,
    },
    /// A state of a trace's episode.
    State {
        trace: PathBuf,
        /// Sessions before the state; 0 is the beginning.
        session: u32,
    },
}

/// The source of the policy's outputs.
enum Player {
    /// A demonstrator of the environment, without a model.
    Demonstrator(String),
    /// Trained weights, sampled greedily.
    Weights(PathBuf),
}

/// A played episode in numbers.
#[derive(Serialize)]
struct Played {
    trace: PathBuf,
    /// Events in the trace.
    events: usize,
    /// States between sessions.
    states: Vec<State>,
    /// Questions that were scored.
    questions: usize,
    /// The sum of the questions' rewards.
    reward: f64,
    /// Disk space of the states; none without `--states`.
    stored: Option<Stored>,
}

/// A state between two sessions.
#[derive(Serialize)]
struct State {
    /// Sessions before the state.
    session: u32,
    name: String,
}

/// Disk space of stored states.
#[derive(Default, Serialize)]
struct Stored {
    /// Bytes of all states.
    bytes: u64,
    /// Bytes that were written: equal states are stored once.
    new: u64,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for state in &self.states {
            writeln!(f, "after session {:<3} {}", state.session, state.name)?;
        }
        if let Some(Stored { bytes, new }) = self.stored {
            writeln!(f, "{bytes} bytes of states, {new} of them newly stored")?;
        }
        let (questions, reward) = (self.questions, self.reward);
        writeln!(f, "{questions} questions, sum of rewards {reward:.2}")?;
        writeln!(f, "{} events in {}", self.events, self.trace.display())
    }
}

/// Returns the setup of a run's episodes.
fn setup(file: &RunFile) -> Result<EpisodeSetup> {
    let mut setup = EpisodeSetup::from_files(SetupFiles {
        bank: &file.components.bank,
        environment: &file.components.environment,
        policy: &file.components.policy,
        data: &file.environment.data,
    })?;
    setup.bank_options = serde_json::to_string(&file.bank.options)?;
    setup.environment_options = serde_json::to_string(&file.environment.options)?;
    setup.policy_options = serde_json::to_string(&file.policy.options)?;
    Ok(setup)
}

/// Plays an episode and writes its trace to `out`, even if the episode fails on the
/// way. Stores the states between sessions in the folder `states`, if there is one.
fn play(
    file: &RunFile,
    start: &Start,
    player: &Player,
    out: &Path,
    states: Option<&Path>,
    console: Console,
) -> Result<Played> {
    let store = states.map(SnapshotStore::open).transpose()?;
    let stage = setup(file)?.load()?;
    let servers = Arc::new(Servers::new(file)?);
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
            state_of(&Trace::read(trace)?, stage.setup(), *session, store)
                .with_context(|| format!("cannot start from {}", trace.display()))?
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
        embedder: embedder(file, &servers)?,
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
        Player::Demonstrator(_) => record(servers.route_answers(Box::new(DemonstrationModel)))?,
        Player::Weights(folder) => {
            let (learners, grammars) = RoleLearners::load(file, folder, console)?;
            let mut engine = learners.engine();
            run_single(
                &grammars,
                Sampling::greedy(file.run.seed),
                &mut engine,
                |model| record(servers.route(model)),
            )?
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

/// Split, index and horizon of an episode, and the state to start from with the number of
/// sessions before it.
type StartingPoint = (String, u64, u32, Option<(Snapshot, u32)>);

/// Returns the episode of a trace and its state after a session.
fn state_of(
    trace: &Trace,
    setup: &EpisodeSetup,
    session: u32,
    store: &SnapshotStore,
) -> Result<StartingPoint> {
    for (part, now, then) in [
        ("bank", &setup.bank, &trace.setup.bank),
        ("environment", &setup.environment, &trace.setup.environment),
        ("policy", &setup.policy, &trace.setup.policy),
    ] {
        ensure!(
            now.blake3 == then.blake3,
            "recorded with another {part}, whose BLAKE3 hash is {}; the run file's is {}",
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
    let (split, index, horizon) = opened.context("the trace opens no episode")?;
    let mut states = trace.states();
    let (_, states) = states
        .find(|(seen, _)| *seen == session)
        .with_context(|| format!("the trace has no state after session {session}"))?;
    let snapshot = store.load(&states.name())?;
    Ok((split, index, horizon, Some((snapshot, session))))
}
