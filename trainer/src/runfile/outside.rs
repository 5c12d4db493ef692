//! `[outside.NAME]`: servers that do what the run's own weights do not.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// Servers by what they do: the name of a role of the policy that they speak for
/// (`answerer`), or [`JUDGE`], [`EMBEDDER`] or [`ROLLOUTS`].
pub type OutsideSection = BTreeMap<String, ServerSection>;

/// Labels answers: see `logo.metric`.
pub const JUDGE: &str = "judge";
/// Turns texts into vectors, in the place of `[embedder]`.
pub const EMBEDDER: &str = "embedder";

/// Samples in the place of the run's own engine, token by token: vLLM, started with
/// `--enable-lora --logprobs-mode processed_logprobs` and
/// `VLLM_ALLOW_RUNTIME_LORA_UPDATING=True` on the model that `backbone.path` names. Its
/// `url` goes without the version: `http://localhost:8000`. The run's adapter
/// (`[backbone.lora]`) is handed over after every update, in a folder that the server
/// must see: `served/` of the run's. What the server's arithmetic does otherwise is
/// weighed with `logo.importance_cap`. `eval`, `play` and `study` sample with the engine.
pub const ROLLOUTS: &str = "rollouts";

/// `[outside.NAME]`: a server that speaks OpenAI's protocol. Chat completions for
/// roles and the judge, embeddings for the embedder.
///
/// What cannot be had from it after all attempts while a question is answered, or
/// labelled, drops the question for the whole group: it is not scored, and counted as
/// `dropped_questions`. Where all questions are dropped, where a session cannot be
/// observed, and where a text cannot be embedded, the run ends; `--resume` goes on from
/// its newest checkpoint.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ServerSection {
    /// Where it is, up to the version: `http://localhost:8000/v1`.
    pub url: String,
    /// The model's name there.
    pub model: String,
    /// The environment variable with the key, which is sent as a bearer token. By
    /// default none is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Requests under way at once. Default 8.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// How often a request is tried, where the server is down, slow, busy (408, 429)
    /// or broken (5xx): with pauses that double, or as long as it asks for. Default 5.
    #[serde(default = "attempts")]
    pub attempts: u32,
    /// Seconds that an attempt may take. Default 60.
    #[serde(default = "timeout")]
    pub timeout: f64,
    /// Folder that keeps what was answered, by the request's content: nothing is asked
    /// twice, also not by other runs. By default nothing is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<PathBuf>,
    /// Sampling temperature of roles and the judge. Default 0.
    #[serde(default)]
    pub temperature: f32,
    /// Tokens of a judge's reply, thinking included. A reply that needs more is no
    /// verdict, and drops its question. Default 512. What roles may say is the policy's
    /// to set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// What a chat server calls the most tokens of a reply: `max_tokens` or
    /// `max_completion_tokens`. Default `max_tokens`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub token_limit_name: TokenLimit,
    /// Price of a million tokens that it reads, in any currency. Default 0.
    #[serde(default)]
    pub prompt_price: f64,
    /// Price of a million tokens that it writes. Default 0.
    #[serde(default)]
    pub completion_price: f64,
    /// More keys for the body of a chat server's requests, as it documents them: for
    /// instance `{reasoning_effort = "low"}` or
    /// `{chat_template_kwargs = {enable_thinking = false}}`. None that the request sets
    /// itself. Default none.
    #[serde(default, skip_serializing_if = "toml::Table::is_empty")]
    pub extra_body: toml::Table,
}

/// What a chat server calls the most tokens of a reply.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimit {
    /// The usual name.
    #[default]
    MaxTokens,
    /// The name that servers want whose models think.
    MaxCompletionTokens,
}

/// Tokens of a judge's reply.
const VERDICT_TOKENS: u32 = 512;

/// Keys that a chat request sets itself, and the run file's key for each.
const SAID: [(&str, &str); 5] = [
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
    /// A model at a URL, with the defaults.
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

    /// Most tokens of a judge's reply.
    pub fn verdict_tokens(&self) -> u32 {
        self.max_tokens.unwrap_or(VERDICT_TOKENS)
    }

    /// Without what may change between resumptions: where it is and how it is asked.
    pub fn forget_how(&mut self) {
        *self = Self {
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            extra_body: std::mem::take(&mut self.extra_body),
            ..Self::at("", &self.model)
        };
    }

    pub(super) fn check(&self, name: &str) -> Result<()> {
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| self.url.strip_prefix(scheme));
        ensure!(
            host.is_some_and(|host| !host.is_empty()),
            "outside.{name}.url = {:?} begins with neither http:// nor https://",
            self.url
        );
        ensure!(
            !self.url.contains(['@', '?', '#']),
            "outside.{name}.url holds more than a place: a key belongs into the environment variable that outside.{name}.key_env names"
        );
        ensure!(
            self.concurrency > 0 && self.attempts > 0,
            "outside.{name}: concurrency and attempts must be at least 1"
        );
        ensure!(
            self.timeout > 0.0 && self.timeout <= 86_400.0,
            "outside.{name}.timeout = {} must be above 0, and a day at most",
            self.timeout
        );
        ensure!(
            self.max_tokens.is_none() || name == JUDGE,
            "outside.{name}.max_tokens: only the judge has a limit here; a role's is an option of the policy"
        );
        ensure!(
            self.max_tokens != Some(0),
            "outside.{name}.max_tokens = 0 must be 1 or more"
        );
        let chats = ![EMBEDDER, ROLLOUTS].contains(&name);
        for (key, set) in [
            ("token_limit_name", !is_default(&self.token_limit_name)),
            ("extra_body", !self.extra_body.is_empty()),
        ] {
            ensure!(
                chats || !set,
                "outside.{name}.{key} is for servers that chat: roles and the judge"
            );
        }
        for (key, own) in SAID {
            let instead = match own {
                "" => String::new(),
                own => format!(": use outside.{name}.{own}"),
            };
            ensure!(
                !self.extra_body.contains_key(key),
                "outside.{name}.extra_body.{key}: the request sets this itself{instead}"
            );
        }
        for (key, value) in [
            ("temperature", f64::from(self.temperature)),
            ("prompt_price", self.prompt_price),
            ("completion_price", self.completion_price),
        ] {
            ensure!(
                value >= 0.0 && value.is_finite(),
                "outside.{name}.{key} = {value} must be 0 or more"
            );
        }
        Ok(())
    }
}
