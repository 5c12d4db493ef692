//! Chat completions.

use memloom_runtime::types::{FinishReason, Message};
use serde::{Deserialize, Serialize};

use crate::clients::http::{Client, Failure, Reply};

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<ChatMessage<'a>>,
    temperature: f32,
    max_tokens: u32,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    usage: Option<TokenCounts>,
}

#[derive(Deserialize)]
struct Choice {
    message: Content,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

/// The tokens of a request, as servers report them.
#[derive(Deserialize)]
pub(super) struct TokenCounts {
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl TokenCounts {
    /// Returns the tokens of the prompt and of the completion.
    pub(super) fn counts(&self) -> [u64; 2] {
        [self.prompt_tokens, self.completion_tokens]
    }
}

/// The reply of a server.
pub struct ChatReply {
    /// The text; empty if the limit was reached before there was any.
    pub text: String,
    /// The reason that the text ends.
    pub finish: FinishReason,
}

/// Requests a completion of messages, and returns what `read` makes of it.
///
/// # Errors
/// The server fails after all attempts, or `read` refuses the reply.
pub fn complete<T>(
    client: &Client,
    messages: &[Message],
    temperature: f32,
    max_tokens: u32,
    read: impl Fn(ChatReply) -> Result<T, String>,
) -> Result<T, Failure> {
    let request = Request {
        model: &client.settings().model,
        messages: messages
            .iter()
            .map(|message| ChatMessage {
                role: &message.role,
                content: &message.content,
            })
            .collect(),
        temperature,
        max_tokens,
    };
    client.ask("/chat/completions", &request, |bytes| {
        let response: Response = serde_json::from_slice(bytes)
            .map_err(|error| format!("the reply is not a chat completion ({error})"))?;
        let tokens = response.usage.as_ref().map(TokenCounts::counts);
        let choice = response.choices.into_iter().next();
        let choice = choice.ok_or("the reply has no choices")?;
        let finish = match choice.finish_reason.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        let text = match (choice.message.content, finish) {
            (Some(text), _) => text,
            // Servers that hide thoughts send no content if the limit ends a thought.
            (None, FinishReason::Length) => String::new(),
            (None, FinishReason::Stop) => return Err("the reply's message has no content".into()),
        };
        let value = read(ChatReply { text, finish });
        Ok(Reply { tokens, value })
    })
}
