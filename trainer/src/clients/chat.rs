//! Chat completions.

use memloom_runtime::types::{FinishReason, Message};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clients::http::{Client, Failure, Reply, Unusable};
use crate::clients::usage::tokens;
use crate::config::TokenLimit;

/// A request, without the keys of `extra_body`. What it may hold stands in
/// `runfile::outside::SAID`, too.
#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<ChatMessage<'a>>,
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<&'a Value>,
    #[serde(flatten)]
    extra: &'a toml::Table,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Response {
    choices: Option<Vec<Option<Choice>>>,
    usage: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
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
    complete_as(client, messages, temperature, max_tokens, None, read)
}

/// The same as [`complete`], with a `response_format` that the reply should have.
///
/// # Errors
/// As [`complete`].
pub fn complete_as<T>(
    client: &Client,
    messages: &[Message],
    temperature: f32,
    max_tokens: u32,
    response_format: Option<&Value>,
    read: impl Fn(ChatReply) -> Result<T, String>,
) -> Result<T, Failure> {
    let settings = client.settings();
    let limit = |name| (settings.token_limit_name == name).then_some(max_tokens);
    let request = Request {
        model: &settings.model,
        messages: messages
            .iter()
            .map(|message| ChatMessage {
                role: &message.role,
                content: &message.content,
            })
            .collect(),
        temperature,
        max_tokens: limit(TokenLimit::MaxTokens),
        max_completion_tokens: limit(TokenLimit::MaxCompletionTokens),
        response_format,
        extra: &settings.extra_body,
    };
    client.ask("/chat/completions", &request, |bytes| {
        let response: Response = serde_json::from_slice(bytes)
            .map_err(|error| format!("the reply is not a chat completion ({error})"))?;
        let missing = |what: &str| Unusable::for_now(format!("the reply has no {what}"));
        let choices = response.choices.unwrap_or_default();
        let choice = choices.into_iter().next().flatten();
        let choice = choice.ok_or_else(|| missing("choices"))?;
        let finish = match choice.finish_reason.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        let said = choice.message.and_then(|message| message.content);
        let text = match (said, finish) {
            (Some(text), _) => text,
            // Servers that hide thoughts send no content if the limit ends a thought.
            (None, FinishReason::Length) => String::new(),
            (None, FinishReason::Stop) => return Err(missing("content in its message")),
        };
        Ok(Reply {
            tokens: response.usage.and_then(|usage| tokens(&usage, true)),
            value: read(ChatReply { text, finish }),
        })
    })
}
