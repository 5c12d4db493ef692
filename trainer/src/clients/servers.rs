//! The servers of a run.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use memloom_runtime::types::PolicyDescription;
use memloom_runtime::{Embedder, LanguageModel};

use crate::clients::embeddings::ServedEmbedder;
use crate::clients::http::Client;
use crate::clients::judge::Judge;
use crate::clients::role_router::{RoleRouter, Spent};
use crate::clients::usage::Usage;
use crate::clients::vllm::VllmSampler;
use crate::config::{EMBEDDER, JUDGE, REFLECTOR, RunFile, SAMPLER};

/// The servers of a run.
#[derive(Default)]
pub struct Servers {
    /// Servers that speak for roles, by role.
    roles: Arc<BTreeMap<String, Client>>,
    /// Prices of 1000 tokens that replies of these servers take off rewards, by role.
    prices: Arc<BTreeMap<String, f64>>,
    judge: Option<Judge>,
    embedder: Option<Arc<ServedEmbedder>>,
    sampler: Option<VllmSampler>,
}

impl Servers {
    /// Creates clients of the servers in a run file. Sends no request.
    ///
    /// # Errors
    /// An environment variable that `key_env` names is not set.
    pub fn new(file: &RunFile) -> Result<Self> {
        let mut servers = Self {
            prices: Arc::new(file.algorithm.call_cost.clone()),
            ..Self::default()
        };
        let mut roles = BTreeMap::new();
        for (name, settings) in &file.servers {
            let client = Client::new(name, settings, file.run.seed)?;
            match name.as_str() {
                JUDGE => servers.judge = Some(Judge::new(client)),
                EMBEDDER => servers.embedder = Some(Arc::new(ServedEmbedder::new(client))),
                SAMPLER => servers.sampler = Some(VllmSampler::new(client)),
                role => drop(roles.insert(role.to_owned(), client)),
            }
        }
        servers.roles = Arc::new(roles);
        Ok(servers)
    }

    /// Checks that the policy has the roles that servers speak for.
    ///
    /// # Errors
    /// A server is named after no role of the policy.
    pub fn check_roles(&self, policy: &PolicyDescription) -> Result<()> {
        for role in self.roles.keys() {
            ensure!(
                policy.roles.contains(role) || role == REFLECTOR,
                "servers.{role}: the policy {} has the roles {}; there are also {JUDGE}, {EMBEDDER}, {SAMPLER} and {REFLECTOR}",
                policy.name,
                policy.roles.join(", ")
            );
        }
        for role in self.prices.keys() {
            ensure!(
                self.roles.contains_key(role),
                "algorithm.call_cost prices {role}, but no server speaks for it: name one in [servers.{role}], or remove the price"
            );
        }
        Ok(())
    }

    /// Returns true if a server speaks for a role.
    pub fn serves(&self, role: &str) -> bool {
        self.roles.contains_key(role)
    }

    /// Returns the judge, if a server is one.
    pub fn judge(&self) -> Option<&Judge> {
        self.judge.as_ref()
    }

    /// Returns the embedder, if a server is one.
    pub fn embedder(&self) -> Option<Arc<dyn Embedder>> {
        let embedder = self.embedder.clone()?;
        Some(embedder)
    }

    /// Returns the server that samples instead of the engine, if there is one.
    pub fn sampler(&self) -> Option<&VllmSampler> {
        self.sampler.as_ref()
    }

    /// Returns a model that passes requests of served roles to their servers, and all
    /// others to `own`.
    pub fn route(&self, own: Box<dyn LanguageModel>) -> Box<dyn LanguageModel> {
        self.router(own, false, Spent::default())
    }

    /// The same as [`route`](Self::route). `spent` is told the prices of replies.
    pub fn route_charged(
        &self,
        own: Box<dyn LanguageModel>,
        spent: &Spent,
    ) -> Box<dyn LanguageModel> {
        self.router(own, false, spent.clone())
    }

    /// The same as [`route`](Self::route), but only for answers: sessions are observed with
    /// `own` alone, such as a demonstrator.
    pub fn route_answers(&self, own: Box<dyn LanguageModel>) -> Box<dyn LanguageModel> {
        self.router(own, true, Spent::default())
    }

    fn router(
        &self,
        own: Box<dyn LanguageModel>,
        only_answers: bool,
        spent: Spent,
    ) -> Box<dyn LanguageModel> {
        match self.roles.is_empty() {
            true => own,
            false => Box::new(RoleRouter {
                roles: self.roles.clone(),
                own,
                only_answers,
                prices: self.prices.clone(),
                spent,
            }),
        }
    }

    /// Returns the usage of each server since the last call, by name. Servers without a
    /// request are left out.
    pub fn take_usage(&self) -> BTreeMap<String, Usage> {
        let roles = self.roles.iter();
        let mut clients: Vec<(&str, &Client)> = roles.map(|(n, c)| (n.as_str(), c)).collect();
        clients.extend(self.judge.iter().map(|judge| (JUDGE, &judge.0)));
        clients.extend(self.sampler.iter().map(|served| (SAMPLER, &served.0)));
        clients.extend(self.embedder.iter().map(|served| (EMBEDDER, &served.0)));
        let used = clients
            .into_iter()
            .map(|(name, client)| (name.to_owned(), client.take_usage()));
        used.filter(|(_, usage)| usage.requests > 0).collect()
    }
}
