//! The chat of a role with the model, which grows within a session.

use std::borrow::Cow;

use memloom_sdk::Host;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

/// The head of every user message after the first, which keeps the model from processing
/// earlier parts again.
const CONTEXT_ONLY: &str =
    "Everything above is earlier material of this session, for context only. Work on this part:\n";

/// The prompt of a role.
pub struct Prompt<'a> {
    /// The instructions.
    pub instructions: Cow<'a, str>,
    /// The example in turns; none in the full set.
    pub example: Option<Example>,
}

/// The messages of a role in this session.
pub struct Chat {
    role: &'static str,
    messages: Vec<Message>,
    /// The number of messages before the session's own.
    opening: usize,
}

impl Chat {
    /// Returns a chat with the role's instructions, and an example if there is one.
    pub fn new(role: &'static str, instructions: &str, example: Option<Example>) -> Self {
        let mut messages = vec![Message::new("system", instructions.trim_end())];
        messages.extend(example.into_iter().flat_map(Example::turns));
        Self {
            role,
            opening: messages.len(),
            messages,
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
        let is_first = self.messages.len() == self.opening;
        let preface = if is_first { "" } else { CONTEXT_ONLY };
        self.messages
            .push(Message::new("user", format!("{preface}{content}")));
        let request = Request {
            grammar,
            demonstration,
            ..Request::new(self.role, self.messages.clone(), max_tokens)
        };
        let reply = host.generate(&request)?.text;
        let said = spoken(&reply).unwrap_or_default();
        self.messages.push(Message::new("assistant", said));
        Ok(reply)
    }
}

/// A worked example, shown as earlier turns of the chat.
pub struct Example {
    /// The message to the role.
    pub input: String,
    /// The role's reply.
    pub output: String,
}

impl Example {
    /// Returns its two messages.
    pub fn turns(self) -> [Message; 2] {
        [
            Message::new("user", self.input),
            Message::new("assistant", self.output),
        ]
    }
}
