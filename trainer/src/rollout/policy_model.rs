//! The language model of a rollout. It sends requests to the engine, and records the sampled
//! tokens for the update.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use memloom_engine::generation::{FinishReason, Request, Sample, StopStrings};
use memloom_engine::grammar::Grammars;
use memloom_engine::tokenizer::{Prompt, PromptMessage, Tokenizer};
use memloom_runtime::types::Request as PolicyRequest;
use memloom_runtime::{Completion, GenerateCall, LanguageModel, ModelError, cut_at};
use serde::Serialize;

use crate::rng::{Purpose, derive};
use crate::rollout::batcher::EngineClient;
use crate::rollout::thoughts;
use crate::tool_calls;

/// One model output.
#[derive(Clone, Debug)]
pub struct Step {
    /// Session; 0 for a question.
    pub session: u32,
    /// Number of outputs before it in the session.
    pub step: u32,
    /// Role.
    pub role: Arc<str>,
    /// Tokens of the prompt.
    pub prompt: Arc<[u32]>,
    /// The sampled completion.
    pub sample: Sample,
    /// The id of the question that it answers, if it does.
    pub question: Option<Arc<str>>,
    /// The temperature that the policy chose, if it did.
    pub temperature: Option<f32>,
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

/// Sampling settings of a set of rollouts.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
    /// The run's seed.
    pub seed: u64,
    /// Coordinates of the set, for example (stage, step). No two sets share random numbers.
    pub occasion: [u64; 2],
    /// Temperature; 0 is greedy.
    pub temperature: f32,
    /// See [`Request::top_k`].
    pub top_k: usize,
    /// See [`Request::top_p`].
    pub top_p: f32,
}

/// Occasion of evaluations, apart from every stage's.
const EVALUATION: u64 = u64::MAX;

impl Sampling {
    /// Returns the settings of evaluations: always the likeliest token.
    pub fn greedy(seed: u64) -> Self {
        Self {
            seed,
            occasion: [EVALUATION, 0],
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
        }
    }

    /// Returns the settings of an evaluation's sampled pass, from 0. No two passes share random
    /// numbers.
    pub fn sampled(seed: u64, pass: u64, temperature: f32, top_p: f32) -> Self {
        Self {
            occasion: [EVALUATION - pass, 0],
            temperature,
            top_p,
            ..Self::greedy(seed)
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
    /// Outputs that come first.
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

    /// Makes the model keep its steps in `steps`. By default it keeps none.
    pub fn keeping(mut self, steps: &RecordedSteps) -> Self {
        self.steps = Some(steps.clone());
        self
    }

    /// Makes the model return these samples first, without recording steps for them.
    pub fn after(mut self, script: impl IntoIterator<Item = Sample>) -> Self {
        self.script.extend(script);
        self
    }

    /// Returns the seed of a request.
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

/// Returns a number for a question's id.
fn number(id: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&blake3::hash(id.as_bytes()).as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// Encodes the prompt of a request.
///
/// # Errors
/// Fails if the tokenizer cannot encode it: see [`Tokenizer::encode_chat`].
pub fn encode(tokenizer: &Tokenizer, request: &PolicyRequest) -> anyhow::Result<Vec<u32>> {
    let tools = tool_calls::described(&request.tools).map_err(anyhow::Error::msg)?;
    let calls = request.messages.iter();
    let calls = calls.map(|message| tool_calls::called(&message.tool_calls));
    let calls: Vec<_> = calls
        .collect::<Result<_, _>>()
        .map_err(anyhow::Error::msg)?;
    let messages = request.messages.iter().zip(&calls);
    let messages = messages.map(|(message, calls)| PromptMessage {
        role: &message.role,
        content: &message.content,
        tool_calls: calls,
    });
    let prompt = Prompt {
        messages: messages.collect(),
        tools: &tools,
    };
    tokenizer.encode_chat(&request.role, prompt)
}

/// Checks what a request asks besides its prompt and grammar.
///
/// # Errors
/// The message says what is wrong with its stop strings or temperature.
pub fn check(request: &PolicyRequest) -> Result<(), String> {
    let role = &request.role;
    if request.grammar.is_some() && !request.stop.is_empty() {
        return Err(format!(
            "a request as {role} has stop strings beside a grammar, which alone ends its output"
        ));
    }
    if request.grammar.is_some() && !request.tools.is_empty() {
        return Err(format!(
            "a request as {role} offers tools beside a grammar, which leaves no room for calls"
        ));
    }
    if request.stop.iter().any(String::is_empty) {
        return Err(format!("a request as {role} has an empty stop string"));
    }
    match request.temperature {
        Some(temperature) if !(temperature.is_finite() && temperature >= 0.0) => Err(format!(
            "a request as {role} has the temperature {temperature}: give 0 (greedy) or more"
        )),
        _ => Ok(()),
    }
}

/// Returns the number of tokens of a text: [`LanguageModel::count`]. Every model that a policy meets
/// in a run counts alike, since prompts may depend on it.
pub fn count(tokenizer: &Tokenizer, text: &str) -> Option<u32> {
    Some(tokenizer.token_ends(text).ok()?.len() as u32)
}

/// Returns some tokens of a text: [`LanguageModel::cut`].
pub fn cut(tokenizer: &Tokenizer, text: &str, first: u32, end: u32) -> Option<String> {
    let ends = tokenizer.token_ends(text).ok()?;
    Some(cut_at(text, &ends, first, end).to_owned())
}

/// Returns a text up to the end of the first stop string in it.
fn to_stop<'a>(text: &'a str, stop: &[String]) -> &'a str {
    let ends = stop
        .iter()
        .filter_map(|stop| Some(text.find(stop.as_str())? + stop.len()));
    &text[..ends.min().unwrap_or(text.len())]
}

impl LanguageModel for SampledModel {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        check(request).map_err(ModelError::new)?;
        let role: Arc<str> = request.role.as_str().into();
        let tokenizer = self.grammars.tokenizer();
        let prompt: Arc<[u32]> = encode(tokenizer, request)
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
            temperature: request.temperature.unwrap_or(self.sampling.temperature),
            top_k: self.sampling.top_k,
            top_p: self.sampling.top_p,
            stop: match &request.stop[..] {
                [] => self.stop.clone(),
                stop => StopStrings::new(tokenizer, &[tokenizer.stop_strings(), stop].concat()),
            },
            seed: self.seed(call),
            ends: tokenizer.ends().clone(),
        };
        let (sample, own) = match self.script.pop_front() {
            Some(sample) => (sample, false),
            None => (self.client.ask(job).map_err(ModelError::new)?, true),
        };
        // No thought comes before an output inside a grammar.
        let text = match request.grammar {
            None => thoughts::reply(tokenizer, &prompt, &sample.tokens),
            Some(_) => tokenizer.decode(&sample.tokens),
        };
        let text = text.map_err(|error| ModelError::new(format!("{error:#}")))?;
        // An output inside a grammar may hold stop strings.
        let stop = self.stop.as_ref().filter(|_| request.grammar.is_none());
        let text = stop.map_or(text.as_str(), |stop| stop.cut(&text));
        let text = to_stop(text, &request.stop);
        let parsed = match &request.tools[..] {
            [] => tool_calls::ParsedReply::of_text(text),
            tools => tool_calls::parse(text, tools),
        };
        let completion = Completion {
            text: parsed.text,
            tool_calls: parsed.calls,
            malformed_calls: parsed.malformed,
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
                step: call.step,
                role,
                prompt,
                sample,
                question: call.question.as_deref().map(Into::into),
                temperature: request.temperature,
            });
        }
        Ok(completion)
    }

    fn count(&mut self, text: &str) -> Option<u32> {
        count(self.grammars.tokenizer(), text)
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> Option<String> {
        cut(self.grammars.tokenizer(), text, first, end)
    }
}

#[cfg(test)]
mod tests {
    use memloom_runtime::types::Tool;

    use super::*;

    fn request() -> PolicyRequest {
        PolicyRequest::new("actor", Vec::new(), 9)
    }

    #[test]
    fn a_stop_string_stays_and_what_follows_it_does_not() {
        let stop = ["</search>".to_owned(), "\n\n".to_owned()];
        assert_eq!(
            to_stop("<search>lamp</search>\n", &stop),
            "<search>lamp</search>"
        );
        assert_eq!(to_stop("a\n\nb</search>", &stop), "a\n\n");
        assert_eq!(to_stop("none", &stop), "none");
        assert_eq!(to_stop("none", &[]), "none");
    }

    #[test]
    fn what_no_output_can_follow_is_refused() {
        let grammar = || Some("a1".to_owned());
        let stop = vec!["\n".to_owned()];
        let tool = Tool {
            name: "search".into(),
            description: String::new(),
            parameters: "{}".into(),
        };
        for (request, part) in [
            (
                PolicyRequest {
                    grammar: grammar(),
                    stop,
                    ..request()
                },
                "stop strings beside a grammar",
            ),
            (
                PolicyRequest {
                    grammar: grammar(),
                    tools: vec![tool],
                    ..request()
                },
                "tools beside a grammar",
            ),
            (
                PolicyRequest {
                    stop: vec![String::new()],
                    ..request()
                },
                "empty stop string",
            ),
            (
                PolicyRequest {
                    temperature: Some(-0.1),
                    ..request()
                },
                "temperature -0.1",
            ),
            (
                PolicyRequest {
                    temperature: Some(f32::NAN),
                    ..request()
                },
                "temperature NaN",
            ),
        ] {
            let why = check(&request).expect_err(part);
            assert!(why.contains(part), "{why}");
        }
        let greedy = PolicyRequest {
            temperature: Some(0.0),
            ..request()
        };
        assert_eq!(check(&greedy), Ok(()));
    }
}
