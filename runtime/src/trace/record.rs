//! Episodes lived through for the record.

use std::sync::Arc;

use crate::agent::episode::Episode;
use crate::error::Error;
use crate::model::{Embedder, LanguageModel};
use crate::trace::setup::Stage;
use crate::store::snapshot::Snapshot;
use crate::trace::Trace;

/// Which episode is lived through, and how.
///
/// [`Trace`] shows one.
#[derive(Clone)]
pub struct Program<'a> {
    /// The environment's split.
    pub split: &'a str,
    /// The episode's number in it.
    pub index: u64,
    /// Sessions to which it is cut; 0 is all.
    pub horizon: u32,
    /// Whose hints come with every session, and the seed of them.
    pub demonstrator: Option<(&'a str, u64)>,
    /// A state of this episode to begin from, and the sessions that it has seen.
    /// By default an agent that knows nothing begins with the first session.
    pub from: Option<(&'a Snapshot, u32)>,
    /// The policy's embedder, if it has one.
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl Stage {
    /// Lives through an episode, from its first session to its last question, and
    /// records it: every call, and the names of the states between sessions.
    /// `state` sees these states, with the number of sessions they have seen.
    ///
    /// The trace also comes where the episode fails: it ends with the failure.
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
            let result = live(&mut episode, program, state);
            events = episode.take_events();
            result
        });
        let setting = self.setting().clone();
        (Trace { setting, events }, result)
    }
}

fn live(
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
        let answer = episode.answer(&question)?;
        episode.score(&question, &answer)?;
    }
    Ok(())
}
