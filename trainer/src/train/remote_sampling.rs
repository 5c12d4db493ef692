//! Rollouts on a server: the run's adapter is handed over after every update, and the
//! server samples for it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use memloom_engine::generation::{Request, Sample};
use memloom_engine::tokenizer::Tokenizer;

use crate::clients::vllm::{TokenLimits, VllmSampler};
use crate::config::RunFile;
use crate::train::learner::per_role::RoleLearners;

/// What the server was handed.
pub struct RemoteSampler {
    /// Where adapters lie that it takes up.
    folder: PathBuf,
    /// How often it was handed the adapter.
    times: u64,
    /// The adapters that it has, by learner.
    adapters: Vec<(String, String)>,
    limits: TokenLimits,
}

impl RemoteSampler {
    /// Nothing yet. Adapters will lie in `folder`, whose content is removed.
    ///
    /// # Errors
    /// Where it cannot be removed.
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

    /// Hands the present adapter over, and has the one before forgotten. The first
    /// time the server is also looked at.
    ///
    /// # Errors
    /// Where the server does not take it, or does not sample as it must.
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
        // Servers outlive runs, and take a name once.
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

    /// Samples for jobs that came together; one result each, in their order.
    pub fn generate(&self, server: &VllmSampler, jobs: &[Request]) -> Vec<Result<Sample, String>> {
        let adapter = |job: &Request| {
            let mut adapters = self.adapters.iter();
            let own = adapters.find(|(learner, _)| learner.is_empty() || **learner == *job.role);
            own.map_or("", |(_, name)| name.as_str())
        };
        server.generate(jobs, adapter, self.limits)
    }
}
