//! What `memloom replay` does with a trace: show it, live through it again, say
//! what another operation would have changed.

mod edit;
mod tables;

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use memloom_runtime::{EpisodeSetup, Error, Event, SnapshotStore, Source, Trace};

use serde::Serialize;

use self::edit::Wish;
use self::tables::{difference, listing, what_if};

/// What to do with which trace, and where its files are now.
#[derive(Args)]
pub struct Replay {
    /// A trace, as `memloom play` writes it.
    trace: PathBuf,
    /// Change one recorded operation, and say what that changes later: its
    /// number, and what is done instead. `12.1=drop`, `12.1={"delete":"m3"}`,
    /// `12.1={"insert":{"text":"Ann lives in Oslo"}}`,
    /// `12.1={"update":{"id":"m3"}}`: what is left out stays as recorded. `12=`
    /// means `12.1=`. Model outputs stay as they were.
    #[arg(long, value_name = "EVENT.OPERATION=CHANGE", conflicts_with = "show")]
    edit: Option<Wish>,
    /// List the events, numbered as --edit names them, and stop.
    #[arg(long)]
    show: bool,
    /// The bank's file. Default: where it was.
    #[arg(long, value_name = "FILE")]
    bank: Option<PathBuf>,
    /// The environment's file. Default: where it was.
    #[arg(long, value_name = "FILE")]
    environment: Option<PathBuf>,
    /// The policy's file. Default: where it was.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A data file of the environment, found by its content; may be repeated.
    /// Default: where it was.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Take components as they are now: says whether rebuilt ones do the same.
    #[arg(long)]
    other_components: bool,
    /// The folder with the state that the episode began from, where it did not
    /// begin with its first session.
    #[arg(long, value_name = "DIR")]
    states: Option<PathBuf>,
    /// Print as JSON, and nothing else.
    #[arg(long)]
    json: bool,
}

impl Replay {
    /// Does it and prints what came of it.
    ///
    /// # Errors
    /// Where the trace or a file of it is missing or damaged, and where the
    /// episode does not go as it was recorded.
    pub fn run(self) -> Result<()> {
        let mut trace = Trace::read(&self.trace)?;
        if self.show {
            return self.say(&trace, || listing(&trace));
        }
        self.find(&mut trace.setup)?;
        let stage = trace.setup.load().map_err(hint)?;
        let store = self.states.as_ref().map(SnapshotStore::open).transpose()?;
        let mut events = trace.events.iter();
        if store.is_none() && events.any(|event| matches!(event, Event::Restored(_))) {
            bail!(
                "{} begins from a stored state: name the folder that holds it with --states",
                self.trace.display()
            );
        }
        if let Some(wish) = &self.edit {
            let edit = wish.on(&trace.events)?;
            let outcome = trace.what_if(&stage, store.as_ref(), &edit)?;
            return self.say(&outcome, || what_if(&outcome, &edit));
        }
        let replay = trace.replay(&stage, store.as_ref())?;
        self.say(&replay, || match &replay.difference {
            Some(found) => difference(found),
            None => format!(
                "{} events, {} states and {} rewards (sum {:.2}) are as recorded\n",
                replay.events, replay.states, replay.scores, replay.reward
            ),
        })?;
        let Some(found) = &replay.difference else {
            return Ok(());
        };
        let wasmtime = match trace.setup.ran_on_other_wasmtime() {
            true => format!(
                "; it was recorded with wasmtime {}, which may count fuel otherwise",
                trace.setup.wasmtime
            ),
            false => String::new(),
        };
        bail!(
            "the episode does not go as recorded from event {} on{wasmtime}",
            found.event
        )
    }

    /// Prints a value: as JSON, or in words.
    fn say(&self, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<()> {
        let text = match self.json {
            true => serde_json::to_string_pretty(value)? + "\n",
            false => words(),
        };
        match std::io::stdout().write_all(text.as_bytes()) {
            // Whoever reads has seen enough: `head`, for instance.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result.context("cannot write to standard output"),
        }
    }

    /// Points the setting at the files that are named.
    fn find(&self, setting: &mut EpisodeSetup) -> Result<()> {
        let component = |part, source: &mut Source, now: &Option<PathBuf>| {
            if let Some(path) = now {
                source.path = path.clone();
            }
            if self.other_components {
                source.blake3 = Source::from_path(part, &source.path)?.blake3;
            }
            anyhow::Ok(())
        };
        component("bank", &mut setting.bank, &self.bank)?;
        component("environment", &mut setting.environment, &self.environment)?;
        component("policy", &mut setting.policy, &self.policy)?;
        for path in &self.data {
            self.find_data(setting, path)?;
        }
        Ok(())
    }

    fn find_data(&self, setting: &mut EpisodeSetup, path: &Path) -> Result<()> {
        let now = Source::from_path("data file", path)?;
        let mut recorded = setting.data.iter_mut();
        let Some(source) = recorded.find(|source| source.blake3 == now.blake3) else {
            let recorded = setting
                .data
                .iter()
                .map(|source| format!("{} ({})", source.name, source.blake3));
            let recorded = match recorded.collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "no data files".to_owned(),
                files => files,
            };
            bail!(
                "the data file {} has the BLAKE3 hash {}; recorded were: {recorded}",
                path.display(),
                now.blake3
            );
        };
        source.path = now.path;
        Ok(())
    }
}

/// What to do about a file that is not there or not the recorded one.
fn hint(error: Error) -> anyhow::Error {
    let Error::Setup { part, .. } = &error else {
        return error.into();
    };
    match *part {
        "data file" => anyhow!("{error}; name the recorded one with --data"),
        part => anyhow!(
            "{error}; name the recorded one with --{part}, \
             or see with --other-components what this one does"
        ),
    }
}
