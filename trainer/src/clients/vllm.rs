//! Rollouts that a server samples, token by token: vLLM's `/inference/v1/generate`
//! takes a prompt's token ids and gives ids with log-probabilities back, so that no
//! text is ever cut into tokens again. What is sampled for is an adapter that the run
//! has handed over.
//!
//! Where a grammar leaves a choice, one token is asked for among those that it allows;
//! what it forces is not asked for. The server keeps the prompt's keys meanwhile.

use std::path::Path;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use memloom_engine::generation::{FinishReason, Request, Sample};
use memloom_engine::grammar::Grammar;
use serde::{Deserialize, Serialize};

use crate::clients::http::{Client, Failure, Reply};

/// How far from 0 the log-probability of a token without an alternative may be.
const CERTAIN: f32 = 1e-3;

/// What tokens fit.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Most tokens of a prompt and its completion together.
    pub context: usize,
    /// Ids are below this.
    pub vocabulary: usize,
}

/// A server that samples.
pub struct TokenServer(pub(super) Client);

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
    /// Only those above end a sample, not what the server knows besides.
    ignore_eos: bool,
    /// Of the sampled token alone.
    logprobs: u32,
    detokenize: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_token_ids: Option<&'a [u32]>,
}

#[derive(Deserialize)]
struct Response {
    choices: Vec<Choice>,
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

/// Tokens with the log-probability of each.
type Said = Vec<(u32, f32)>;

impl TokenServer {
    /// A server that this client asks.
    pub fn new(client: Client) -> Self {
        Self(client)
    }

    /// Samples every job for the model that it is named; one result each, in their
    /// order.
    pub fn generate<'a>(
        &self,
        jobs: &[Request],
        model: impl Fn(&Request) -> &'a str,
        room: Room,
    ) -> Vec<Result<Sample, String>> {
        thread::scope(|scope| {
            let asked: Vec<_> = jobs
                .iter()
                .map(|job| {
                    let model = model(job);
                    scope.spawn(move || self.sample(model, job, room))
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
    /// Where the server gives no sample that fits it, and for a JSON schema: to ask for
    /// each token among nearly all would take longer than to sample here, and a schema
    /// that the server keeps to by itself leaves other sets than the loss would see.
    pub fn sample(&self, model: &str, job: &Request, room: Room) -> Result<Sample> {
        if job
            .grammar
            .as_ref()
            .is_some_and(|grammar| grammar.is_schema())
        {
            bail!(
                "outside.rollouts: the policy gives {} a JSON schema as its output grammar, which only the run's own engine keeps to: leave the section out, or have the policy ask without",
                job.role
            );
        }
        let left = room.context.saturating_sub(job.prompt.len());
        if left == 0 {
            return Ok(Sample::empty(FinishReason::Overflow));
        }
        let limit = job.max_tokens.min(left);
        let cut = match limit < job.max_tokens {
            true => FinishReason::Context,
            false => FinishReason::Length,
        };
        match &job.grammar {
            None => Ok(self.free(model, job, limit, cut, room)?),
            Some(grammar) => self.within(grammar, model, job, limit, cut, room),
        }
    }

    fn free(
        &self,
        model: &str,
        job: &Request,
        limit: usize,
        cut: FinishReason,
        room: Room,
    ) -> Result<Sample, Failure> {
        if limit == 0 {
            return Ok(Sample::empty(cut));
        }
        let said = self.ask(model, job, &job.prompt, limit, None, room)?;
        let (mut tokens, mut logprobs): (Vec<u32>, Vec<f32>) = said.into_iter().unzip();
        let mut ended = tokens.last().is_some_and(|token| job.ends.contains(token));
        // The server knows no text, and says more than was asked for.
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

    fn within(
        &self,
        grammar: &Grammar,
        model: &str,
        job: &Request,
        limit: usize,
        cut: FinishReason,
        room: Room,
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
                _ => self.ask(model, job, &read, 1, Some(&allowed), room)?[0],
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

    /// At least one token after `read`.
    fn ask(
        &self,
        model: &str,
        job: &Request,
        read: &[u32],
        most: usize,
        allowed: Option<&[u32]>,
        room: Room,
    ) -> Result<Said, Failure> {
        let request = GenerateBody {
            model,
            token_ids: read,
            sampling_params: Sampling {
                max_tokens: most,
                temperature: job.temperature,
                top_p: 1.0,
                // Of its own for each token that a grammar has asked for alone; servers
                // take seeds of 63 bits.
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
            fits(&said, most, &job.ends, allowed, room)?;
            Ok(Reply {
                tokens: Some([read.len() as u64, said.len() as u64]),
                value: Ok(said),
            })
        })
    }

    /// Has the server take up an adapter that lies in a folder which it sees too.
    ///
    /// # Errors
    /// Where it does not.
    pub fn load(&self, name: &str, folder: &Path) -> Result<()> {
        let adapter = Adapter {
            lora_name: name,
            lora_path: Some(folder),
        };
        self.tell("/v1/load_lora_adapter", &adapter).with_context(|| {
            format!(
                "the server did not take up the adapter in {}: it must see this folder, and be started with --enable-lora and VLLM_ALLOW_RUNTIME_LORA_UPDATING=True",
                folder.display()
            )
        })
    }

    /// Has the server forget an adapter.
    ///
    /// # Errors
    /// Where it does not.
    pub fn unload(&self, name: &str) -> Result<()> {
        let adapter = Adapter {
            lora_name: name,
            lora_path: None,
        };
        Ok(self.tell("/v1/unload_lora_adapter", &adapter)?)
    }

    fn tell(&self, path: &str, adapter: &Adapter<'_>) -> Result<(), Failure> {
        self.0.ask(path, adapter, |_| {
            Ok(Reply {
                tokens: Some([0, 0]),
                value: Ok(()),
            })
        })
    }

    /// Whether the server has the model that the run file names, and samples as the
    /// trainer reckons: among the tokens that a grammar allows, and with
    /// log-probabilities among those.
    ///
    /// # Errors
    /// Saying how it must be started.
    pub fn check(&self, end: u32, room: Room) -> Result<()> {
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
        let (_, logprob) = self.ask(model, &job, &job.prompt, 1, Some(&only), room)?[0];
        ensure!(
            logprob.abs() < CERTAIN,
            "outside.rollouts: a token without an alternative has the log-probability {logprob}, not 0: start the server with --logprobs-mode processed_logprobs"
        );
        Ok(())
    }
}

fn said(bytes: &[u8]) -> Result<Said, String> {
    let response: Response = serde_json::from_slice(bytes)
        .map_err(|error| format!("the reply is no sample of tokens ({error})"))?;
    let choice = response.choices.into_iter().next();
    let choice = choice.ok_or("the reply has no choices")?;
    let tokens = choice.token_ids.ok_or("the reply has no token_ids")?;
    let logprobs = choice.logprobs.and_then(|logprobs| logprobs.content);
    let logprobs = logprobs.ok_or("the reply has no logprobs")?;
    if tokens.len() != logprobs.len() {
        return Err(format!(
            "the reply has {} log-probabilities for {} tokens",
            logprobs.len(),
            tokens.len()
        ));
    }
    let logprobs = logprobs.into_iter().map(|of| of.logprob);
    Ok(tokens.into_iter().zip(logprobs).collect())
}

fn fits(
    said: &Said,
    most: usize,
    ends: &[u32],
    allowed: Option<&[u32]>,
    room: Room,
) -> Result<(), String> {
    if said.is_empty() || said.len() > most {
        return Err(format!(
            "the reply has {} tokens of 1 to {most}",
            said.len()
        ));
    }
    for (place, (token, logprob)) in said.iter().enumerate() {
        if *token as usize >= room.vocabulary {
            return Err(format!(
                "the reply has the token {token}, but the backbone has {}",
                room.vocabulary
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
            return Err(format!("the reply goes on after the end {token}"));
        }
    }
    let stopped = said.last().is_some_and(|(token, _)| ends.contains(token));
    match said.len() == most || stopped {
        true => Ok(()),
        false => Err(format!(
            "the reply ends after {} of {most} tokens without an end",
            said.len()
        )),
    }
}
