//! What a policy's imports reach: its bank, its environment, the model. Every
//! call is counted, checked against the moment, and recorded where asked for.

pub(crate) mod calls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;

use crate::bank::Bank;
use crate::bindings::model::Completion as Said;
use crate::environment::Environment;
use crate::error::Error;
use crate::model::{Embedder, GenerateCall, LanguageModel, ModelError};
use crate::trace::Event;
use crate::types::{
    Entry, Error as Refusal, Hit, Level, Moment, Observation, Operation, Query, Request, Schema,
    Stats,
};

/// What the policy was last called for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Activity {
    /// Nothing that may change the bank.
    Idle,
    /// To observe a session.
    Observing {
        session: u32,
        /// Whether it is a task, to act in.
        task: bool,
        /// Whether the policy has ended the session in the bank itself.
        ended: bool,
    },
    /// To answer the question of this id.
    Answering(String),
}

/// A change of one operation on its way to the bank.
pub(crate) struct Amendment {
    /// Calls of `apply` that come before the one with the operation.
    pub(crate) calls_before: usize,
    /// The operation's place in its call.
    pub(crate) place: usize,
    /// What is done instead; none is nothing.
    pub(crate) instead: Option<Operation>,
    /// What the policy hears of an operation that was not done.
    pub(crate) told: Result<String, Refusal>,
}

impl Amendment {
    fn is_due(&mut self) -> bool {
        let due = self.calls_before == 0;
        self.calls_before = self.calls_before.saturating_sub(1);
        due
    }

    fn change(&self, operations: &mut Vec<Operation>) {
        operations.splice(self.place..=self.place, self.instead.clone());
    }

    fn tell(self, results: &mut Vec<Result<String, Refusal>>) {
        if self.instead.is_none() {
            results.insert(self.place, self.told);
        }
    }
}

/// What a policy's imports reach.
pub(crate) struct Surroundings {
    pub(crate) bank: Bank,
    /// None around an agent in service.
    pub(crate) environment: Option<Environment>,
    pub(crate) embedder: Option<Arc<dyn Embedder>>,
    pub(crate) events: Option<Vec<Event>>,
    pub(crate) amendment: Option<Amendment>,
    pub(crate) host_calls: u64,
    pub(crate) generate_calls: u64,
    pub(crate) model_time: Duration,
    /// This thread's own work for the model: encoding and decoding.
    pub(crate) model_cpu: Duration,
    model: Box<dyn LanguageModel>,
    activity: Activity,
    step: u32,
    /// The last failure of the model in what the policy was called for last.
    pub(crate) failure: Option<Error>,
}

impl Surroundings {
    pub(crate) fn new(
        bank: Bank,
        environment: Option<Environment>,
        model: Box<dyn LanguageModel>,
    ) -> Self {
        Self {
            bank,
            environment,
            embedder: None,
            events: None,
            amendment: None,
            host_calls: 0,
            generate_calls: 0,
            model_time: Duration::ZERO,
            model_cpu: Duration::ZERO,
            model,
            activity: Activity::Idle,
            step: 0,
            failure: None,
        }
    }

    /// Says what the policy is called for next.
    pub(crate) fn begin(&mut self, activity: Activity) {
        self.activity = activity;
        self.step = 0;
        self.failure = None;
    }

    /// What the policy was called for.
    pub(crate) fn finish(&mut self) -> Activity {
        std::mem::replace(&mut self.activity, Activity::Idle)
    }

    /// Has bank and environment burn the policy's fuel.
    pub(crate) fn lend(&mut self, fuel: Option<u64>) {
        self.bank.0.lend(fuel);
        if let Some(environment) = &mut self.environment {
            environment.instance.lend(fuel);
        }
    }

    /// What they have left of it: one of them was called at most.
    pub(crate) fn settle(&mut self) -> Option<u64> {
        let left = self.bank.0.settle();
        match &mut self.environment {
            Some(environment) => left.min(environment.instance.settle()),
            None => left,
        }
    }

    /// The environment of an episode.
    pub(crate) fn environment(&mut self) -> &mut Environment {
        self.environment
            .as_mut()
            .expect("episodes are made with an environment")
    }

    pub(crate) fn record(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.events {
            events.push(event());
        }
    }

    pub(crate) fn schema(&mut self) -> Result<Schema, Error> {
        let schema = self.bank.schema()?;
        self.record(|| Event::Schema(schema.clone()));
        Ok(schema)
    }

    /// Only the observation of a session may change the bank: a question that
    /// is asked must not change the state for the next one.
    pub(crate) fn apply(
        &mut self,
        at: Moment,
        mut operations: Vec<Operation>,
    ) -> Result<Vec<Result<String, Refusal>>, Error> {
        let amendment = self.amendment.take_if(|amendment| amendment.is_due());
        if let Some(amendment) = &amendment {
            amendment.change(&mut operations);
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
        if let Some(amendment) = amendment {
            amendment.tell(&mut results);
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

    pub(crate) fn generate(&mut self, request: Request) -> Result<Said, String> {
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
        let asked = (Instant::now(), ThreadTime::now());
        let result = self.model.generate(&call);
        self.model_time += asked.0.elapsed();
        self.model_cpu += asked.1.elapsed();
        let said = match &result {
            Ok(completion) => Ok(Said {
                text: completion.text.clone(),
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
        said
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
        let result = match &mut self.environment {
            Some(environment) if in_task => environment.try_act(&action)?,
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

fn embed(embedder: &dyn Embedder, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
    let vectors = embedder.embed(texts).map_err(|error| error.to_string())?;
    if vectors.len() != texts.len() {
        let (given, asked) = (vectors.len(), texts.len());
        return Err(format!("{given} vectors for {asked} texts"));
    }
    if let Some(pair) = vectors
        .windows(2)
        .find(|pair| pair[0].len() != pair[1].len())
    {
        let (one, other) = (pair[0].len(), pair[1].len());
        return Err(format!("vectors of lengths {one} and {other}"));
    }
    Ok(vectors)
}
