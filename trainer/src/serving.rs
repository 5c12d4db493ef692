//! A trained model that serves agents outside of training.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::{Embedder, LanguageModel};

use crate::clients::Servers;
use crate::config::RunFile;
use crate::embedder::embedder;
use crate::rollout::batcher;
use crate::rollout::batcher::{EngineClient, RolloutId};
use crate::rollout::policy_model::{RecordedSteps, SampledModel, Sampling};
use crate::run::progress::Console;
use crate::train::learner::per_role::RoleLearners;

/// Trained weights on a thread of their own. They serve any number of agents at once,
/// batch requests as they arrive, and sample greedily. Cheap to clone; the thread ends with
/// the last clone and handle.
#[derive(Clone)]
pub struct ServedModel {
    client: EngineClient,
    grammars: Arc<Grammars>,
    sampling: Sampling,
    servers: Arc<Servers>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl ServedModel {
    /// Loads a folder with `model.safetensors`, `config.json` and `tokenizer.json`, such as
    /// `final/` of a run.
    ///
    /// # Errors
    /// The folder holds no weights that fit the run file, or no thread can be started.
    pub fn load(file: &RunFile, weights: &Path) -> Result<Self> {
        let (learners, grammars) = RoleLearners::load(file, weights, Console::Lines)?;
        let servers = Arc::new(Servers::new(file)?);
        let embedder = embedder(file, &servers)?;
        let (requests, inbox) = channel();
        thread::Builder::new()
            .name("memloom-model".into())
            .spawn(move || batcher::serve_unordered(&inbox, &mut learners.engine()))
            .context("cannot start a thread for the model")?;
        // Greedy sampling does not depend on the rollout's number.
        let place = RolloutId {
            episode: 0,
            rollout: 0,
            reroll: None,
        };
        Ok(Self {
            client: EngineClient::new(place, requests),
            grammars,
            sampling: Sampling::greedy(file.run.seed),
            servers,
            embedder,
        })
    }

    /// Returns a model for one more agent. Requests of roles in `[servers.NAME]` go to their
    /// servers.
    pub fn handle(&self) -> Box<dyn LanguageModel> {
        self.servers.route(Box::new(self.own()))
    }

    /// Returns a model for one more agent that keeps its steps in `steps`. They are the only
    /// sign of a context that was full.
    pub fn handle_keeping(&self, steps: &RecordedSteps) -> Box<dyn LanguageModel> {
        self.servers.route(Box::new(self.own().keeping(steps)))
    }

    fn own(&self) -> SampledModel {
        let (client, grammars) = (self.client.clone(), self.grammars.clone());
        SampledModel::new(client, grammars, self.sampling)
    }

    /// Returns the run file's embedder, if it has one.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.clone()
    }
}
