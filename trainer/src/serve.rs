//! A run's weights in service: they speak for agents outside of the training.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Context, Result};
use memloom_runtime::{Embedder, LanguageModel};

use crate::embed;
use crate::outside::Outside;
use crate::rollout::hub::{self, Asking, Place};
use crate::rollout::model::{SampledModel, Sampling, Steps};
use crate::runfile::RunFile;
use crate::tokenizer::Tokenizer;
use crate::train::greedy;
use crate::train::learners::Learners;

/// Trained weights on a thread of their own. They speak for any number of agents
/// at once, whose requests they take together as they come, and always say what
/// is likeliest. Cheap to clone; the thread ends with the last clone and handle.
#[derive(Clone)]
pub struct ServedModel {
    asking: Asking,
    tokenizer: Arc<Tokenizer>,
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
        let (learners, tokenizer) = Learners::load(file, weights)?;
        let outside = Arc::new(Outside::new(file)?);
        let embedder = embed::named(file, &outside)?;
        let (requests, inbox) = channel();
        thread::Builder::new()
            .name("memloom-model".into())
            .spawn(move || hub::serve_anybody(&inbox, &mut learners.engine()))
            .context("cannot start a thread for the model")?;
        // Nobody's rollout: it says what is likeliest, whoever asks.
        let place = Place {
            episode: 0,
            rollout: 0,
            reroll: None,
        };
        Ok(Self {
            asking: Asking::new(place, requests),
            tokenizer,
            sampling: greedy(file),
            outside,
            embedder,
        })
    }

    /// The model for one more agent. Servers speak for the roles that the run file
    /// says.
    pub fn handle(&self) -> Box<dyn LanguageModel> {
        self.outside.beside(Box::new(self.own()))
    }

    /// The same, which keeps its steps here: what they say of a full context is lost
    /// otherwise.
    pub fn handle_keeping(&self, steps: &Steps) -> Box<dyn LanguageModel> {
        self.outside.beside(Box::new(self.own().keeping(steps)))
    }

    fn own(&self) -> SampledModel {
        let (asking, tokenizer) = (self.asking.clone(), self.tokenizer.clone());
        SampledModel::new(asking, tokenizer, self.sampling)
    }

    /// The embedder that the run file names, if it does.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        self.embedder.clone()
    }
}
