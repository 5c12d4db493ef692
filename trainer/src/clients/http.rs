//! A client of one server: bounded concurrency, retries with backoff, a cache of replies,
//! and usage.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use memloom_runtime::ModelError;
use serde::Serialize;
use ureq::Agent;
use ureq::http::StatusCode;

use crate::clients::backoff;
use crate::clients::refusal::refusal;
use crate::clients::response_cache::{CacheError, ResponseCache};
use crate::clients::semaphore::Semaphore;
use crate::clients::usage::Usage;
use crate::config::ServerSection;

/// Most bytes of a reply.
const LONGEST_REPLY: u64 = 64 << 20;
/// Most letters of a reply that a message quotes.
const EXCERPT: usize = 200;

/// A client of one server. Threads share it, and block while they wait for the server.
pub struct Client {
    /// `servers.NAME`.
    name: String,
    settings: ServerSection,
    key: Option<String>,
    seed: u64,
    agent: Agent,
    semaphore: Semaphore,
    cache: Option<ResponseCache>,
    usage: Mutex<Usage>,
    /// Said once: that replies do not say their tokens.
    unpriced: Once,
}

/// A reply as its reader understands it.
pub struct Reply<T> {
    /// Tokens of the prompt and of the completion, if the server reports them.
    pub tokens: Option<[u64; 2]>,
    /// The value, or the reason that the reply holds none.
    pub value: Result<T, String>,
}

/// A reply that cannot be used.
pub struct Unusable {
    why: String,
    /// True if another attempt may help.
    passing: bool,
}

impl Unusable {
    /// Creates one that may go away when the request is repeated.
    pub fn for_now(why: String) -> Self {
        Self { why, passing: true }
    }
}

impl From<String> for Unusable {
    fn from(why: String) -> Self {
        Self {
            why,
            passing: false,
        }
    }
}

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server failed all attempts, or one that cannot succeed later.
    #[error("{server}: {url}, attempt {attempt} of {attempts}: {why}")]
    Unavailable {
        /// `servers.NAME`.
        server: String,
        /// The URL of the request.
        url: String,
        /// The last attempt, from 1.
        attempt: u32,
        /// Most attempts.
        attempts: u32,
        /// The reason of the last attempt's failure.
        why: String,
    },
    /// The cache on disk failed.
    #[error("{server}: {source}")]
    Cache {
        /// `servers.NAME`.
        server: String,
        /// The cache's failure.
        source: CacheError,
    },
}

impl From<Failure> for ModelError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable { .. } => Self::unavailable(failure.to_string()),
            Failure::Cache { .. } => Self::new(failure.to_string()),
        }
    }
}

/// A failed attempt.
struct AttemptError {
    why: String,
    /// None if another attempt cannot help; else the delay that the server asks for, if any.
    retry: Option<Option<Duration>>,
}

impl Client {
    /// Creates a client for `servers.NAME` of a run file.
    ///
    /// # Errors
    /// The environment variable that `key_env` names is not set.
    pub fn new(name: &str, settings: &ServerSection, seed: u64) -> Result<Self> {
        let key = settings.key_env.as_ref().map(|variable| {
            std::env::var(variable).with_context(|| {
                format!(
                    "servers.{name}.key_env: the environment variable {variable} is not set to text"
                )
            })
        });
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(settings.timeout)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(settings.concurrency);
        Ok(Self {
            name: format!("servers.{name}"),
            key: key.transpose()?,
            seed,
            agent: config.build().into(),
            semaphore: Semaphore::new(settings.concurrency),
            cache: settings.cache.as_deref().map(ResponseCache::new),
            usage: Mutex::default(),
            unpriced: Once::new(),
            settings: settings.clone(),
        })
    }

    /// Returns the server's section of the run file.
    pub fn settings(&self) -> &ServerSection {
        &self.settings
    }

    /// Returns the usage since the last call.
    pub fn take_usage(&self) -> Usage {
        std::mem::take(&mut *self.usage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, count: impl FnOnce(&mut Usage)) {
        count(&mut self.usage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Posts a body to a path below the server's URL and reads the reply with `read`. Replies
    /// that `read` accepts go to the cache, and cached ones are not requested.
    ///
    /// # Errors
    /// The server fails after all attempts, `read` refuses its reply, or the cache fails.
    pub fn ask<T>(
        &self,
        path: &str,
        body: &impl Serialize,
        read: impl Fn(&[u8]) -> Result<Reply<T>, Unusable>,
    ) -> Result<T, Failure> {
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let body = serde_json::to_vec(body).expect("requests are plain JSON");
        let request = blake3::hash(&[url.as_bytes(), b"\n", &body].concat());
        let cache_failure = |source| Failure::Cache {
            server: self.name.clone(),
            source,
        };
        self.count(|usage| usage.requests += 1);
        if let Some(cache) = &self.cache {
            let kept = cache.get(&request).map_err(cache_failure)?;
            let known = kept.and_then(|kept| read(&kept).ok()?.value.ok());
            if let Some(value) = known {
                self.count(|usage| usage.cached += 1);
                return Ok(value);
            }
        }
        let (bytes, value) = self.ask_with_retries(&url, &request, &body, read)?;
        if let Some(cache) = &self.cache {
            cache.put(&request, &bytes).map_err(cache_failure)?;
        }
        Ok(value)
    }

    fn ask_with_retries<T>(
        &self,
        url: &str,
        request: &blake3::Hash,
        body: &[u8],
        read: impl Fn(&[u8]) -> Result<Reply<T>, Unusable>,
    ) -> Result<(Vec<u8>, T), Failure> {
        let mut number = [0; 8];
        number.copy_from_slice(&request.as_bytes()[..8]);
        let number = u64::from_le_bytes(number);
        let mut attempt = 1;
        loop {
            let permit = self.semaphore.acquire();
            let attempted = self.attempt(url, body).and_then(|bytes| {
                let value = self.read_reply(&bytes, &read);
                let value = value.map_err(|Unusable { why, passing }| AttemptError {
                    why,
                    retry: passing.then_some(None),
                })?;
                Ok((bytes, value))
            });
            drop(permit);
            let error = match attempted {
                Ok(had) => return Ok(had),
                Err(error) => error,
            };
            let delay = match error.retry {
                Some(asked) if attempt < self.settings.attempts => {
                    backoff::delay(self.seed, number, attempt, asked)
                }
                _ => None,
            };
            let Some(delay) = delay else {
                self.count(|usage| usage.failures += 1);
                return Err(Failure::Unavailable {
                    server: self.name.clone(),
                    url: url.to_owned(),
                    attempt,
                    attempts: self.settings.attempts,
                    why: error.why,
                });
            };
            thread::sleep(delay);
            self.count(|usage| usage.retries += 1);
            attempt += 1;
        }
    }

    fn attempt(&self, url: &str, body: &[u8]) -> Result<Vec<u8>, AttemptError> {
        let lost = |error: ureq::Error| AttemptError {
            why: error.to_string(),
            retry: Some(None),
        };
        let mut post = self
            .agent
            .post(url)
            .header("content-type", "application/json");
        if let Some(key) = &self.key {
            post = post.header("authorization", format!("Bearer {key}"));
        }
        let mut response = post.send(body).map_err(lost)?;
        let status = response.status();
        let header = response.headers().get("retry-after");
        let asked = header
            .and_then(|header| header.to_str().ok())
            .and_then(|header| backoff::retry_after(header, SystemTime::now()));
        let reading = response.body_mut().with_config().limit(LONGEST_REPLY);
        let bytes = reading.read_to_vec().map_err(lost)?;
        let passing = match status.is_success() {
            true => match refusal(&bytes) {
                Some(refusal) => refusal.passing,
                None => return Ok(bytes),
            },
            false => {
                let busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
                status.is_server_error() || busy.contains(&status)
            }
        };
        let kind = match status.is_success() {
            true => " with an error",
            false => "",
        };
        Err(AttemptError {
            why: format!("{status}{kind}{}", self.excerpt(&bytes)),
            retry: passing.then_some(asked),
        })
    }

    /// Reads a reply and counts its tokens and cost.
    fn read_reply<T>(
        &self,
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Result<Reply<T>, Unusable>,
    ) -> Result<T, Unusable> {
        let reply = read(bytes).map_err(|Unusable { why, passing }| Unusable {
            why: format!("{why}{}", self.excerpt(bytes)),
            passing,
        })?;
        let prices = [self.settings.prompt_price, self.settings.completion_price];
        match reply.tokens {
            Some([prompt, completion]) => self.count(|usage| {
                usage.prompt_tokens += prompt;
                usage.completion_tokens += completion;
                let cost = prompt as f64 * prices[0] + completion as f64 * prices[1];
                usage.cost += cost / 1e6;
            }),
            None if prices == [0.0, 0.0] => (),
            None => {
                self.count(|usage| usage.unpriced += 1);
                self.unpriced.call_once(|| {
                    eprintln!(
                        "warning: {} has prices, but a reply does not say how many tokens it took: such requests are counted as unpriced",
                        self.name
                    );
                });
            }
        }
        Ok(reply.value?)
    }

    /// Returns the beginning of a reply for a message, without the key.
    fn excerpt(&self, bytes: &[u8]) -> String {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        if let Some(key) = self.key.as_ref().filter(|key| !key.is_empty()) {
            text = text.replace(key, "[key]");
        }
        let line: String = text
            .chars()
            .map(|letter| match letter.is_control() {
                true => ' ',
                false => letter,
            })
            .take(EXCERPT)
            .collect();
        match line.trim() {
            "" => String::new(),
            line => format!(": {line}"),
        }
    }
}
