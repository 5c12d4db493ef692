//! A single rollout.

use std::sync::Arc;
use std::sync::mpsc::channel;

use anyhow::{Result, anyhow};
use memloom_engine::grammar::Grammars;
use memloom_runtime::LanguageModel;

use crate::rollout::batcher;
use crate::rollout::batcher::{Engine, EngineClient, RolloutHandle, RolloutId};
use crate::rollout::policy_model::{SampledModel, Sampling};

/// Calls `rollout` on a thread of its own, with a model that the engine samples for.
///
/// # Errors
/// Fails if `rollout` fails or panics.
pub fn run_single<T: Send>(
    grammars: &Arc<Grammars>,
    sampling: Sampling,
    engine: &mut dyn Engine,
    rollout: impl FnOnce(Box<dyn LanguageModel>) -> Result<T> + Send,
) -> Result<T> {
    let (events, inbox) = channel();
    let id = RolloutId {
        episode: 0,
        rollout: 0,
        reroll: None,
    };
    let handle = RolloutHandle::new(id, events);
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            let grammars = grammars.clone();
            let model = SampledModel::new(EngineClient::on(&handle), grammars, sampling);
            let result = rollout(Box::new(model));
            // `serve` returns when the handle is dropped.
            drop(handle);
            result
        });
        batcher::serve(&inbox, 1, engine);
        thread
            .join()
            .map_err(|_| anyhow!("the rollout's thread panicked"))?
    })
}
