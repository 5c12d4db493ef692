//! A role's chat with the model, which grows within a session.

use memloom_guest::Host;
use memloom_guest::host::{Message, Request};
use memloom_guest::thoughts::spoken;
use memloom_guest::types::Error;

/// Heads every user message but the first, so that the model does not work on
/// earlier parts again.
const CONTEXT_ONLY: &str =
    "Everything above is earlier material of this session, for context only. Work on this part:\n";

/// What a role has heard and said in this session.
pub struct Chat {
    role: &'static str,
    messages: Vec<Message>,
}

impl Chat {
    /// A chat that so far holds the role's instructions.
    pub fn new(role: &'static str, instructions: &str) -> Self {
        Self {
            role,
            messages: vec![message("system", instructions.trim_end())],
        }
    }

    /// Who speaks.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// Says something to the role and returns what it replies, within a grammar if there
    /// is one. Both stay in the chat, the reply without its thoughts.
    pub fn say(
        &mut self,
        host: &mut dyn Host,
        content: &str,
        max_tokens: u32,
        grammar: Option<String>,
        demonstration: Option<String>,
    ) -> Result<String, Error> {
        let is_first = self.messages.len() == 1;
        let preface = if is_first { "" } else { CONTEXT_ONLY };
        self.messages
            .push(message("user", &format!("{preface}{content}")));
        let request = Request {
            role: self.role.into(),
            messages: self.messages.clone(),
            max_tokens,
            grammar,
            demonstration,
        };
        let reply = host.generate(&request)?.text;
        let said = spoken(&reply).unwrap_or_default();
        self.messages.push(message("assistant", said));
        Ok(reply)
    }
}

fn message(role: &str, content: &str) -> Message {
    Message {
        role: role.into(),
        content: content.into(),
    }
}
