//! Chat completions.

use memloom_runtime::types::{FinishReason, Message, Request as PolicyRequest};
use memloom_runtime::{Completion, ModelError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clients::http::{Client, Failure, Reply, Unusable};
use crate::clients::usage::tokens;
use crate::config::TokenLimit;
use crate::tool_calls;

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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(flatten)]
    extra: &'a toml::Table,
}

#[derive(Serialize)]
struct ChatMessage<'a> {
    role: &'a str,
    content: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<String>,
}

/// Returns messages as servers take them. Each call has an id, which the result of the call names:
/// results follow their calls in order.
fn chat_messages(messages: &[Message]) -> Vec<ChatMessage<'_>> {
    let (mut called, mut answered) = (0, 0);
    let mut chat = Vec::with_capacity(messages.len());
    for message in messages {
        let calls = message.tool_calls.iter().map(|call| {
            called += 1;
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": format!("call_{called}"), "type": "function", "function": function})
        });
        chat.push(ChatMessage {
            role: &message.role,
            content: &message.content,
            tool_calls: calls.collect(),
            tool_call_id: (message.role == "tool").then(|| {
                answered += 1;
                format!("call_{answered}")
            }),
        });
    }
    chat
}

/// The wishes of a request for a completion, besides its messages.
#[derive(Clone, Default)]
pub struct Wishes<'a> {
    /// The sampling temperature.
    pub temperature: f32,
    /// The largest number of tokens.
    pub max_tokens: u32,
    /// The `response_format` that the reply should have.
    pub response_format: Option<&'a Value>,
    /// The strings that end the reply. Servers cut them off.
    pub stop: &'a [String],
    /// The tools that are offered, as servers take them.
    pub tools: Vec<Value>,
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
    /// The stop string that ended the reply, where a server says so (vLLM).
    stop_reason: Option<Value>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
    tool_calls: Option<Vec<Value>>,
}

/// The reply of a server.
pub struct ChatReply {
    /// The text; empty if the limit was reached before there was any.
    pub text: String,
    /// The `function` of each call of a tool, as the server wrote it.
    pub calls: Vec<Value>,
    /// The stop string that ended the text, which the server cut off, where the server says so.
    pub stopped_by: Option<String>,
    /// The reason that the text ends.
    pub finish: FinishReason,
    /// The tokens that the server read and wrote, where it says so.
    pub tokens: Option<[u64; 2]>,
}

impl<'a> Wishes<'a> {
    /// Returns wishes for a text.
    pub fn new(temperature: f32, max_tokens: u32) -> Self {
        Self {
            temperature,
            max_tokens,
            ..Self::default()
        }
    }

    /// Returns what a policy's request asks of a server.
    ///
    /// # Errors
    /// A chat server cannot go on with a reply that was begun.
    pub fn of(request: &'a PolicyRequest, client: &Client) -> Result<Self, ModelError> {
        let last = request.messages.last();
        if last.is_some_and(|last| last.role == "assistant" && last.tool_calls.is_empty()) {
            return Err(ModelError::new(format!(
                "the policy begins the reply as {}, which a chat server cannot go on with: leave the role to the run's own model",
                request.role
            )));
        }
        let tools = tool_calls::described(&request.tools).map_err(ModelError::new)?;
        let temperature = request.temperature;
        Ok(Self {
            temperature: temperature.unwrap_or(client.settings().temperature),
            max_tokens: request.max_tokens,
            response_format: None,
            stop: &request.stop,
            tools,
        })
    }
}

impl ChatReply {
    /// Returns the completion of a policy's request, with the stop string that the server cut
    /// off.
    ///
    /// # Errors
    /// Several strings may have ended the reply, and the server does not say which did.
    pub fn completion(self, request: &PolicyRequest) -> Result<Completion, ModelError> {
        let mut text = self.text;
        if self.finish == FinishReason::Stop && self.calls.is_empty() {
            text += match (&self.stopped_by, &request.stop[..]) {
                (Some(stop), _) => stop.as_str(),
                (None, []) => "",
                (None, [stop]) => stop.as_str(),
                (None, _) => {
                    return Err(ModelError::new(format!(
                        "the policy gives {} several stop strings, and the server does not say which one ended its reply",
                        request.role
                    )));
                }
            };
        }
        let mut parsed = match &request.tools[..] {
            [] => tool_calls::ParsedReply::of_text(text),
            tools => tool_calls::parse(&text, tools),
        };
        for call in self.calls {
            parsed.read(call, &request.tools);
        }
        Ok(Completion {
            tool_calls: parsed.calls,
            malformed_calls: parsed.malformed,
            finish: self.finish,
            ..Completion::of_text(parsed.text)
        })
    }
}

/// Requests a completion of messages, and returns what `read` makes of it.
///
/// # Errors
/// The server fails after all attempts, or `read` refuses the reply.
pub fn complete<T>(
    client: &Client,
    messages: &[Message],
    wishes: Wishes<'_>,
    read: impl Fn(ChatReply) -> Result<T, String>,
) -> Result<T, Failure> {
    let settings = client.settings();
    let limit = |name| (settings.token_limit_name == name).then_some(wishes.max_tokens);
    let request = Request {
        model: &settings.model,
        messages: chat_messages(messages),
        temperature: wishes.temperature,
        max_tokens: limit(TokenLimit::MaxTokens),
        max_completion_tokens: limit(TokenLimit::MaxCompletionTokens),
        response_format: wishes.response_format,
        stop: wishes.stop,
        tools: wishes.tools,
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
        let (said, calls) = match choice.message {
            Some(message) => (message.content, message.tool_calls.unwrap_or_default()),
            None => (None, Vec::new()),
        };
        let text = match (said, finish) {
            (Some(text), _) => text,
            (None, _) if !calls.is_empty() => String::new(),
            // Servers that hide thoughts send no content if the limit ends a thought.
            (None, FinishReason::Length) => String::new(),
            (None, FinishReason::Stop) => return Err(missing("content in its message")),
        };
        let tokens = response.usage.and_then(|usage| tokens(&usage, true));
        Ok(Reply {
            tokens,
            value: read(ChatReply {
                text,
                calls: calls
                    .into_iter()
                    .map(|mut call| call["function"].take())
                    .collect(),
                stopped_by: choice.stop_reason.and_then(|reason| match reason {
                    Value::String(stop) => Some(stop),
                    _ => None,
                }),
                finish,
                tokens,
            }),
        })
    })
}
