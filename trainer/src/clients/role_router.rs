//! Stands before a rollout's own model: hands the roles that servers speak for on.

use std::sync::Arc;

use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};

use crate::clients::{Servers, chat};

/// A model that others speak for some roles of.
pub struct Speaker {
    pub(super) servers: Arc<Servers>,
    /// Speaks for all other roles.
    pub(super) own: Box<dyn LanguageModel>,
    /// Whether others are asked only while questions are answered.
    pub(super) only_answers: bool,
}

impl LanguageModel for Speaker {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        let client = self.servers.speakers.get(&request.role);
        let asked = !self.only_answers || call.question.is_some();
        let Some(client) = client.filter(|_| asked) else {
            return self.own.generate(call);
        };
        if request.grammar.is_some() {
            let role = &request.role;
            return Err(ModelError::new(format!(
                "servers.{role}: the policy gives {role} an output grammar, which only the run's own model keeps to: leave the section out"
            )));
        }
        let temperature = client.settings().temperature;
        let spoken = chat::complete(
            client,
            &request.messages,
            temperature,
            request.max_tokens,
            Ok,
        )?;
        Ok(Completion {
            finish: spoken.finish,
            ..Completion::of_text(spoken.text)
        })
    }
}
