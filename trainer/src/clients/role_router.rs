//! A model that passes requests on by role: to a server, or to the rollout's own model.

use std::collections::BTreeMap;
use std::sync::Arc;

use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};

use crate::clients::chat;
use crate::clients::http::Client;

/// A model that servers speak for some roles of.
pub struct RoleRouter {
    /// Servers by the role that they speak for.
    pub(super) roles: Arc<BTreeMap<String, Client>>,
    /// The model of all other roles.
    pub(super) own: Box<dyn LanguageModel>,
    /// Requests reach servers only while a question is answered.
    pub(super) only_answers: bool,
}

impl LanguageModel for RoleRouter {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        let client = self.roles.get(&request.role);
        let asked = !self.only_answers || call.question.is_some();
        let Some(client) = client.filter(|_| asked) else {
            return self.own.generate(call);
        };
        if request.grammar.is_some() {
            let role = &request.role;
            return Err(ModelError::new(format!(
                "servers.{role}: the policy gives {role} an output grammar, which only the run's own model supports: remove the section, or have the policy leave the grammar out"
            )));
        }
        let spoken = chat::complete(
            client,
            &request.messages,
            chat::Wishes::of(request, client)?,
            Ok,
        )?;
        spoken.completion(request)
    }
}
