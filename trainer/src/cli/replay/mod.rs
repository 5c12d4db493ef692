//! `memloom replay`

mod edit;
mod tables;

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use memloom_runtime::{EpisodeSetup, Error, Event, SnapshotStore, Source, Trace};

use self::edit::EditArgument;
use self::tables::{difference, listing, what_if};
use super::output;

/// Replay a recorded episode without its model, and compare every call, state and
/// reward.
#[derive(Args)]
pub(super) struct Replay {
    /// A trace that `memloom play` wrote.
    trace: PathBuf,
    /// Replace one recorded operation, and print what that changes later: the
    /// operation's number, and the new operation. `12.1=drop`, `12.1={"delete":"m3"}`,
    /// `12.1={"insert":{"text":"Ann lives in Oslo"}}`,
    /// `12.1={"update":{"id":"m3"}}`: fields that are left out stay as recorded. `12=`
    /// means `12.1=`. Model outputs stay as recorded.
    #[arg(long, value_name = "EVENT.OPERATION=CHANGE", conflicts_with = "show")]
    edit: Option<EditArgument>,
    /// List the events, numbered as --edit names them, and stop.
    #[arg(long)]
    show: bool,
    /// With --show: print all of each event, on as many lines as it takes.
    #[arg(long, requires = "show")]
    full: bool,
    /// The bank's file. Default: the recorded path.
    #[arg(long, value_name = "FILE")]
    bank: Option<PathBuf>,
    /// The environment's file. Default: the recorded path.
    #[arg(long, value_name = "FILE")]
    environment: Option<PathBuf>,
    /// The policy's file. Default: the recorded path.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// A data file of the environment, matched by content; may be repeated.
    /// Default: the recorded path.
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Accept components that differ from the recorded ones, for instance rebuilt ones.
    #[arg(long)]
    other_components: bool,
    /// The folder that holds the episode's first state, if it is a stored one
    /// (`memloom play --from`).
    #[arg(long, value_name = "DIR")]
    states: Option<PathBuf>,
    /// Print only JSON.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub(super) fn run(self) -> Result<()> {
        let mut trace = Trace::read(&self.trace)?;
        if self.show {
            return output::print(&trace, self.json, || listing(&trace, self.full));
        }
        self.find(&mut trace.setup)?;
        let stage = trace.setup.load().map_err(hint)?;
        let store = self.states.as_ref().map(SnapshotStore::open).transpose()?;
        let mut events = trace.events.iter();
        if store.is_none() && events.any(|event| matches!(event, Event::Restored(_))) {
            bail!(
                "{} starts from a stored state: pass the folder that holds it as --states",
                self.trace.display()
            );
        }
        if let Some(edit) = &self.edit {
            let edit = edit.on(&trace.events)?;
            let outcome = trace.what_if(&stage, store.as_ref(), &edit)?;
            return output::print(&outcome, self.json, || what_if(&outcome, &edit));
        }
        let replay = trace.replay(&stage, store.as_ref())?;
        output::print(&replay, self.json, || match &replay.difference {
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
                "; it was recorded with wasmtime {}, which may count fuel differently",
                trace.setup.wasmtime
            ),
            false => String::new(),
        };
        bail!(
            "the replay differs from the recording from event {} on{wasmtime}",
            found.event
        )
    }

    /// Points the setup at the files that the arguments name.
    fn find(&self, setup: &mut EpisodeSetup) -> Result<()> {
        let component = |part, source: &mut Source, now: &Option<PathBuf>| {
            if let Some(path) = now {
                source.path = path.clone();
            }
            if self.other_components {
                source.blake3 = Source::from_path(part, &source.path)?.blake3;
            }
            anyhow::Ok(())
        };
        component("bank", &mut setup.bank, &self.bank)?;
        component("environment", &mut setup.environment, &self.environment)?;
        component("policy", &mut setup.policy, &self.policy)?;
        for path in &self.data {
            self.find_data(setup, path)?;
        }
        Ok(())
    }

    fn find_data(&self, setup: &mut EpisodeSetup, path: &Path) -> Result<()> {
        let now = Source::from_path("data file", path)?;
        let mut recorded = setup.data.iter_mut();
        let Some(source) = recorded.find(|source| source.blake3 == now.blake3) else {
            let recorded = setup
                .data
                .iter()
                .map(|source| format!("{} ({})", source.name, source.blake3));
            let recorded = match recorded.collect::<Vec<_>>().join(", ") {
                none if none.is_empty() => "no data files".to_owned(),
                files => files,
            };
            bail!(
                "the data file {} has the BLAKE3 hash {}; the trace recorded: {recorded}",
                path.display(),
                now.blake3
            );
        };
        source.path = now.path;
        Ok(())
    }
}

/// Adds the arguments that help with a file that is missing or not the recorded one.
fn hint(error: Error) -> anyhow::Error {
    let Error::Setup { part, .. } = &error else {
        return error.into();
    };
    match *part {
        "data file" => anyhow!("{error}; pass the recorded one as --data"),
        part => anyhow!(
            "{error}; pass the recorded one as --{part}, \
             or accept this one with --other-components"
        ),
    }
}
