//! Models that others serve: they speak for roles, judge answers and embed texts, as
//! the run file's `[outside.NAME]` sections say.
//!
//! A [`Client`] asks one server over OpenAI's protocol, whatever it wants of it:
//! [`chat`] for roles and the [`Judge`], [`embeddings`] for the embedder. A
//! [`Speaker`] stands before a rollout's own model and hands the roles that are served
//! outside on. A [`TokenServer`] samples whole rollouts in the engine's place.

pub mod cache;
pub mod chat;
pub mod client;
pub mod embeddings;
pub mod judge;
mod pause;
mod permits;
mod refusal;
pub mod speaker;
pub mod tokens;
pub mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use memloom_runtime::types::PolicyDescription;
use memloom_runtime::{Embedder, LanguageModel};

pub use self::client::{Client, Failure};
use self::embeddings::ServedEmbedder;
pub use self::judge::Judge;
use self::speaker::Speaker;
use self::tokens::TokenServer;
pub use self::usage::Usage;
use crate::runfile::{EMBEDDER, JUDGE, ROLLOUTS, RunFile};

/// The servers of a run.
#[derive(Default)]
pub struct Outside {
    /// By the role that they speak for.
    speakers: BTreeMap<String, Client>,
    judge: Option<Judge>,
    embedder: Option<Arc<ServedEmbedder>>,
    rollouts: Option<TokenServer>,
}

impl Outside {
    /// As the run file says. Nothing is asked yet.
    ///
    /// # Errors
    /// Where a key is not in the environment.
    pub fn new(file: &RunFile) -> Result<Self> {
        let mut outside = Self::default();
        for (name, settings) in &file.outside {
            let client = Client::new(name, settings, file.run.seed)?;
            match name.as_str() {
                JUDGE => outside.judge = Some(Judge::new(client)),
                EMBEDDER => outside.embedder = Some(Arc::new(ServedEmbedder::new(client))),
                ROLLOUTS => outside.rollouts = Some(TokenServer::new(client)),
                role => drop(outside.speakers.insert(role.into(), client)),
            }
        }
        Ok(outside)
    }

    /// Whether the policy has the roles that are served.
    ///
    /// # Errors
    /// Naming the one that it has not.
    pub fn fits(&self, policy: &PolicyDescription) -> Result<()> {
        for role in self.speakers.keys() {
            ensure!(
                policy.roles.contains(role),
                "outside.{role}: the policy {} has the roles {}; there are also {JUDGE}, {EMBEDDER} and {ROLLOUTS}",
                policy.name,
                policy.roles.join(", ")
            );
        }
        Ok(())
    }

    /// Whether a server speaks for a role.
    pub fn speaks_for(&self, role: &str) -> bool {
        self.speakers.contains_key(role)
    }

    /// Who labels answers, if anybody does.
    pub fn judge(&self) -> Option<&Judge> {
        self.judge.as_ref()
    }

    /// Who embeds texts, if a server does.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        let embedder = self.embedder.clone()?;
        Some(embedder)
    }

    /// Who samples in the engine's place, if anybody does.
    pub fn rollouts(&self) -> Option<&TokenServer> {
        self.rollouts.as_ref()
    }

    /// A model that speaks for its own roles, and has servers speak for theirs.
    pub fn beside(self: &Arc<Self>, own: Box<dyn LanguageModel>) -> Box<dyn LanguageModel> {
        self.speaker(own, false)
    }

    /// The same, but while a session is observed a demonstrator speaks for all.
    pub fn after_demonstrations(
        self: &Arc<Self>,
        own: Box<dyn LanguageModel>,
    ) -> Box<dyn LanguageModel> {
        self.speaker(own, true)
    }

    fn speaker(
        self: &Arc<Self>,
        own: Box<dyn LanguageModel>,
        only_answers: bool,
    ) -> Box<dyn LanguageModel> {
        match self.speakers.is_empty() {
            true => own,
            false => Box::new(Speaker {
                outside: self.clone(),
                own,
                only_answers,
            }),
        }
    }

    /// What servers were asked for since the last call of this, by their names; those
    /// that were not asked are left out.
    pub fn take_usage(&self) -> BTreeMap<String, Usage> {
        let speakers = self.speakers.iter();
        let mut clients: Vec<(&str, &Client)> = speakers.map(|(n, c)| (n.as_str(), c)).collect();
        clients.extend(self.judge.iter().map(|judge| (JUDGE, &judge.0)));
        clients.extend(self.rollouts.iter().map(|served| (ROLLOUTS, &served.0)));
        clients.extend(self.embedder.iter().map(|served| (EMBEDDER, &served.0)));
        let used = clients
            .into_iter()
            .map(|(name, client)| (name.to_owned(), client.take_usage()));
        used.filter(|(_, usage)| usage.requests > 0).collect()
    }
}
