//! One rollout by itself.

use std::sync::Arc;
use std::sync::mpsc::channel;

use anyhow::{Result, anyhow};
use memloom_engine::grammar::Grammars;
use memloom_runtime::LanguageModel;

use crate::rollout::batcher;
use crate::rollout::batcher::{Engine, EngineClient, RolloutHandle, RolloutId};
use crate::rollout::policy_model::{SampledModel, Sampling};

/// Does `live` on a thread of its own, with a model that the engine speaks for.
///
/// # Errors
/// Those of `live`.
pub fn alone<T: Send>(
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
    live: impl FnOnce(Box<dyn LanguageModel>) -> Result<T> + Send,
) -> Result<T> {
    let (events, inbox) = channel();
    let id = RolloutId {
        episode: 0,
        rollout: 0,
        reroll: None,
    };
    let handle = RolloutHandle::new(id, events);
    std::thread::scope(|scope| {
        let living = scope.spawn(move || {
            let grammars = grammars.clone();
            let model = SampledModel::new(EngineClient::on(&handle), grammars, sampling);
            // The handle lives until here: the hub serves as long.
            let lived = live(Box::new(model));
            drop(handle);
            lived
        });
        batcher::serve(&inbox, 1, engine);
        living
            .join()
            .map_err(|_| anyhow!("the episode's thread has stopped"))?
    })
}
