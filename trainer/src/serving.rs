//! A run's weights in service: they speak for agents outside of the training.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context, Result};
use memloom_engine::grammar::Grammars;
use memloom_runtime::{Embedder, LanguageModel};

use crate::clients::Outside;
use crate::config::RunFile;
use crate::embedder::embedder;
use crate::rollout::batcher;
use crate::rollout::batcher::{EngineClient, RolloutId};
use crate::rollout::policy_model::{SampledModel, Sampling};
use crate::train::greedy;
use crate::train::learner::per_role::RoleLearners;

/// Trained weights on a thread of their own. They speak for any number of agents
/// at once, whose requests they take together as they come, and always say what
/// is likeliest. Cheap to clone; the thread ends with the last clone and handle.
#[derive(Clone)]
pub struct ServedModel {
    asking: EngineClient,
    grammars: Arc<Grammars>,
    sampling: Sampling,
    outside: Arc<Outside>,
    embedder: Option<Arc<dyn Embedder>>,
}

impl ServedModel {
    /// Loads a folder with `model.safetensors`, `config.json` and
    /// `tokenizer.json`, such as `final/` of a run.
    ///
    /// # Errors
    /// Where the folder holds no weights that this run file can have, or the
    /// machine has no thread left.
    pub fn load(file: &RunFile, weights: &Path) -> Result<Self> {
        let (learners, grammars) = RoleLearners::load(file, weights)?;
        let outside = Arc::new(Outside::new(file)?);
        let embedder = embedder(file, &outside)?;
        let (requests, inbox) = channel();
        thread::Builder::new()
            .name("memloom-model".into())
            .spawn(move || batcher::serve_unordered(&inbox, &mut learners.engine()))
            .context("cannot start a thread for the model")?;
        // Nobody's rollout: it says what is likeliest, whoever asks.
        let place = RolloutId {
            episode: 0,
            rollout: 0,
            reroll: None,
        };
        Ok(Self {
            asking: EngineClient::new(place, requests),
            grammars,
            sampling: greedy(file),
            outside,
            embedder,
        })
    }

    /// The model for one more agent. Servers speak for the roles that the run file
    /// says.
    pub fn handle(&self) -> Box<dyn LanguageModel> {
        let (asking, grammars) = (self.asking.clone(), self.grammars.clone());
        let own = SampledModel::new(asking, grammars, self.sampling);
        self.outside.beside(Box::new(own))
    }

    /// The embedder that the run file names, if it does.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.clone()
    }
}
