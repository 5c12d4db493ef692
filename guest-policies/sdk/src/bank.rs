//! The trait of memory banks, and its export.

use crate::bindings::bank::exports::memloom::agent::bank::Guest;
pub use crate::bindings::host::memloom::agent::bank::{Hit, OperationSchema, Query, Schema, Stats};
use crate::instance::{Instance, Served};
use crate::types::{Entry, Error, Moment, Operation};

/// Where entries live. `wit/bank.wit` says what each function must do.
pub trait Bank {
    /// What this bank can do.
    fn schema(&self) -> Schema;

    /// Applies operations in order: one result each, the id of the entry that
    /// was written or removed. A bad operation fails alone.
    fn apply(&mut self, at: Moment, operations: Vec<Operation>) -> Vec<Result<String, Error>>;

    /// Best first; ties in order of insertion.
    ///
    /// # Errors
    /// Where the query makes no sense to this bank.
    fn retrieve(&self, query: &Query) -> Result<Vec<Hit>, Error>;

    /// All entries in order of insertion.
    fn entries(&self) -> Vec<Entry>;

    /// Entries as a model reads them, one a line.
    ///
    /// # Errors
    /// [`Error::Unknown`] naming the id that does not exist.
    fn render(&self, ids: &[String]) -> Result<String, Error>;

    /// Told after the last operation of a session. By default nothing happens.
    fn end_session(&mut self, _at: Moment) {}

    /// Sizes.
    fn stats(&self) -> Stats;
}

/// The turns that support what was found, each once, in the order of the hits:
/// an answer's citations.
pub fn evidence<'a>(hits: impl IntoIterator<Item = &'a Hit>) -> Vec<String> {
    let mut turns: Vec<String> = Vec::new();
    for turn in hits.into_iter().flat_map(|hit| &hit.entry.evidence) {
        if !turns.contains(turn) {
            turns.push(turn.clone());
        }
    }
    turns
}

impl<T: Bank + Instance> Guest for Served<T> {
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

/// Makes a crate the bank component of one type: [`Bank`], [`State`] and
/// `Default`. Expands to nothing where the target is not WebAssembly.
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
