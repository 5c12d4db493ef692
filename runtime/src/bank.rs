//! Memory banks.

use std::collections::HashSet;
use std::sync::Arc;

use crate::bindings::bank::Guest;
use crate::error::Error;
use crate::instance::{Instance, Prepared};
use crate::instance::log::LogLine;
use crate::types::{self, Entry, Hit, Moment, Operation, Query, Schema, Stats};

/// A bank component, compiled and linked. Cheap to clone.
///
/// `Send` and `Sync`. See [`Bank`] for what it does.
#[derive(Clone)]
pub struct BankComponent(pub(crate) Arc<Prepared<Guest>>);

impl BankComponent {
    /// The component's name: its file's, without folders and ending.
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// A bank without entries.
    ///
    /// # Errors
    /// Where the component traps or runs into a limit while it starts.
    pub fn instantiate(&self) -> Result<Bank, Error> {
        Instance::new(&self.0, ()).map(Bank)
    }
}

/// A memory bank: where entries live. `wit/bank.wit` describes the functions.
///
/// Every function fails where the bank traps, runs into a limit or returns what
/// the contract rules out; after the first two it answers no further calls.
///
/// `Send` and `Sync`; every function takes it for itself.
///
/// ```
/// use memloom_runtime::types::{Insertion, Moment, Operation, Query};
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let mut bank = sandbox.bank("../target/components/flat.wasm")?.instantiate()?;
///
/// let at = Moment {
///     session: 1,
///     time: "3 May 2026".into(),
/// };
/// let insert = |text: &str| {
///     Operation::Insert(Insertion {
///         text: text.into(),
///         speaker: "Ada".into(),
///         evidence: vec!["D1:1".into()],
///         vector: None,
///     })
/// };
/// let results = bank.apply(&at, &[insert("Ada lives in Lisbon."), Operation::Delete("m7".into())])?;
/// assert!(results[0].is_ok() && results[1].is_err()); // a bad operation fails alone
///
/// let hits = bank.retrieve(&Query {
///     text: "Where does Ada live?".into(),
///     vector: None,
///     speaker: None,
///     limit: 3,
///     threshold: 0.0,
/// })?;
/// assert_eq!(hits[0].entry.text, "Ada lives in Lisbon.");
///
/// // A fork goes its own way, and a state can be taken and put back.
/// let state = bank.snapshot()?;
/// let mut fork = bank.fork()?;
/// fork.apply(&at, &[insert("Ada likes rain.")])?;
/// assert_eq!((bank.stats()?.entries, fork.stats()?.entries), (1, 2));
/// fork.restore(&state)?;
/// assert_eq!(fork.entries()?, bank.entries()?);
/// # Ok(())
/// # }
/// ```
pub struct Bank(pub(crate) Instance<Guest>);

impl Bank {
    /// What this bank can do.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn schema(&mut self) -> Result<Schema, Error> {
        let schema = self
            .0
            .call("get-schema", |bank, store| bank.call_get_schema(store))?;
        match repeated(schema.operations.iter().map(|operation| &*operation.name)) {
            None => Ok(schema),
            Some(name) => Err(self
                .0
                .implausible("get-schema", format!("two operations with the name {name}"))),
        }
    }

    /// Applies operations in order: one result each, the id of the entry that
    /// was written or removed. A bad operation fails alone.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn apply(
        &mut self,
        at: &Moment,
        operations: &[Operation],
    ) -> Result<Vec<Result<String, types::Error>>, Error> {
        let results = self.0.call("apply", |bank, store| {
            bank.call_apply(store, at, operations)
        })?;
        if results.len() == operations.len() {
            Ok(results)
        } else {
            let (given, asked) = (results.len(), operations.len());
            Err(self
                .0
                .implausible("apply", format!("{given} results for {asked} operations")))
        }
    }

    /// Entries that fit a query, best first.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] where the query makes no sense to the bank.
    pub fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.try_retrieve(query)?
            .map_err(|error| self.0.refused("retrieve", error))
    }

    pub(crate) fn try_retrieve(
        &mut self,
        query: &Query,
    ) -> Result<Result<Vec<Hit>, types::Error>, Error> {
        let result = self
            .0
            .call("retrieve", |bank, store| bank.call_retrieve(store, query))?;
        match &result {
            Ok(hits) => match nonsense(hits, query.limit) {
                None => Ok(result),
                Some(why) => Err(self.0.implausible("retrieve", why)),
            },
            Err(_) => Ok(result),
        }
    }

    /// All entries in order of insertion.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        let entries = self
            .0
            .call("entries", |bank, store| bank.call_entries(store))?;
        match repeated(entries.iter().map(|entry| &*entry.id)) {
            None => Ok(entries),
            Some(id) => Err(self
                .0
                .implausible("entries", format!("two entries with the id {id}"))),
        }
    }

    /// Entries as a model reads them, one a line.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] for an id that does not exist.
    pub fn render(&mut self, ids: &[String]) -> Result<String, Error> {
        self.try_render(ids)?
            .map_err(|error| self.0.refused("render", error))
    }

    pub(crate) fn try_render(
        &mut self,
        ids: &[String],
    ) -> Result<Result<String, types::Error>, Error> {
        self.0
            .call("render", |bank, store| bank.call_render(store, ids))
    }

    /// Tells the bank that a session's operations are all in.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn end_session(&mut self, at: &Moment) -> Result<(), Error> {
        self.0.call("end-session", |bank, store| {
            bank.call_end_session(store, at)
        })
    }

    /// Sizes.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.0
            .call("get-stats", |bank, store| bank.call_get_stats(store))
    }

    /// The bank's state, in a form of its own. Equal states give equal bytes.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.0.snapshot()
    }

    /// Becomes the state that was snapshot.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] where the bytes are no snapshot of this
    /// bank, whose state is then what it was.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.restore(bytes)
    }

    /// Log lines that were written since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        self.0.tenant().log.take()
    }
}

/// What the contract rules out in hits.
fn nonsense(hits: &[Hit], limit: u32) -> Option<String> {
    if hits.len() as u64 > u64::from(limit) {
        return Some(format!("{} hits where {limit} were wanted", hits.len()));
    }
    if let Some(hit) = hits.iter().find(|hit| !hit.score.is_finite()) {
        return Some(format!(
            "the score {} for the entry {}",
            hit.score, hit.entry.id
        ));
    }
    if let Some(pair) = hits.windows(2).find(|pair| pair[0].score < pair[1].score) {
        let (worse, better) = (&pair[0].entry.id, &pair[1].entry.id);
        return Some(format!(
            "the entry {worse} before {better}, which scores higher"
        ));
    }
    repeated(hits.iter().map(|hit| &*hit.entry.id)).map(|id| format!("the entry {id} twice"))
}

/// The first that was there before.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::testing::{self as stand_in, StandIn};
    use crate::{Limits, Sandbox};

    fn load(stand_in: &StandIn) -> Bank {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let component = sandbox.bank_from_bytes("flat", &stand_in.build()).unwrap();
        component.instantiate().unwrap()
    }

    fn query(limit: u32) -> Query {
        Query {
            text: "live".into(),
            vector: None,
            speaker: None,
            limit,
            threshold: 0.0,
        }
    }

    #[test]
    fn a_missing_result_is_nonsense() {
        let mut bank = load(&stand_in::bank().with("apply", "(i32.const 64)"));
        let at = Moment {
            session: 1,
            time: "now".into(),
        };
        let why = bank
            .apply(&at, &[Operation::Delete("m1".into())])
            .unwrap_err();
        assert_eq!(
            why.to_string(),
            "flat: apply returned nonsense: 0 results for 1 operations"
        );
    }

    /// `result<list<hit>>` of one hit at 3000, whose score is at 3056.
    const HIT: &str = "(i32.store (i32.const 2052) (i32.const 3000))
        (i32.store (i32.const 2056) (i32.const 1))
        (f32.store (i32.const 3056) (f32.const nan))
        (i32.const 2048)";

    #[test]
    fn a_score_that_is_no_number_is_nonsense() {
        let mut bank = load(&stand_in::bank().with("retrieve", HIT));
        assert_eq!(
            bank.retrieve(&query(1)).unwrap_err().to_string(),
            "flat: retrieve returned nonsense: the score NaN for the entry "
        );
    }

    /// `result<list<hit>>` of these, with scores; ids are the digit in memory.
    fn hits(of: &[(char, f32)]) -> StandIn {
        let mut body = format!(
            "(i32.store (i32.const 2052) (i32.const 3000))
             (i32.store (i32.const 2056) (i32.const {}))",
            of.len()
        );
        for (place, (id, score)) in of.iter().enumerate() {
            let (at, text) = (3000 + 60 * place, 2900 + place);
            body += &format!(
                "(i32.store8 (i32.const {text}) (i32.const {}))
                 (i32.store (i32.const {at}) (i32.const {text}))
                 (i32.store offset=4 (i32.const {at}) (i32.const 1))
                 (f32.store offset=56 (i32.const {at}) (f32.const {score}))",
                u32::from(*id)
            );
        }
        stand_in::bank().with("retrieve", &(body + "(i32.const 2048)"))
    }

    #[test]
    fn hits_are_finite_best_first_and_each_another_entry() {
        let found = |of: &[(char, f32)]| load(&hits(of)).retrieve(&query(2));
        assert_eq!(found(&[('a', 2.0), ('b', 2.0)]).unwrap().len(), 2);
        for (of, why) in [
            (
                [('a', f32::INFINITY), ('b', 1.0)],
                "the score inf for the entry a",
            ),
            (
                [('a', 1.0), ('b', 2.0)],
                "the entry a before b, which scores higher",
            ),
            ([('a', 2.0), ('a', 1.0)], "the entry a twice"),
        ] {
            assert_eq!(
                found(&of).unwrap_err().to_string(),
                format!("flat: retrieve returned nonsense: {why}")
            );
        }
    }

    #[test]
    fn entries_and_operations_have_names_of_their_own() {
        let two = "(i32.store (i32.const 2048) (i32.const 64))
             (i32.store (i32.const 2052) (i32.const 2))
             (i32.const 2048)";
        let mut bank = load(&stand_in::bank().with("entries", two));
        assert_eq!(
            bank.entries().unwrap_err().to_string(),
            "flat: entries returned nonsense: two entries with the id "
        );
        let two = "(i32.store (i32.const 2064) (i32.const 64))
             (i32.store (i32.const 2068) (i32.const 2))
             (i32.const 2048)";
        let mut bank = load(&stand_in::bank().with("get-schema", two));
        assert_eq!(
            bank.schema().unwrap_err().to_string(),
            "flat: get-schema returned nonsense: two operations with the name "
        );
    }

    #[test]
    fn more_hits_than_wanted_are_nonsense() {
        let mut bank = load(&stand_in::bank().with("retrieve", HIT));
        assert_eq!(
            bank.retrieve(&query(0)).unwrap_err().to_string(),
            "flat: retrieve returned nonsense: 1 hits where 0 were wanted"
        );
    }

    #[test]
    fn a_refusal_is_told_in_the_banks_words_and_harms_nothing() {
        let mut bank = load(
            &stand_in::bank()
                .item(r#"(data (i32.const 3000) "no m7")"#)
                .with(
                    "render",
                    "(i32.store (i32.const 2048) (i32.const 1))
             (i32.store (i32.const 2052) (i32.const 0))
             (i32.store (i32.const 2056) (i32.const 3000))
             (i32.store (i32.const 2060) (i32.const 5))
             (i32.const 2048)",
                ),
        );
        let why = bank.render(&["m7".into()]).unwrap_err();
        assert_eq!(why.to_string(), "flat: render: unknown: no m7");
        assert_eq!(bank.stats().unwrap().entries, 0);
    }
}
