//! A model that passes requests on by role: to a server, or to the rollout's own model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    /// Prices of 1000 tokens, by role.
    pub(super) prices: Arc<BTreeMap<String, f64>>,
    /// Told the prices of replies.
    pub(super) spent: Spent,
}

/// The cost of servers' replies by session; under 0, of those for answers to questions.
pub type Spent = Arc<Mutex<BTreeMap<u32, f64>>>;

impl RoleRouter {
    /// Notes the price of a reply, if its role has one.
    fn charge(&self, call: &GenerateCall, tokens: Option<[u64; 2]>) -> Result<(), ModelError> {
        let role = &call.request.role;
        let Some(price) = self.prices.get(role) else {
            return Ok(());
        };
        let Some([read, written]) = tokens else {
            return Err(ModelError::new(format!(
                "servers.{role} does not say how many tokens a reply took, and algorithm.call_cost prices them: remove its price, or take a server that reports its usage"
            )));
        };
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent.entry(call.session).or_default() += price * (read + written) as f64 / 1000.0;
        Ok(())
    }
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
        self.charge(call, spoken.tokens)?;
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
    #![allow(clippy::unwrap_used, reason = "tests")]
    use memloom_runtime::types::Request;

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
            prices: Arc::default(),
            spent: Spent::default(),
        };
        assert_eq!(router.count("lamp"), Some(4));
        assert_eq!(router.cut("lamp", 1, 3).as_deref(), Some("am"));
    }

    #[test]
    fn replies_are_charged_to_their_session_by_the_tokens_that_servers_report() {
        let router = RoleRouter {
            roles: Arc::default(),
            own: Box::new(Counting),
            only_answers: false,
            prices: Arc::new(BTreeMap::from([("expert".into(), 0.5)])),
            spent: Spent::default(),
        };
        let call = |role: &str, session| GenerateCall {
            request: Request::new(role, Vec::new(), 1),
            session,
            step: 0,
            question: None,
        };
        router.charge(&call("expert", 2), Some([150, 50])).unwrap();
        router.charge(&call("expert", 2), Some([100, 0])).unwrap();
        router.charge(&call("expert", 0), Some([0, 40])).unwrap();
        router.charge(&call("free", 1), None).unwrap();
        let spent = router.spent.lock().unwrap();
        let spent: Vec<(u32, f64)> = spent.iter().map(|(at, cost)| (*at, *cost)).collect();
        assert_eq!(spent, [(0, 0.02), (2, 0.1 + 0.05)]);
        let why = router.charge(&call("expert", 1), None).unwrap_err();
        assert!(
            why.to_string().contains("does not say how many tokens"),
            "{why}"
        );
    }
}
