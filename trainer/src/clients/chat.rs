//! Chat completions: messages in, a text out.

use memloom_runtime::types::{FinishReason, Message};
use serde::{Deserialize, Serialize};

use crate::clients::http::{Client, Failure, Reply};

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    messages: Vec<Said<'a>>,
    temperature: f32,
    max_tokens: u32,
}

#[derive(Serialize)]
struct Said<'a> {
    role: &'a str,
    content: &'a str,
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
    usage: Option<Tokens>,
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

/// Tokens of a request, as servers say them.
#[derive(Deserialize)]
pub(super) struct Tokens {
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

impl Tokens {
    /// That were read and written.
    pub(super) fn counts(&self) -> [u64; 2] {
        [self.prompt_tokens, self.completion_tokens]
    }
}

/// What a server said.
pub struct Spoken {
    /// The text; empty where the limit was used up before there was any.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
}

/// Asks for what comes after messages.
///
/// # Errors
/// Where it cannot be had, or `read` makes nothing of it.
pub fn complete<T>(
    client: &Client,
    messages: &[Message],
    temperature: f32,
    max_tokens: u32,
    read: impl Fn(Spoken) -> Result<T, String>,
) -> Result<T, Failure> {
    let request = Request {
        model: &client.settings().model,
        messages: messages
            .iter()
            .map(|message| Said {
                role: &message.role,
                content: &message.content,
            })
            .collect(),
        temperature,
        max_tokens,
    };
    client.ask("/chat/completions", &request, |bytes| {
        let response: Response = serde_json::from_slice(bytes)
            .map_err(|error| format!("the reply is no chat completion ({error})"))?;
        let tokens = response.usage.as_ref().map(Tokens::counts);
        let choice = response.choices.into_iter().next();
        let choice = choice.ok_or("the reply has no choices")?;
        let finish = match choice.finish_reason.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        };
        let text = match (choice.message.content, finish) {
            (Some(text), _) => text,
            // It was still thinking when the tokens ran out.
            (None, FinishReason::Length) => String::new(),
            (None, FinishReason::Stop) => return Err("the reply's message has no content".into()),
        };
        let value = read(Spoken { text, finish });
        Ok(Reply { tokens, value })
    })
}
