//! `[servers.NAME]`: models that others serve.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Servers by task: a role of the policy that the server speaks for (`answerer`), or
/// [`JUDGE`], [`EMBEDDER`] or [`SAMPLER`].
pub type ServersSection = BTreeMap<String, ServerSection>;

/// The server that labels answers (see `algorithm.metric`).
pub const JUDGE: &str = "judge";
/// The server that embeds texts, instead of `[embedder]`.
pub const EMBEDDER: &str = "embedder";

/// The server that samples rollouts instead of the run's own engine (see [`ServerSection`]).
pub const SAMPLER: &str = "sampler";
/// The name of the server that writes instructions, and the role in which it is asked.
pub const REFLECTOR: &str = "reflector";

/// A server that speaks OpenAI's protocol. NAME is its task: a role of the policy that it
/// speaks for (`answerer`), `judge` (labels answers, see `algorithm.metric`), `embedder`
/// (embeds texts) or `sampler` (samples rollouts).
///
/// If a server fails all attempts while a question is answered or labelled, the question is
/// dropped for the whole group: it is not scored, and counted as `dropped_questions`. If all
/// questions are dropped, a session cannot be observed, or a text cannot be embedded, the run
/// ends; `--resume` continues it from its newest checkpoint.
///
/// `[servers.sampler]` is vLLM, started with `--enable-lora --logprobs-mode
/// processed_logprobs` and `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True` on the model in
/// `backbone.path`. It samples rollouts instead of the run's own engine; `eval`, `play` and
/// `study` use the engine. The run's adapter (`[backbone.lora]`) is pushed after every update
/// through a folder that the server must be able to read: `served/` in `run.out`. Differences
/// in arithmetic are corrected with `algorithm.importance_cap`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    /// URL of the server up to the version: `http://localhost:8000/v1`. For `sampler` without
    /// the version: `http://localhost:8000`.
    pub url: String,
    /// Name of the model on the server.
    pub model: String,
    /// Environment variable that holds the API key, which is sent as a bearer token. Default:
    /// no key is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Most concurrent requests. At least 1.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// Most attempts of a request. At least 1. A request is repeated if the server is down,
    /// slow, busy (408, 429) or broken (5xx), after a delay that doubles each time, or the one
    /// that the server asks for.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Timeout of an attempt in seconds. Above 0, at most 86400.
    #[serde(default = "timeout")]
    pub timeout: f64,
    /// Folder that caches replies by the content of their requests. Other runs can share it.
    /// Not for `sampler`. Default: no cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<PathBuf>,
    /// Sampling temperature of a role or the judge. 0 or more.
    #[serde(default)]
    pub temperature: f32,
    /// Most tokens of a judge's reply, thoughts included. At least 1. A reply that is cut off
    /// gives no label, and its question is dropped. Only for `judge`; the limits of roles are
    /// the policy's. Default: 512.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// Name that a chat server gives to the token limit of a reply: `max_tokens` or
    /// `max_completion_tokens`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_limit_name: TokenLimit,
    /// Price of a million prompt tokens, in any currency. 0 or more.
    #[serde(default)]
    pub prompt_price: f64,
    /// Price of a million completion tokens. 0 or more.
    #[serde(default)]
    pub completion_price: f64,
    /// More keys for the body of a chat server's requests, as the server documents them: for
    /// instance `{reasoning_effort = "low"}` or
    /// `{chat_template_kwargs = {enable_thinking = false}}`. Keys that the request sets itself
    /// are refused. Default: none.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub extra_body: toml::Table,
}

/// The name that a chat server gives to the token limit of a reply.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimit {
    /// The usual name.
    #[default]
    MaxTokens,
    /// The name that servers of reasoning models expect.
    MaxCompletionTokens,
}

/// Most tokens of a judge's reply, by default.
const JUDGE_TOKENS: u32 = 512;

/// Keys that a chat request sets itself, and the run file's key for each.
const REQUEST_KEYS: [(&str, &str); 5] = [
    ("model", "model"),
    ("messages", ""),
    ("temperature", "temperature"),
    ("max_tokens", "token_limit_name"),
    ("max_completion_tokens", "token_limit_name"),
];

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn concurrency() -> usize {
    8
}

fn attempts() -> u32 {
    5
}

fn timeout() -> f64 {
    60.0
}

impl ServerSection {
    /// Creates a section for a model at a URL, with the defaults.
    pub fn at(url: &str, model: &str) -> Self {
        Self {
            url: url.into(),
            model: model.into(),
            key_env: None,
            concurrency: concurrency(),
            attempts: attempts(),
            timeout: timeout(),
            cache: None,
            temperature: 0.0,
            max_tokens: None,
            token_limit_name: TokenLimit::default(),
            prompt_price: 0.0,
            completion_price: 0.0,
            extra_body: toml::Table::new(),
        }
    }

    /// Returns the most tokens of a judge's reply.
    pub fn verdict_tokens(&self) -> u32 {
        self.max_tokens.unwrap_or(JUDGE_TOKENS)
    }

    /// Resets what may change when a run is resumed: URL, key, limits, cache and prices.
    pub fn reset_transport(&mut self) {
        *self = Self {
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            extra_body: std::mem::take(&mut self.extra_body),
            ..Self::at("", &self.model)
        };
    }

    /// Checks the ranges of the keys of `servers.NAME`.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| self.url.strip_prefix(scheme));
        ensure!(
            host.is_some_and(|host| !host.is_empty()),
            "servers.{name}.url must begin with http:// or https://, got {:?}",
            self.url
        );
        ensure!(
            !self.url.contains(['@', '?', '#']),
            "servers.{name}.url must not hold a user, query or fragment: put a key into the environment variable that servers.{name}.key_env names"
        );
        ensure!(
            self.concurrency > 0 && self.attempts > 0,
            "servers.{name}: concurrency and attempts must be at least 1"
        );
        ensure!(
            self.timeout > 0.0 && self.timeout <= 86_400.0,
            "servers.{name}.timeout must be in (0, 86400] seconds, got {}",
            self.timeout
        );
        self.check_chat(name)?;
        for (key, value) in [
            ("temperature", f64::from(self.temperature)),
            ("prompt_price", self.prompt_price),
            ("completion_price", self.completion_price),
        ] {
            ensure!(
                value >= 0.0 && value.is_finite(),
                "servers.{name}.{key} must be 0 or more, got {value}"
            );
        }
        Ok(())
    }

    /// Checks the keys that only chat servers have.
    fn check_chat(&self, name: &str) -> Result<()> {
        ensure!(
            self.max_tokens.is_none() || name == JUDGE,
            "servers.{name}.max_tokens is only for the judge: limit a role by an option of the policy"
        );
        ensure!(
            self.max_tokens != Some(0),
            "servers.{name}.max_tokens must be at least 1, got 0"
        );
        let chats = ![EMBEDDER, SAMPLER].contains(&name);
        for (key, set) in [
            ("token_limit_name", !is_default(&self.token_limit_name)),
            ("extra_body", !self.extra_body.is_empty()),
        ] {
            ensure!(
                chats || !set,
                "servers.{name}.{key} is only for servers that chat: roles and the judge"
            );
        }
        for (key, own) in REQUEST_KEYS {
            let instead = match own {
                "" => String::new(),
                own => format!(": use servers.{name}.{own}"),
            };
            ensure!(
                !self.extra_body.contains_key(key),
                "servers.{name}.extra_body.{key}: the request sets this itself{instead}"
            );
        }
        Ok(())
    }
}
