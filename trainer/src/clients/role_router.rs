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

    /// Counts with the run's own tokenizer, for roles of servers, too.
    fn count(&mut self, text: &str) -> Option<u32> {
        self.own.count(text)
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
        self.own.cut(text, first, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl LanguageModel for Counting {
        fn generate(&mut self, _: &GenerateCall) -> Result<Completion, ModelError> {
            Ok(Completion::of_text(""))
        }

        fn count(&mut self, text: &str) -> Option<u32> {
            Some(text.len() as u32)
        }

        fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
            Some(text[first as usize..end as usize].to_owned())
        }
    }

    #[test]
    fn tokens_are_those_of_the_runs_own_model() {
        let mut router = RoleRouter {
            roles: Arc::default(),
            own: Box::new(Counting),
            only_answers: false,
        };
        assert_eq!(router.count("lamp"), Some(4));
        assert_eq!(router.cut("lamp", 1, 3).as_deref(), Some("am"));
    }
}
