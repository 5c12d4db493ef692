//! The language model as a rollout sees it: asks the hub, and keeps what was
//! sampled, token by token, for the update.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use memloom_engine::generation::{FinishReason, Request, Sample, StopStrings};
use memloom_engine::grammar::Grammars;
use memloom_runtime::types::Message;
use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError};
use serde::Serialize;

use crate::rng::{Purpose, derive};
use crate::rollout::batcher::EngineClient;
use crate::rollout::thoughts;

/// One role's output on one chunk.
#[derive(Clone, Debug)]
pub struct Step {
    /// Session that it was given for; 0 for a question.
    pub session: u32,
    /// Who spoke.
    pub role: Arc<str>,
    /// The prompt's tokens.
    pub prompt: Arc<[u32]>,
    /// What was sampled.
    pub sample: Sample,
}

/// Counts of outputs and prompts that the context was too short for.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Overflows {
    /// Model outputs that were cut off because the context was full.
    pub context_cuts: u64,
    /// Prompts that filled the context, for which the policy received an empty text.
    pub context_overflows: u64,
}

impl Overflows {
    /// Counts a step.
    pub fn count(&mut self, step: &Step) {
        match step.sample.finish {
            FinishReason::Context => self.context_cuts += 1,
            FinishReason::Overflow => self.context_overflows += 1,
            FinishReason::Stop | FinishReason::Length => {}
        }
    }
}

/// The steps of a rollout, shared between it and its model handle.
pub type RecordedSteps = Arc<Mutex<Vec<Step>>>;

/// How a set of rollouts samples.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// The run's seed.
    pub seed: u64,
    /// What the rollouts are for, so that no two sets share random numbers:
    /// for instance (stage, step).
    pub occasion: [u64; 2],
    /// 0 is greedy.
    pub temperature: f32,
    /// See [`Request::top_k`].
    pub top_k: usize,
    /// See [`Request::top_p`].
    pub top_p: f32,
}

/// Occasion of evaluations, apart from every stage's.
const EVALUATION: u64 = u64::MAX;

impl Sampling {
    /// Returns how evaluations sample: the likeliest token always.
    pub fn greedy(seed: u64) -> Self {
        Self {
            seed,
            occasion: [EVALUATION, 0],
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
        }
    }
}

/// A [`LanguageModel`] on the trainer's own engine.
pub struct SampledModel {
    client: EngineClient,
    grammars: Arc<Grammars>,
    sampling: Sampling,
    stop: Option<Arc<StopStrings>>,
    steps: Option<RecordedSteps>,
    /// What it says first.
    script: VecDeque<Sample>,
}

impl SampledModel {
    /// A model for the rollout behind `client`.
    pub fn new(client: EngineClient, grammars: Arc<Grammars>, sampling: Sampling) -> Self {
        Self {
            client,
            stop: StopStrings::new(grammars.tokenizer(), grammars.tokenizer().stop_strings()),
            grammars,
            sampling,
            steps: None,
            script: VecDeque::new(),
        }
    }

    /// Has it keep its steps here. By default it keeps none.
    pub fn keeping(mut self, steps: &RecordedSteps) -> Self {
        self.steps = Some(steps.clone());
        self
    }

    /// Has it say this first, word for word and without a step of its own.
    pub fn after(mut self, script: impl IntoIterator<Item = Sample>) -> Self {
        self.script.extend(script);
        self
    }

    fn seed(&self, call: &GenerateCall) -> u64 {
        let id = self.client.id();
        let (session, member) = id
            .reroll
            .map_or((0, 0), |(s, m)| (u64::from(s), m as u64 + 1));
        derive(
            self.sampling.seed,
            Purpose::Sampling,
            &[
                self.sampling.occasion[0],
                self.sampling.occasion[1],
                id.episode as u64,
                id.rollout as u64,
                session,
                member,
                u64::from(call.session),
                u64::from(call.step),
                call.question.as_deref().map_or(0, number),
            ],
        )
    }
}

/// A number for a question's id.
fn number(id: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// Returns messages as a tokenizer takes them: (role, content).
pub fn pairs(messages: &[Message]) -> Vec<(&str, &str)> {
    messages
        .iter()
        .map(|message| (&*message.role, &*message.content))
        .collect()
}

impl LanguageModel for SampledModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        let role: Arc<str> = request.role.as_str().into();
        let tokenizer = self.grammars.tokenizer();
        let prompt: Arc<[u32]> = tokenizer
            .encode_prompt(&request.role, &pairs(&request.messages))
            .map_err(|error| ModelError::new(format!("{error:#}")))?
            .into();
        let grammar = match &request.grammar {
            Some(text) => Some(
                self.grammars
                    .compile(text)
                    .map_err(|error| ModelError::new(error.to_string()))?,
            ),
            None => None,
        };
        let job = Request {
            role: role.clone(),
            prompt: prompt.clone(),
            grammar,
            max_tokens: request.max_tokens as usize,
            temperature: self.sampling.temperature,
            top_k: self.sampling.top_k,
            top_p: self.sampling.top_p,
            stop: self.stop.clone(),
            seed: self.seed(call),
            ends: tokenizer.ends().clone(),
        };
        let (sample, own) = match self.script.pop_front() {
            Some(sample) => (sample, false),
            None => (self.client.ask(job).map_err(ModelError::new)?, true),
        };
        // What a grammar asks for is said, and nothing is thought before it.
        let said = match request.grammar {
            None => thoughts::reply(tokenizer, &prompt, &sample.tokens),
            Some(_) => tokenizer.decode(&sample.tokens),
        };
        let said = said.map_err(|error| ModelError::new(format!("{error:#}")))?;
        // Where a grammar says what an output is, it may hold these strings.
        let stop = self.stop.as_ref().filter(|_| request.grammar.is_none());
        let text = stop.map_or(said.as_str(), |stop| stop.cut(&said));
        let completion = Completion {
            text: text.to_owned(),
            finish: match sample.finish {
                FinishReason::Stop => memloom_runtime::types::FinishReason::Stop,
                FinishReason::Length | FinishReason::Context | FinishReason::Overflow => {
                    memloom_runtime::types::FinishReason::Length
                }
            },
            tokens: sample.tokens.clone(),
            logprobs: sample.logprobs.clone(),
            prompt_tokens: prompt.len() as u32,
        };
        if let Some(steps) = self.steps.as_ref().filter(|_| own) {
            let mut steps = steps.lock().unwrap_or_else(PoisonError::into_inner);
            steps.push(Step {
                session: call.session,
                role,
                prompt,
                sample,
            });
        }
        Ok(completion)
    }
}
