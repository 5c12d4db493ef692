//! A host for native tests of policies.

use crate::bank::{Bank, Hit, Query, Schema, Stats};
use crate::host::{Completion, FinishReason, Host, Request};
use crate::types::{Entry, Error, Moment, Observation, Operation};

/// A model in a test: what it says to a request, or why it cannot.
type Speak = Box<dyn FnMut(&Request) -> Result<String, String>>;

/// A stand-in for the host, so that a policy is tested without WebAssembly: a
/// real bank and a model that is a closure. Task sessions are not rehearsed.
pub struct Rehearsal<B> {
    /// The bank that the policy changes.
    pub bank: B,
    /// Everything the policy asked of the model, in order.
    pub requests: Vec<Request>,
    /// Turns a text into a vector; by default there is no embedder.
    pub embedder: Option<fn(&str) -> Vec<f32>>,
    speak: Speak,
}

impl<B: Bank> Rehearsal<B> {
    /// A rehearsal whose model is a closure.
    pub fn new(bank: B, speak: impl FnMut(&Request) -> Result<String, String> + 'static) -> Self {
        Self {
            bank,
            requests: Vec::new(),
            embedder: None,
            speak: Box::new(speak),
        }
    }

    /// A rehearsal whose model says what each request's demonstration says.
    pub fn demonstrated(bank: B) -> Self {
        Self::new(bank, |request| {
            request
                .demonstration
                .clone()
                .ok_or_else(|| "the request has no demonstration".to_string())
        })
    }

    /// A rehearsal whose model says these outputs, one a request, in order.
    pub fn scripted(bank: B, outputs: &[&str]) -> Self {
        let outputs: Vec<String> = outputs.iter().map(ToString::to_string).collect();
        let mut outputs = outputs.into_iter();
        Self::new(bank, move |_| {
            outputs
                .next()
                .ok_or_else(|| "the script has no further output".to_string())
        })
    }
}

impl<B: Bank> Host for Rehearsal<B> {
    fn schema(&mut self) -> Schema {
        self.bank.schema()
    }

    fn apply(&mut self, at: &Moment, operations: &[Operation]) -> Vec<Result<String, Error>> {
        self.bank.apply(at.clone(), operations.to_vec())
    }

    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.bank.retrieve(query)
    }

    fn entries(&mut self) -> Vec<Entry> {
        self.bank.entries()
    }

    fn render(&mut self, ids: &[String]) -> Result<String, Error> {
        self.bank.render(ids)
    }

    fn stats(&mut self) -> Stats {
        self.bank.stats()
    }

    fn generate(&mut self, request: &Request) -> Result<Completion, Error> {
        self.requests.push(request.clone());
        match (self.speak)(request) {
            Ok(text) => Ok(Completion {
                text,
                finish: FinishReason::Stop,
            }),
            Err(why) => Err(Error::Invalid(why)),
        }
    }

    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>> {
        let embedder = self.embedder?;
        Some(texts.iter().map(|text| embedder(text)).collect())
    }

    fn act(&mut self, _action: &str) -> Result<Observation, Error> {
        Err(Error::Unsupported(
            "a rehearsal has no task sessions".into(),
        ))
    }
}
