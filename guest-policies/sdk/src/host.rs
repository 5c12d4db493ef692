//! What the host grants a policy, behind a trait so that a policy also runs
//! natively, on a [`Rehearsal`](crate::Rehearsal).

pub use crate::bindings::host::memloom::agent::log::Level;
pub use crate::bindings::host::memloom::agent::model::{
    Completion, FinishReason, Message, Request,
};

use crate::bank::{Hit, Query, Schema, Stats};
use crate::bindings::host::memloom::agent::{acting, bank, embedder, model};
use crate::types::{Entry, Error, Moment, Observation, Operation};

/// The memory bank, the language model, the embedder and the task at hand.
pub trait Host {
    /// What the bank can do.
    fn schema(&mut self) -> Schema;

    /// Applies operations to the bank: one result each. A bad one fails alone.
    fn apply(&mut self, at: &Moment, operations: &[Operation]) -> Vec<Result<String, Error>>;

    /// Entries that fit a query, best first.
    ///
    /// # Errors
    /// Where the query makes no sense to the bank.
    fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error>;

    /// All entries in order of insertion.
    fn entries(&mut self) -> Vec<Entry>;

    /// Entries as a model reads them, one a line.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the id that does not exist.
    fn render(&mut self, ids: &[String]) -> Result<String, Error>;

    /// The bank's sizes.
    fn stats(&mut self) -> Stats;

    /// Blocks until the model has spoken.
    ///
    /// # Errors
    /// [`Error::Invalid`] saying why the model could not.
    fn generate(&mut self, request: &Request) -> Result<Completion, Error>;

    /// One vector a text, all of one length; none where there is no embedder.
    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>>;

    /// Acts in the task session that is being observed.
    ///
    /// # Errors
    /// Where the session is no task.
    fn act(&mut self, action: &str) -> Result<Observation, Error>;
}

/// The host as the component's imports reach it.
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
        model::generate(request).map_err(|why| {
            Error::Invalid(format!("the model cannot speak as {}: {why}", request.role))
        })
    }

    fn embed(&mut self, texts: &[String]) -> Option<Vec<Vec<f32>>> {
        embedder::embed(texts)
    }

    fn act(&mut self, action: &str) -> Result<Observation, Error> {
        acting::act(action)
    }
}

/// Writes a line to the host's log; natively, where there is none, nowhere.
pub fn log(level: Level, text: &str) {
    #[cfg(target_family = "wasm")]
    crate::bindings::host::memloom::agent::log::write(level, text);
    #[cfg(not(target_family = "wasm"))]
    let _ = (level, text);
}
