//! The host of a policy, as a trait, so that a policy also runs natively with a
//! [`MockHost`](crate::MockHost).

pub use crate::bindings::host::memloom::agent::log::Level;
pub use crate::bindings::host::memloom::agent::model::{
    Completion, FinishReason, Message, Request, Tool, ToolCall,
};

use crate::bank::{Hit, Query, Schema, Stats};
use crate::bindings::host::memloom::agent::{acting, bank, embedder, model};
use crate::types::{Entry, Error, Moment, Observation, Operation};

/// The host of a policy: memory bank, language model, embedder and task.
pub trait Host {
    /// Returns the operations of the bank.
    fn schema(&mut self) -> Schema;

    /// Applies operations to the bank. Returns one result for each; a bad one fails
    /// alone.
    fn apply(&mut self, at: &Moment, operations: &[Operation]) -> Vec<Result<String, Error>>;

    /// Returns the entries that fit a query, best first.
    ///
    /// # Errors
    /// If the bank refuses the query.
    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error>;

    /// Returns all entries in order of insertion.
    fn entries(&mut self) -> Vec<Entry>;

    /// Renders entries for a model, one a line.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the unknown id.
    fn render(&mut self, ids: &[String]) -> Result<String, Error>;

    /// Returns the sizes of the bank.
    fn stats(&mut self) -> Stats;

    /// Generates an output of the model. Blocks until it is complete.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the model's message.
    fn generate(&mut self, request: &Request) -> Result<Completion, Error>;

    /// Returns the number of tokens of a text; of words, where the host has no tokenizer.
    fn count(&mut self, text: &str) -> u32;

    /// Returns the tokens `first` to `end` (exclusive) of a text, without characters that are
    /// cut.
    fn cut(&mut self, text: &str, first: u32, end: u32) -> String;

    /// Returns one vector for each text, all of one length; none if there is no embedder.
    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>>;

    /// Acts in the observed task session.
    ///
    /// # Errors
    /// If the session is not a task.
    fn act(&mut self, action: &str) -> Result<Observation, Error>;

    /// Returns a demonstrator's next action in the observed task session, for
    /// `Request::demonstration`. None unless the host collects or replays demonstrations.
    fn advise(&mut self) -> Option<String>;
}

impl Request {
    /// Returns a request for free text, without tools, stop strings and demonstration.
    pub fn new(role: impl Into<String>, messages: Vec<Message>, max_tokens: u32) -> Self {
        Self {
            role: role.into(),
            messages,
            tools: Vec::new(),
            max_tokens,
            grammar: None,
            stop: Vec::new(),
            temperature: None,
            demonstration: None,
        }
    }
}

impl Message {
    /// Returns a message of a role, `system`, `user`, `assistant` or `tool`, without calls of
    /// tools.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            content: content.into(),
            tool_calls: Vec::new(),
        }
    }
}

impl Completion {
    /// Returns a complete output without calls of tools. Its length is counted in words.
    pub fn of_text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            tool_calls: Vec::new(),
            malformed_calls: 0,
            tokens: crate::text::word_count(&text) as u32,
            finish: FinishReason::Stop,
            text,
        }
    }
}

/// The host behind the component's imports.
pub(crate) struct Imports;

impl Host for Imports {
    fn schema(&mut self) -> Schema {
        bank::get_schema()
    }

    fn apply(&mut self, at: &Moment, operations: &[Operation]) -> Vec<Result<String, Error>> {
        bank::apply(at, operations)
    }

    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error> {
        bank::retrieve(query)
    }

    fn entries(&mut self) -> Vec<Entry> {
        bank::entries()
    }

    fn render(&mut self, ids: &[String]) -> Result<String, Error> {
        bank::render(ids)
    }

    fn stats(&mut self) -> Stats {
        bank::get_stats()
    }

    fn generate(&mut self, request: &Request) -> Result<Completion, Error> {
        model::generate(request)
            .map_err(|why| Error::Invalid(format!("the model failed as {}: {why}", request.role)))
    }

    fn count(&mut self, text: &str) -> u32 {
        model::count(text)
    }

    fn cut(&mut self, text: &str, first: u32, end: u32) -> String {
        model::cut(text, first, end)
    }

    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>> {
        embedder::embed(texts)
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        acting::act(action)
    }

    fn advise(&mut self) -> Option<String> {
        acting::advise()
    }
}

/// Writes a line to the host's log. Does nothing in native builds.
pub fn log(level: Level, text: &str) {
    #[cfg(target_family = "wasm")]
    crate::bindings::host::memloom::agent::log::write(level, text);
    #[cfg(not(target_family = "wasm"))]
    let _ = (level, text);
}
