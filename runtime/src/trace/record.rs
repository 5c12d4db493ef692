//! Recording of episodes.

use std::sync::Arc;

use crate::agent::episode::Episode;
use crate::error::Error;
use crate::model::{Embedder, LanguageModel};
use crate::store::snapshot::Snapshot;
use crate::trace::Trace;
use crate::trace::setup::LoadedSetup;

/// The choice of an episode to record.
///
/// [`Trace`] has an example.
#[derive(Clone)]
pub struct Program<'a> {
    /// The environment's split.
    pub split: &'a str,
    /// The episode's number in it.
    pub index: u64,
    /// The number of sessions to which it is cut; 0 means all.
    pub horizon: u32,
    /// The demonstrator whose hints come with every session, and their seed.
    pub demonstrator: Option<(&'a str, u64)>,
    /// A state of this episode to begin from, and the number of sessions before it.
    /// With none, an agent with an empty memory begins with the first session.
    pub from: Option<(&'a Snapshot, u32)>,
    /// The policy's embedder, if it has one.
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl LoadedSetup {
    /// Runs an episode from its first session to its last question, and records every
    /// call and the names of the states between sessions. `state` receives these
    /// states with the number of sessions before them.
    ///
    /// If the episode fails, the trace is returned too, and ends with the failure.
    pub fn record(
        &self,
        program: &Program<'_>,
        model: Box<dyn LanguageModel>,
        state: &mut dyn FnMut(u32, &Snapshot) -> Result<(), Error>,
    ) -> (Trace, Result<(), Error>) {
        let mut events = Vec::new();
        let result = self.start(model).and_then(|mut episode| {
            if let Some(embedder) = &program.embedder {
                episode.set_embedder(embedder.clone());
            }
            episode.record();
            let result = run(&mut episode, program, state);
            events = episode.take_events();
            result
        });
        let setup = self.setup().clone();
        (Trace { setup, events }, result)
    }
}

/// Runs an episode through all its sessions and questions.
fn run(
    episode: &mut Episode,
    program: &Program<'_>,
    state: &mut dyn FnMut(u32, &Snapshot) -> Result<(), Error>,
) -> Result<(), Error> {
    let opened = episode.open(program.split, program.index, program.horizon)?;
    let mut seen = 0;
    if let Some((from, sessions)) = program.from {
        episode.restore(from)?;
        seen = sessions;
    }
    state(seen, &episode.snapshot()?)?;
    while seen < opened.sessions {
        seen += 1;
        episode.observe(seen, program.demonstrator)?;
        state(seen, &episode.snapshot()?)?;
    }
    for question in episode.questions()? {
        episode.answer_and_score(&question)?;
    }
    Ok(())
}
