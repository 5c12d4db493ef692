//! The host behind a policy's imports: its bank, its environment and its model.
//! Every call is counted, checked against the policy's activity, and recorded on
//! request.

pub(crate) mod calls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use memloom_text::words::{word_count, word_indices};

use crate::bank::Bank;
use crate::bindings::model::Completion as WitCompletion;
use crate::environment::Environment;
use crate::error::Error;
use crate::event::Event;
use crate::model::{Embedder, GenerateCall, LanguageModel, ModelError};
use crate::types::{
    Entry, Error as Refusal, Hit, Level, Moment, Observation, Operation, Query, Request, Schema,
    Stats,
};
use crate::world::World;

/// The purpose of the policy's present call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Activity {
    /// No call that may change the bank.
    Idle,
    /// Observing a session.
    Observing {
        session: u32,
        /// Set for a task session, in which the policy may act.
        task: bool,
        /// The demonstrator who advises in a task, and the seed.
        demonstrator: Option<(String, u64)>,
        /// Set once the policy itself has ended the session in the bank.
        ended: bool,
    },
    /// Answering the question of this id.
    Answering(String),
}

/// A replacement for one operation on its way to the bank.
pub(crate) struct OperationOverride {
    /// The number of `apply` calls before the one with the operation.
    pub(crate) calls_before: usize,
    /// The operation's index in its call.
    pub(crate) index: usize,
    /// The operation that takes its place; with none it is left out.
    pub(crate) instead: Option<Operation>,
    /// The result that the policy gets for an operation that is left out.
    pub(crate) recorded_result: Result<String, Refusal>,
}

impl OperationOverride {
    /// Counts a call of `apply`. Returns whether it is the one to change.
    fn is_due(&mut self) -> bool {
        let due = self.calls_before == 0;
        self.calls_before = self.calls_before.saturating_sub(1);
        due
    }

    fn change(&self, operations: &mut Vec<Operation>) {
        operations.splice(self.index..=self.index, self.instead.clone());
    }

    /// Adds the result of an operation that was left out.
    fn complete(self, results: &mut Vec<Result<String, Refusal>>) {
        if self.instead.is_none() {
            results.insert(self.index, self.recorded_result);
        }
    }
}

/// A function that is told events as they happen.
pub(crate) type Watcher = Box<dyn FnMut(&Event) + Send>;

/// The host behind a policy's imports.
pub(crate) struct PolicyHost {
    pub(crate) bank: Bank,
    /// None for an agent in service.
    pub(crate) environment: Option<Environment>,
    /// The world of an agent in service, while it does a task.
    pub(crate) world: Option<Box<dyn World>>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) events: Option<Vec<Event>>,
    /// Told each event as it happens.
    pub(crate) watcher: Option<Watcher>,
    pub(crate) operation_override: Option<OperationOverride>,
    pub(crate) host_calls: u64,
    pub(crate) generate_calls: u64,
    pub(crate) model_time: Duration,
    /// Processor time of this thread in the model: encoding and decoding.
    pub(crate) model_cpu: Duration,
    model: Box<dyn LanguageModel>,
    activity: Activity,
    /// The number of model calls in the present activity.
    step: u32,
    /// The model's last failure in the last activity.
    pub(crate) failure: Option<Error>,
    /// Set once the log says that the model has no tokenizer.
    counts_words: bool,
}

impl PolicyHost {
    pub(crate) fn new(
        bank: Bank,
        environment: Option<Environment>,
        model: Box<dyn LanguageModel>,
    ) -> Self {
        Self {
            bank,
            environment,
            world: None,
            embedder: None,
            events: None,
            watcher: None,
            operation_override: None,
            host_calls: 0,
            generate_calls: 0,
            model_time: Duration::ZERO,
            model_cpu: Duration::ZERO,
            model,
            activity: Activity::Idle,
            step: 0,
            failure: None,
            counts_words: false,
        }
    }

    /// Sets the purpose of the policy's next call.
    pub(crate) fn begin(&mut self, activity: Activity) {
        self.activity = activity;
        self.step = 0;
        self.failure = None;
    }

    /// Ends the present activity and returns it.
    pub(crate) fn finish(&mut self) -> Activity {
        std::mem::replace(&mut self.activity, Activity::Idle)
    }

    /// Makes bank and environment burn the policy's fuel.
    pub(crate) fn share_fuel(&mut self, fuel: Option<u64>) {
        self.bank.instance.share_fuel(fuel);
        if let Some(environment) = &mut self.environment {
            environment.instance.share_fuel(fuel);
        }
    }

    /// Returns the rest of the shared fuel: at most one of the two was called.
    pub(crate) fn reclaim_fuel(&mut self) -> Option<u64> {
        let left = self.bank.instance.reclaim_fuel();
        match &mut self.environment {
            Some(environment) => left.min(environment.instance.reclaim_fuel()),
            None => left,
        }
    }

    /// Returns the environment of an episode.
    pub(crate) fn environment(&mut self) -> &mut Environment {
        self.environment
            .as_mut()
            .expect("episodes are made with an environment")
    }

    /// Records an event and tells it to the watcher, where there is a need for it.
    pub(crate) fn record(&mut self, event: impl FnOnce() -> Event) {
        if self.events.is_none() && self.watcher.is_none() {
            return;
        }
        let event = event();
        if let Some(watcher) = &mut self.watcher {
            watcher(&event);
        }
        if let Some(events) = &mut self.events {
            events.push(event);
        }
    }

    pub(crate) fn schema(&mut self) -> Result<Schema, Error> {
        let schema = self.bank.schema()?;
        self.record(|| Event::Schema(schema.clone()));
        Ok(schema)
    }

    /// Applies operations to the bank. Only while a session is observed: a question
    /// must not change the state for the next one.
    pub(crate) fn apply(
        &mut self,
        at: Moment,
        mut operations: Vec<Operation>,
    ) -> Result<Vec<Result<String, Refusal>>, Error> {
        let due = self.operation_override.take_if(|pending| pending.is_due());
        if let Some(due) = &due {
            due.change(&mut operations);
        }
        let mut results = if matches!(self.activity, Activity::Observing { .. }) {
            self.bank.apply(&at, &operations)?
        } else {
            let why = "the bank can be changed only while a session is observed";
            vec![Err(Refusal::Unsupported(why.into())); operations.len()]
        };
        self.record(|| Event::Apply {
            at,
            operations,
            results: results.clone(),
        });
        if let Some(due) = due {
            due.complete(&mut results);
        }
        Ok(results)
    }

    pub(crate) fn retrieve(&mut self, query: Query) -> Result<Result<Vec<Hit>, Refusal>, Error> {
        let result = self.bank.try_retrieve(&query)?;
        self.record(|| Event::Retrieve {
            query,
            result: result.clone(),
        });
        Ok(result)
    }

    pub(crate) fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        let entries = self.bank.entries()?;
        self.record(|| Event::Entries(entries.clone()));
        Ok(entries)
    }

    pub(crate) fn render(&mut self, ids: Vec<String>) -> Result<Result<String, Refusal>, Error> {
        let result = self.bank.try_render(&ids)?;
        self.record(|| Event::Render {
            ids,
            result: result.clone(),
        });
        Ok(result)
    }

    pub(crate) fn end_session(&mut self, policy: &str, at: Moment) -> Result<(), Error> {
        let Activity::Observing { ended, .. } = &mut self.activity else {
            return Err(Error::Forbidden {
                component: policy.to_owned(),
                function: "end-session",
                when: "while no session is observed",
            });
        };
        *ended = true;
        self.bank.end_session(&at)?;
        self.record(|| Event::EndSession(at));
        Ok(())
    }

    pub(crate) fn stats(&mut self) -> Result<Stats, Error> {
        let stats = self.bank.stats()?;
        self.record(|| Event::Stats(stats));
        Ok(stats)
    }

    pub(crate) fn generate(&mut self, request: Request) -> Result<WitCompletion, String> {
        let (session, question) = match &self.activity {
            Activity::Idle => (0, None),
            Activity::Observing { session, .. } => (*session, None),
            Activity::Answering(question) => (0, Some(question.clone())),
        };
        let call = GenerateCall {
            request,
            session,
            step: self.step,
            question,
        };
        self.step += 1;
        self.generate_calls += 1;
        let began = (Instant::now(), ThreadTime::now());
        let result = self.model.generate(&call);
        self.model_time += began.0.elapsed();
        self.model_cpu += began.1.elapsed();
        let told = match &result {
            Ok(completion) => Ok(WitCompletion {
                text: completion.text.clone(),
                tool_calls: completion.tool_calls.clone(),
                malformed_calls: completion.malformed_calls,
                tokens: match completion.tokens.len() {
                    0 => word_count(&completion.text) as u32,
                    tokens => tokens as u32,
                },
                finish: completion.finish,
            }),
            Err(error) => {
                self.failure = Some(model_error(&call, error.clone()));
                Err(error.to_string())
            }
        };
        self.record(|| Event::Generate {
            call,
            result: result.map_err(|error| error.to_string()),
        });
        told
    }

    pub(crate) fn count(&mut self, text: String) -> u32 {
        let tokens = self.model.count(&text);
        let count = tokens.unwrap_or_else(|| {
            self.say_that_words_count();
            word_indices(&text).count() as u32
        });
        self.record(|| Event::Count { text, tokens });
        count
    }

    pub(crate) fn cut(&mut self, text: String, first: u32, end: u32) -> String {
        let tokens = self.model.cut(&text, first, end);
        let part = tokens.clone().unwrap_or_else(|| {
            self.say_that_words_count();
            let ends: Vec<usize> = word_indices(&text)
                .map(|(start, word)| start + word.len())
                .collect();
            cut_at(&text, &ends, first, end).to_owned()
        });
        self.record(|| Event::Cut {
            text,
            first,
            end,
            tokens,
        });
        part
    }

    fn say_that_words_count(&mut self) {
        if !std::mem::replace(&mut self.counts_words, true) {
            let text = "the model has no tokenizer here: words are counted and cut, not tokens";
            self.log(Level::Warn, text.into());
        }
    }

    pub(crate) fn embed(&mut self, texts: Vec<String>) -> Result<Option<Vec<Vec<f32>>>, Error> {
        let embedder = self.embedder.as_ref();
        let result = embedder
            .map(|embedder| embed(embedder.as_ref(), &texts))
            .transpose();
        self.record(|| Event::Embed {
            texts,
            result: result.clone(),
        });
        result.map_err(|why| Error::Embedder { why })
    }

    pub(crate) fn act(&mut self, action: String) -> Result<Result<Observation, Refusal>, Error> {
        let in_task = matches!(self.activity, Activity::Observing { task: true, .. });
        let result = match (&mut self.environment, &mut self.world) {
            (Some(environment), _) if in_task => environment.try_act(&action)?,
            (None, Some(world)) if in_task => world.act(&action),
            _ => {
                let why = "there is no task to act in: the policy does not observe a task session";
                Err(Refusal::Unsupported(why.into()))
            }
        };
        self.record(|| Event::Act {
            action,
            result: result.clone(),
        });
        Ok(result)
    }

    /// Returns the demonstrator's next action, where demonstrations are collected.
    pub(crate) fn advise(&mut self) -> Result<Option<String>, Error> {
        let advice = match (&mut self.environment, &self.activity) {
            (
                Some(environment),
                Activity::Observing {
                    task: true,
                    demonstrator: Some((demonstrator, seed)),
                    ..
                },
            ) => Some(environment.advise(demonstrator, *seed)?),
            _ => None,
        };
        self.record(|| Event::Advise(advice.clone()));
        Ok(advice)
    }

    pub(crate) fn log(&mut self, level: Level, text: String) {
        self.record(|| Event::Log { level, text });
    }
}

fn model_error(call: &GenerateCall, error: ModelError) -> Error {
    Error::Model {
        role: call.request.role.clone(),
        session: call.session,
        step: call.step,
        error,
    }
}

/// Returns the tokens `first` to `end` (exclusive) of a text, given where each ends, without
/// characters that are cut.
pub fn cut_at<'t>(text: &'t str, ends: &[usize], first: u32, end: u32) -> &'t str {
    let tokens = ends.len();
    let at = |token: u32| match (token as usize).min(tokens) {
        0 => 0,
        token => ends[token - 1],
    };
    let (start, end) = (at(first), at(end.max(first)));
    let whole = |byte: &usize| text.is_char_boundary(*byte);
    let start = (start..=end).find(whole).unwrap_or(end);
    let end = (start..=end).rev().find(whole).unwrap_or(start);
    &text[start..end]
}

/// Returns one vector a text, all of one length.
fn embed(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
    let vectors = embedder.embed(texts).map_err(|error| error.to_string())?;
    if vectors.len() != texts.len() {
        let (given, expected) = (vectors.len(), texts.len());
        return Err(format!("{given} vectors for {expected} texts"));
    }
    if let Some(pair) = vectors
        .windows(2)
        .find(|pair| pair[0].len() != pair[1].len())
    {
        let (first, second) = (pair[0].len(), pair[1].len());
        return Err(format!("vectors of lengths {first} and {second}"));
    }
    Ok(vectors)
}
