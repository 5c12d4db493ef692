//! Traces: the record of an episode, with every call of the policy into the host
//! and every call of the host.

mod display;
mod file;
pub(crate) mod record;
pub(crate) mod setup;

use serde::{Deserialize, Serialize};

use self::setup::EpisodeSetup;
use crate::event::Event;
use crate::store::snapshot::States;

/// The record of an episode, from which it can be replayed without a model.
///
/// ```
/// use memloom_runtime::{DemonstrationModel, EpisodeSetup, Program, SetupFiles, Trace};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let setup = EpisodeSetup::from_files(SetupFiles {
///     bank: "../target/components/flat.wasm".as_ref(),
///     environment: "../target/components/chronicle.wasm".as_ref(),
///     policy: "../target/components/selector.wasm".as_ref(),
///     data: &[],
/// })?;
/// let loaded = setup.load()?;
/// let program = Program {
///     split: "train",
///     index: 0,
///     horizon: 2,
///     demonstrator: Some(("expert", 1)),
///     from: None,
///     embedder: None,
/// };
/// let model = Box::new(DemonstrationModel);
/// let (trace, result) = loaded.record(&program, model, &mut |_, _| Ok(()));
/// result?;
///
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("one.trace");
/// trace.write(&path)?;
/// let trace = Trace::read(&path)?;
/// assert_eq!(trace.states().count(), 3); // before, between and after two sessions
///
/// // The replay needs no model, and every byte is as recorded.
/// let replay = trace.replay(&loaded, None)?;
/// assert_eq!(replay.difference, None);
/// assert_eq!((replay.events, replay.states), (trace.events.len(), 3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The setup of the episode.
    pub setup: EpisodeSetup,
    /// The events in order. Messages and [`Edit`](crate::Edit) count them from 1.
    pub events: Vec<Event>,
}

impl Trace {
    /// Returns the states between sessions, each with the number of the session before
    /// it: 0 before the first.
    pub fn states(&self) -> impl Iterator<Item = (u32, &States)> {
        let session = |event: &Event| match event {
            Event::Observed { session, .. } => Some(*session),
            _ => None,
        };
        let first = self.events.iter().find_map(session);
        let mut before = first.map_or(0, |first| first.saturating_sub(1));
        self.events.iter().filter_map(move |event| {
            before = session(event).unwrap_or(before);
            match event {
                Event::Captured(states) => Some((before, states)),
                _ => None,
            }
        })
    }
}
