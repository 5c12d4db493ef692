//! The parts of a prompt.

use serde_json::Value;

/// A message of a prompt.
#[derive(Clone, Copy, Debug)]
pub struct PromptMessage<'a> {
    /// `system`, `user`, `assistant`, or `tool` for the result of a call.
    pub role: &'a str,
    /// The text.
    pub content: &'a str,
    /// The calls of an assistant's message, as chat templates take them:
    /// `{"type": "function", "function": {"name": …, "arguments": {…}}}`.
    pub tool_calls: &'a [Value],
}

/// A prompt.
#[derive(Clone, Debug)]
pub struct Prompt<'a> {
    /// The messages in order. If the last one is an assistant's text, it is a reply that was begun.
    pub messages: Vec<PromptMessage<'a>>,
    /// The tools that are offered, as chat templates take them:
    /// `{"type": "function", "function": {"name": …, "description": …, "parameters": {…}}}`.
    pub tools: &'a [Value],
}

impl<'a> Prompt<'a> {
    /// Returns a prompt of messages, (role, content) each, without tools.
    pub fn of_texts(messages: &[(&'a str, &'a str)]) -> Self {
        let message = |(role, content): &(&'a str, &'a str)| PromptMessage {
            role,
            content,
            tool_calls: &[],
        };
        Self {
            messages: messages.iter().map(message).collect(),
            tools: &[],
        }
    }

    /// Splits off the text of a reply that was begun.
    pub(super) fn split_begun(&mut self) -> &'a str {
        match self.messages.last() {
            Some(last) if last.role == "assistant" && last.tool_calls.is_empty() => {
                let begun = last.content;
                self.messages.pop();
                begun
            }
            _ => "",
        }
    }
}
