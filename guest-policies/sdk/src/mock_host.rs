//! A host for native tests of policies.

use crate::Environment;
use crate::bank::{Bank, Hit, Query, Schema, Stats};
use crate::host::{Completion, Host, Request};
use crate::text::{word_indices, words};
use crate::types::{
    DemonstratedOperation, Entry, Error, Hint, Moment, Observation, Operation, Session,
    SessionContent, Turn,
};

/// A model in a test: a function from a request to an output or an error.
type TestModel = Box<dyn FnMut(&Request) -> Result<String, String>>;

/// A host for native tests of policies: a real bank, a closure as the model, and, for task
/// sessions, a real environment. It has no tokenizer and counts words.
pub struct MockHost<B> {
    /// The bank that the policy changes.
    pub bank: B,
    /// All requests to the model in order.
    pub requests: Vec<Request>,
    /// The embedder; none by default.
    pub embedder: Option<fn(&str) -> Vec<f32>>,
    model: TestModel,
    /// The environment, which tasks are acted in.
    pub environment: Option<Box<dyn Environment>>,
    /// The demonstrator who advises in tasks, and its seed; none by default.
    pub demonstrator: Option<(&'static str, u64)>,
}

impl<B: Bank> MockHost<B> {
    /// Returns a host whose model is a closure.
    pub fn new(bank: B, model: impl FnMut(&Request) -> Result<String, String> + 'static) -> Self {
        Self {
            bank,
            requests: Vec::new(),
            embedder: None,
            model: Box::new(model),
            environment: None,
            demonstrator: None,
        }
    }

    /// Sets the environment, with an open episode.
    #[must_use]
    pub fn in_environment(mut self, environment: impl Environment + 'static) -> Self {
        self.environment = Some(Box::new(environment));
        self
    }

    /// Returns a host whose model returns each request's demonstration.
    pub fn demonstrated(bank: B) -> Self {
        Self::new(bank, |request| {
            request
                .demonstration
                .clone()
                .ok_or_else(|| "the request has no demonstration".to_string())
        })
    }

    /// Returns a host whose model returns these outputs in order.
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

impl<B: Bank> MockHost<B> {
    /// Returns the texts of the bank's entries in order.
    pub fn entry_texts(&self) -> Vec<String> {
        let entries = self.bank.entries().into_iter();
        entries.map(|entry| entry.text).collect()
    }
}

/// Returns a dialogue session of (speaker, text) lines, with turn ids such as `D1:2` and
/// times such as `1 May 2023`.
pub fn dialogue_session(index: u32, lines: &[(&str, &str)]) -> SessionContent {
    let turns = (1..).zip(lines).map(|(number, (speaker, text))| Turn {
        id: format!("D{index}:{number}"),
        speaker: (*speaker).into(),
        text: (*text).into(),
    });
    SessionContent::Dialogue(Session {
        index,
        time: format!("{index} May 2023"),
        turns: turns.collect(),
    })
}

/// Returns a hint for a turn.
pub fn hint(turn: &str, operation: DemonstratedOperation) -> Hint {
    Hint {
        turn: turn.into(),
        operation,
    }
}

impl<B: Bank> Host for MockHost<B> {
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
        match (self.model)(request) {
            Ok(text) => Ok(Completion::of_text(text)),
            Err(why) => Err(Error::Invalid(why)),
        }
    }

    fn count(&mut self, text: &str) -> u32 {
        words(text).count() as u32
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> String {
        let ends = word_indices(text).map(|(start, word)| start + word.len());
        let ends: Vec<usize> = [0].into_iter().chain(ends).collect();
        let at = |word: u32| ends[(word as usize).min(ends.len() - 1)];
        text[at(first)..at(end.max(first))].into()
    }

    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>> {
        let embedder = self.embedder?;
        Some(texts.iter().map(|text| embedder(text)).collect())
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        match &mut self.environment {
            Some(environment) => environment.act(action),
            None => Err(Error::Unsupported(
                "the mock host has no environment: set one with `in_environment`".into(),
            )),
        }
    }

    fn advise(&mut self) -> Option<String> {
        let (demonstrator, seed) = self.demonstrator?;
        let environment = self.environment.as_ref()?;
        environment.advise(demonstrator, seed).ok()
    }
}
