//! One server, and how it is asked: so many requests at once, again where it may help,
//! and never twice for what the cache has.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use memloom_runtime::ModelError;
use serde::Serialize;
use ureq::Agent;
use ureq::http::StatusCode;

use super::cache::{Cache, CacheError};
use super::pause;
use super::permits::Permits;
use super::refusal::refusal;
use super::usage::Usage;
use crate::runfile::ServerSection;

/// No reply is longer.
const LONGEST_REPLY: u64 = 64 << 20;
/// Letters of a refusal that a message repeats.
const REPEATED: usize = 200;

/// A server. Shared among threads, which block while they wait for it.
pub struct Client {
    /// As the run file calls it.
    name: String,
    settings: ServerSection,
    key: Option<String>,
    seed: u64,
    agent: Agent,
    permits: Permits,
    cache: Option<Cache>,
    usage: Mutex<Usage>,
    /// Said once: that replies do not say their tokens.
    unpriced: Once,
}

/// What came of a request.
pub struct Reply<T> {
    /// Tokens that the server read and wrote, where it says so.
    pub tokens: Option<[u64; 2]>,
    /// What was wanted; or why that cannot be had from what came.
    pub value: Result<T, String>,
}

/// Why a reply cannot be used.
pub struct Unusable {
    why: String,
    /// Whether another attempt may help.
    passing: bool,
}

impl Unusable {
    /// What may be otherwise when it is asked for again.
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

/// Why something could not be had from a server.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// After all attempts, or after one that no other can help.
    #[error("{server}: {url}, attempt {attempt} of {attempts}: {why}")]
    Unavailable {
        /// As the run file calls it.
        server: String,
        /// Where it was asked.
        url: String,
        /// The last attempt, from 1.
        attempt: u32,
        /// Most attempts.
        attempts: u32,
        /// What went wrong in it.
        why: String,
    },
    /// The cache on disk.
    #[error("{server}: {source}")]
    Cache {
        /// As the run file calls it.
        server: String,
        /// What is wrong with it.
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

/// What is wrong with an attempt.
struct Trouble {
    why: String,
    /// Whether another attempt may help, and when the server wants it.
    again: Option<Option<Duration>>,
}

impl Client {
    /// For `outside.NAME` of a run file.
    ///
    /// # Errors
    /// Where the key is not in the environment.
    pub fn new(name: &str, settings: &ServerSection, seed: u64) -> Result<Self> {
        let key = settings.key_env.as_ref().map(|variable| {
            std::env::var(variable).with_context(|| {
                format!("outside.{name}.key_env: the environment has no text in {variable}")
            })
        });
        let config = Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(settings.timeout)))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections_per_host(settings.concurrency);
        Ok(Self {
            name: format!("outside.{name}"),
            key: key.transpose()?,
            seed,
            agent: config.build().into(),
            permits: Permits::new(settings.concurrency),
            cache: settings.cache.as_deref().map(Cache::new),
            usage: Mutex::default(),
            unpriced: Once::new(),
            settings: settings.clone(),
        })
    }

    /// What the run file says of it.
    pub fn settings(&self) -> &ServerSection {
        &self.settings
    }

    /// What it was asked for since the last call of this.
    pub fn take_usage(&self) -> Usage {
        std::mem::take(&mut *self.usage.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, count: impl FnOnce(&mut Usage)) {
        count(&mut self.usage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Posts a body below the server's URL and reads the reply; what was had is kept
    /// in the cache.
    ///
    /// # Errors
    /// Where the server does not give what `read` finds sound, and where the cache
    /// fails.
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
        let (bytes, value) = self.persist(&url, &request, &body, read)?;
        if let Some(cache) = &self.cache {
            cache.put(&request, &bytes).map_err(cache_failure)?;
        }
        Ok(value)
    }

    fn persist<T>(
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
            let permit = self.permits.take();
            let attempted = self.attempt(url, body).and_then(|bytes| {
                let value = self.sound(&bytes, &read);
                let value = value.map_err(|Unusable { why, passing }| Trouble {
                    why,
                    again: passing.then_some(None),
                })?;
                Ok((bytes, value))
            });
            drop(permit);
            let trouble = match attempted {
                Ok(had) => return Ok(had),
                Err(trouble) => trouble,
            };
            let pause = match trouble.again {
                Some(asked) if attempt < self.settings.attempts => {
                    pause::before_next(self.seed, number, attempt, asked)
                }
                _ => None,
            };
            let Some(pause) = pause else {
                self.count(|usage| usage.failures += 1);
                return Err(Failure::Unavailable {
                    server: self.name.clone(),
                    url: url.to_owned(),
                    attempt,
                    attempts: self.settings.attempts,
                    why: trouble.why,
                });
            };
            thread::sleep(pause);
            self.count(|usage| usage.retries += 1);
            attempt += 1;
        }
    }

    fn attempt(&self, url: &str, body: &[u8]) -> Result<Vec<u8>, Trouble> {
        let lost = |error: ureq::Error| Trouble {
            why: error.to_string(),
            again: Some(None),
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
            .and_then(|header| pause::asked_for(header, SystemTime::now()));
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
        Err(Trouble {
            why: format!("{status}{kind}{}", self.repeated(&bytes)),
            again: passing.then_some(asked),
        })
    }

    /// Reads a reply and counts what it cost.
    fn sound<T>(
        &self,
        bytes: &[u8],
        read: impl Fn(&[u8]) -> Result<Reply<T>, Unusable>,
    ) -> Result<T, Unusable> {
        let reply = read(bytes).map_err(|Unusable { why, passing }| Unusable {
            why: format!("{why}{}", self.repeated(bytes)),
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

    /// The beginning of what a server said, without the key, should it repeat that.
    fn repeated(&self, bytes: &[u8]) -> String {
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
            .take(REPEATED)
            .collect();
        match line.trim() {
            "" => String::new(),
            line => format!(": {line}"),
        }
    }
}
