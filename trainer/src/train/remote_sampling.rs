//! Rollouts on a server. The server loads the run's adapter after every update and samples
//! with it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memloom_engine::generation::{Request, Sample};
use memloom_engine::tokenizer::Tokenizer;

use crate::clients::vllm::{TokenLimits, VllmSampler};
use crate::config::RunFile;
use crate::train::learner::per_role::RoleLearners;

/// The adapters that a server has loaded.
pub struct RemoteSampler {
    /// Folder that the server loads adapters from.
    folder: PathBuf,
    /// Number of versions that were loaded.
    times: u64,
    /// Names of the loaded adapters, by learner.
    adapters: Vec<(String, String)>,
    limits: TokenLimits,
}

impl RemoteSampler {
    /// Returns a sampler without adapters. Removes the content of `folder`, which adapters are
    /// written to.
    ///
    /// # Errors
    /// Fails if the folder cannot be removed.
    pub fn new(folder: &Path, learners: &RoleLearners) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        Ok(Self {
            folder: folder.into(),
            times: 0,
            adapters: Vec::new(),
            limits: TokenLimits {
                context: learners.context(),
                vocabulary: learners.vocabulary(),
            },
        })
    }

    /// Makes the server load the present adapter and unload the one before. The first call
    /// also checks the server.
    ///
    /// # Errors
    /// Fails if the server refuses the adapter, or does not sample as the trainer needs.
    pub fn push_weights(
        &mut self,
        server: &VllmSampler,
        file: &RunFile,
        learners: &RoleLearners,
        tokenizer: &Tokenizer,
    ) -> Result<()> {
        if self.times == 0 {
            server.check(tokenizer.ends()[0], self.limits)?;
        }
        self.times += 1;
        // A server may run longer than a run, and accepts each name once.
        let version = format!("memloom-{}-{}", std::process::id(), self.times);
        let folder = self.folder.join(&version);
        fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        learners.export(file, tokenizer, &folder)?;
        let folder = folder.canonicalize()?;
        let mut adapters = Vec::new();
        for learner in learners.names() {
            let name = match learner {
                "" => version.clone(),
                role => format!("{version}-{role}"),
            };
            server.load(&name, &folder.join(learner))?;
            adapters.push((learner.to_owned(), name));
        }
        for (_, name) in std::mem::replace(&mut self.adapters, adapters) {
            server.unload(&name)?;
        }
        let before = format!("memloom-{}-{}", std::process::id(), self.times - 1);
        match fs::remove_dir_all(self.folder.join(before)) {
            Err(error) if self.times > 1 => Err(error).context("cannot remove an old adapter"),
            _ => Ok(()),
        }
    }

    /// Samples for a batch of jobs. Returns one result for each, in their order.
    pub fn generate(&self, server: &VllmSampler, jobs: &[Request]) -> Vec<Result<Sample, String>> {
        let adapter = |job: &Request| {
            let mut adapters = self.adapters.iter();
            let own = adapters.find(|(learner, _)| learner.is_empty() || **learner == *job.role);
            own.map_or("", |(_, name)| name.as_str())
        };
        server.generate(jobs, adapter, self.limits)
    }
}
