//! The trait of memory banks and the macro that exports them.

use crate::bindings::bank::exports::memloom::agent::bank::Guest;
pub use crate::bindings::host::memloom::agent::bank::{Hit, OperationSchema, Query, Schema, Stats};
use crate::instance::{Instance, Served};
use crate::types::{Entry, Error, Moment, Operation};

/// A memory bank: a store of entries. `wit/bank.wit` describes the functions.
pub trait Bank {
    /// Sets the options, a JSON object. By default there are none.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the invalid option and the reason.
    fn configure(&mut self, options: &str) -> Result<(), Error> {
        crate::options::none(&self.schema().name, options)
    }

    /// Returns the operations of the bank.
    fn schema(&self) -> Schema;

    /// Applies operations in order. Returns one result for each: the id of the entry
    /// that was written or removed. A bad operation fails alone.
    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>>;

    /// Returns the entries that fit a query, best first, ties in order of insertion.
    ///
    /// # Errors
    /// If the query is invalid.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error>;

    /// Returns all entries in order of insertion.
    fn entries(&self) -> Vec<Entry>;

    /// Renders entries for a model, one a line.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the unknown id.
    fn render(&self, ids: &[String]) -> Result<String, Error>;

    /// Ends a session, after its last operation. Does nothing by default.
    fn end_session(&mut self, _at: Moment) {}

    /// Returns the sizes of the bank.
    fn stats(&self) -> Stats;
}

/// Returns the evidence of hits, each turn once, in order: the citations of an answer.
pub fn evidence<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> Vec<String> {
    let mut turns: Vec<String> = Vec::new();
    for turn in hits.into_iter().flat_map(|hit| &hit.entry.evidence) {
        if !turns.contains(turn) {
            turns.push(turn.clone());
        }
    }
    turns
}

impl Query {
    /// Returns a query for the best entries, without a vector, a speaker or a threshold.
    pub fn new(text: impl Into<String>, limit: u32) -> Self {
        Self {
            text: text.into(),
            vector: None,
            speaker: None,
            limit,
            threshold: 0.0,
            options: String::new(),
        }
    }
}

impl<T: Bank + Instance> Guest for Served<T> {
    fn configure(options: String) -> Result<(), Error> {
        T::with(|bank| bank.configure(&options))
    }

    fn get_schema() -> Schema {
        T::with(|bank| bank.schema())
    }

    fn apply(at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>> {
        T::with(|bank| bank.apply(at, operations))
    }

    fn retrieve(query: Query) -> Result<Vec<Hit>, Error> {
        T::with(|bank| bank.retrieve(&query))
    }

    fn entries() -> Vec<Entry> {
        T::with(|bank| bank.entries())
    }

    fn render(ids: Vec<String>) -> Result<String, Error> {
        T::with(|bank| bank.render(&ids))
    }

    fn end_session(at: Moment) {
        T::with(|bank| bank.end_session(at));
    }

    fn get_stats() -> Stats {
        T::with(|bank| bank.stats())
    }
}

/// Exports a type as a crate's bank component. The type implements [`Bank`], [`State`]
/// and `Default`. Expands to nothing if the target is not WebAssembly.
///
/// [`State`]: crate::State
#[macro_export]
macro_rules! export_bank {
    ($bank:ty) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            $crate::keep_instance!($bank);
            type Component = $crate::Served<$bank>;
    $crate::bindings::bank::export!(Component with_types_in $crate::bindings::bank);
    $crate::bindings::state::export!(Component with_types_in $crate::bindings::state);
        };
    };
}
