//! The chat of a role with the model, which grows within a session.

use memloom_sdk::Host;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

/// The head of every user message after the first, which keeps the model from processing
/// earlier parts again.
const CONTEXT_ONLY: &str =
    "Everything above is earlier material of this session, for context only. Work on this part:\n";

/// The messages of a role in this session.
pub struct Chat {
    role: &'static str,
    messages: Vec<Message>,
}

impl Chat {
    /// Returns a chat with the role's instructions.
    pub fn new(role: &'static str, instructions: &str) -> Self {
        Self {
            role,
            messages: vec![message("system", instructions.trim_end())],
        }
    }

    /// Returns the role.
    pub fn role(&self) -> &'static str {
        self.role
    }

    /// Sends a message to the role and returns the output, within a grammar if there is one.
    /// Both stay in the chat, the output without its thoughts.
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
