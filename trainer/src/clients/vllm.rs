//! Sampling on vLLM, token by token. vLLM's `/inference/v1/generate` takes the token ids
//! of a prompt and returns ids with log-probabilities, so that no text is tokenised twice.
//! It samples with an adapter that the run has pushed to it.
//!
//! Within a grammar each token is a request of its own, among the tokens that the grammar
//! allows. A forced token takes no request. The server's prefix cache keeps the prompt.

use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use memloom_engine::generation::{FinishReason, Request, Sample};
use memloom_engine::grammar::Grammar;
use serde::{Deserialize, Serialize};

use crate::clients::http::{Client, Failure, Reply, Unusable};

/// Tolerance for the log-probability of a token without an alternative, which is 0.
const CERTAIN: f32 = 1e-3;

/// Bounds of the model that samples.
#[derive(Clone, Copy, Debug)]
pub struct TokenLimits {
    /// Most tokens of a prompt and its completion together.
    pub context: usize,
    /// Number of token ids.
    pub vocabulary: usize,
}

/// A vLLM server that samples.
pub struct VllmSampler(pub(super) Client);

#[derive(Serialize)]
struct GenerateBody<'a> {
    model: &'a str,
    token_ids: &'a [u32],
    sampling_params: Sampling<'a>,
    stream: bool,
}

#[derive(Clone, Copy, Serialize)]
struct Sampling<'a> {
    max_tokens: usize,
    temperature: f32,
    top_p: f32,
    seed: u64,
    stop_token_ids: &'a [u32],
    /// Only `stop_token_ids` end a sample, not the end token that the server knows.
    ignore_eos: bool,
    /// 0: the log-probability of the sampled token alone.
    logprobs: u32,
    detokenize: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_token_ids: Option<&'a [u32]>,
}

#[derive(Deserialize)]
struct Response {
    choices: Option<Vec<Choice>>,
}

#[derive(Deserialize)]
struct Choice {
    token_ids: Option<Vec<u32>>,
    logprobs: Option<Logprobs>,
}

#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<Logprob>>,
}

#[derive(Deserialize)]
struct Logprob {
    logprob: f32,
}

#[derive(Serialize)]
struct Adapter<'a> {
    lora_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lora_path: Option<&'a Path>,
}

/// Tokens, each with its log-probability.
type SampledTokens = Vec<(u32, f32)>;

impl VllmSampler {
    /// Creates a sampler that sends requests through a client.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Samples all jobs at once, each with the adapter that `model` names. Returns one
    /// result per job, in their order.
    pub fn generate<'a>(
        &self,
        jobs: &[Request],
        model: impl Fn(&Request) -> &'a str,
        limits: TokenLimits,
    ) -> Vec<Result<Sample, String>> {
        thread::scope(|scope| {
            let asked: Vec<_> = jobs
                .iter()
                .map(|job| {
                    let model = model(job);
                    scope.spawn(move || self.sample(model, job, limits))
                })
                .collect();
            let had = asked.into_iter().map(|asked| match asked.join() {
                Ok(sample) => sample.map_err(|error| error.to_string()),
                Err(_) => Err("a thread that asked for a sample has ended".into()),
            });
            had.collect()
        })
    }

    /// Samples a job.
    ///
    /// # Errors
    /// The server returns no sample that fits the job, or the job has a JSON schema: a
    /// request for each token would take longer than to sample here, and a schema that the
    /// server enforces itself leaves other sets of tokens than the loss would see.
    pub fn sample(&self, model: &str, job: &Request, limits: TokenLimits) -> Result<Sample> {
        if job
            .grammar
            .as_ref()
            .is_some_and(|grammar| grammar.is_schema())
        {
            bail!(
                "servers.sampler: the policy gives {} a JSON schema as its output grammar, which only the run's own engine supports: remove the section, or the schema from the policy",
                job.role
            );
        }
        let left = limits.context.saturating_sub(job.prompt.len());
        if left == 0 {
            return Ok(Sample::empty(FinishReason::Overflow));
        }
        let limit = job.max_tokens.min(left);
        let cut = match limit < job.max_tokens {
            true => FinishReason::Context,
            false => FinishReason::Length,
        };
        match &job.grammar {
            None => Ok(self.sample_freely(model, job, limit, cut, limits)?),
            Some(grammar) => self.sample_grammar(grammar, model, job, limit, cut, limits),
        }
    }

    fn sample_freely(
        &self,
        model: &str,
        job: &Request,
        limit: usize,
        cut: FinishReason,
        limits: TokenLimits,
    ) -> Result<Sample, Failure> {
        if limit == 0 {
            return Ok(Sample::empty(cut));
        }
        let said = self.ask(model, job, &job.prompt, limit, None, limits)?;
        let (mut tokens, mut logprobs): (Vec<u32>, Vec<f32>) = said.into_iter().unzip();
        let mut ended = tokens.last().is_some_and(|token| job.ends.contains(token));
        // The server does not know the stop strings, and samples beyond them.
        if let Some(stop) = &job.stop
            && let Some(end) = (1..=tokens.len()).find(|end| stop.ends(&tokens[..*end]))
        {
            tokens.truncate(end);
            logprobs.truncate(end);
            ended = true;
        }
        Ok(Sample {
            choices: vec![None; tokens.len()],
            tokens,
            logprobs,
            finish: match ended {
                true => FinishReason::Stop,
                false => cut,
            },
        })
    }

    fn sample_grammar(
        &self,
        grammar: &Grammar,
        model: &str,
        job: &Request,
        limit: usize,
        cut: FinishReason,
        limits: TokenLimits,
    ) -> Result<Sample> {
        let mut sample = Sample::empty(cut);
        let mut state = grammar.start();
        let mut read = job.prompt.to_vec();
        loop {
            let allowed = state.allowed().clone();
            if !allowed.is_empty() && sample.tokens.len() == limit {
                return Ok(sample);
            }
            let (token, logprob) = match &*allowed {
                [] => break,
                [forced] => (*forced, 0.0),
                _ => self.ask(model, job, &read, 1, Some(&allowed), limits)?[0],
            };
            read.push(token);
            sample.tokens.push(token);
            sample.logprobs.push(logprob);
            sample.choices.push(Some(allowed));
            match grammar.advance(state, token)? {
                Some(next) => state = next,
                None => break,
            }
        }
        sample.finish = FinishReason::Stop;
        Ok(sample)
    }

    /// Requests at least one token after `read`.
    fn ask(
        &self,
        model: &str,
        job: &Request,
        read: &[u32],
        most: usize,
        allowed: Option<&[u32]>,
        limits: TokenLimits,
    ) -> Result<SampledTokens, Failure> {
        let request = GenerateBody {
            model,
            token_ids: read,
            sampling_params: Sampling {
                max_tokens: most,
                temperature: job.temperature,
                top_p: 1.0,
                // A seed of its own for each request of a job. Servers take 63 bits.
                seed: job.seed.wrapping_add(2 * read.len() as u64) >> 1,
                stop_token_ids: &job.ends,
                ignore_eos: true,
                logprobs: 0,
                detokenize: false,
                allowed_token_ids: allowed,
            },
            stream: false,
        };
        self.0.ask("/inference/v1/generate", &request, |bytes| {
            let said = said(bytes)?;
            fits(&said, most, &job.ends, allowed, limits)?;
            Ok(Reply {
                tokens: Some([read.len() as u64, said.len() as u64]),
                value: Ok(said),
            })
        })
    }

    /// Loads an adapter on the server, from a folder that the server can read.
    ///
    /// # Errors
    /// The server refuses the adapter.
    pub fn load(&self, name: &str, folder: &Path) -> Result<()> {
        let adapter = Adapter {
            lora_name: name,
            lora_path: Some(folder),
        };
        self.post("/v1/load_lora_adapter", &adapter).with_context(|| {
            format!(
                "the server cannot load the adapter in {}: it must be able to read this folder, and be started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True",
                folder.display()
            )
        })
    }

    /// Unloads an adapter on the server.
    ///
    /// # Errors
    /// The server refuses.
    pub fn unload(&self, name: &str) -> Result<()> {
        let adapter = Adapter {
            lora_name: name,
            lora_path: None,
        };
        Ok(self.post("/v1/unload_lora_adapter", &adapter)?)
    }

    fn post(&self, path: &str, adapter: &Adapter<'_>) -> Result<(), Failure> {
        self.0.ask(path, adapter, |_| {
            Ok(Reply {
                tokens: Some([0, 0]),
                value: Ok(()),
            })
        })
    }

    /// Checks that the server has the model that the run file names, and that it normalises
    /// log-probabilities over the allowed tokens, as the trainer does.
    ///
    /// # Errors
    /// The server does not; the message says how to start it.
    pub fn check(&self, end: u32, limits: TokenLimits) -> Result<()> {
        let job = Request {
            role: "".into(),
            prompt: [end].into(),
            grammar: None,
            ends: [end].into(),
            max_tokens: 1,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            stop: None,
            seed: 0,
        };
        let only = [end];
        let model = &self.0.settings().model;
        let (_, logprob) = self.ask(model, &job, &job.prompt, 1, Some(&only), limits)?[0];
        ensure!(
            logprob.abs() < CERTAIN,
            "servers.sampler: a token without an alternative has the log-probability {logprob}, not 0: start the server with --logprobs-mode processed_logprobs"
        );
        Ok(())
    }
}

fn said(bytes: &[u8]) -> Result<SampledTokens, Unusable> {
    let response: Response = serde_json::from_slice(bytes)
        .map_err(|error| format!("the reply is not a sample of tokens ({error})"))?;
    let missing = |what: &str| format!("the reply has no {what}");
    let choice = response.choices.unwrap_or_default().into_iter().next();
    let choice = choice.ok_or_else(|| missing("choices"))?;
    let tokens = choice.token_ids.ok_or_else(|| missing("token_ids"))?;
    let logprobs = choice.logprobs.and_then(|logprobs| logprobs.content);
    let logprobs = logprobs.ok_or_else(|| missing("logprobs"))?;
    if tokens.len() != logprobs.len() {
        return Err(Unusable::from(format!(
            "the reply has {} log-probabilities for {} tokens",
            logprobs.len(),
            tokens.len()
        )));
    }
    let logprobs = logprobs.into_iter().map(|of| of.logprob);
    Ok(tokens.into_iter().zip(logprobs).collect())
}

fn fits(
    said: &SampledTokens,
    most: usize,
    ends: &[u32],
    allowed: Option<&[u32]>,
    limits: TokenLimits,
) -> Result<(), String> {
    if said.is_empty() || said.len() > most {
        return Err(format!(
            "the reply has {} tokens, not 1 to {most}",
            said.len()
        ));
    }
    for (place, (token, logprob)) in said.iter().enumerate() {
        if *token as usize >= limits.vocabulary {
            return Err(format!(
                "the reply has the token {token}, but the backbone has {}",
                limits.vocabulary
            ));
        }
        if allowed.is_some_and(|allowed| !allowed.contains(token)) {
            return Err(format!(
                "the reply has the token {token}, which is not allowed"
            ));
        }
        if !logprob.is_finite() || *logprob > CERTAIN {
            return Err(format!("the reply has the log-probability {logprob}"));
        }
        if ends.contains(token) && place + 1 < said.len() {
            return Err(format!("the reply continues after the end token {token}"));
        }
    }
    let stopped = said.last().is_some_and(|(token, _)| ends.contains(token));
    match said.len() == most || stopped {
        true => Ok(()),
        false => Err(format!(
            "the reply stops after {} of {most} tokens without an end token",
            said.len()
        )),
    }
}
