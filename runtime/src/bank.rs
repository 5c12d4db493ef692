//! Memory banks.

use std::collections::HashSet;
use std::sync::Arc;

use crate::error::Error;
use crate::guest::BankGuest;
use crate::instance::Instance;
use crate::instance::fork::InstanceForkPoint;
use crate::instance::linked_component::LinkedComponent;
use crate::instance::log::LogLine;
use crate::types::{self, Entry, Hit, Moment, Operation, Query, Schema, Stats};

/// A bank component, compiled and linked. Cheap to clone.
///
/// `Send` and `Sync`. [`Bank`] has an example.
#[derive(Clone)]
pub struct BankComponent {
    pub(crate) component: Arc<LinkedComponent<BankGuest>>,
    options: Arc<str>,
}

impl BankComponent {
    /// Returns the component's name: that of its file, without folder and extension.
    pub fn name(&self) -> &str {
        self.component.name()
    }

    pub(crate) fn new(component: Arc<LinkedComponent<BankGuest>>) -> Self {
        Self {
            component,
            options: "{}".into(),
        }
    }

    /// Sets the options of its banks, a JSON object. By default `{}`.
    ///
    /// ```
    /// use memloom_runtime::{Limits, Sandbox};
    ///
    /// # fn main() -> Result<(), memloom_runtime::Error> {
    /// let sandbox = Sandbox::new(Limits::default())?;
    /// let flat = sandbox.bank("../target/components/flat.wasm")?;
    /// let error = flat.with_options(r#"{"capacity": 9}"#).instantiate().err().unwrap();
    /// assert!(error.to_string().contains("there is no option `capacity`"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(mut self, options: impl Into<Arc<str>>) -> Self {
        self.options = options.into();
        self
    }

    /// Returns a bank without entries.
    ///
    /// # Errors
    /// If the component traps or exceeds a limit while it starts; [`Error::Guest`] if it
    /// refuses its options.
    pub fn instantiate(&self) -> Result<Bank, Error> {
        let mut instance = Instance::new(&self.component, ())?;
        self.configure(&mut instance)?;
        Ok(self.bank(instance))
    }

    fn configure(&self, instance: &mut Instance<BankGuest>) -> Result<(), Error> {
        instance.call_fallible("configure", |bank, store| {
            bank.call_configure(store, &self.options)
        })
    }

    fn bank(&self, instance: Instance<BankGuest>) -> Bank {
        Bank {
            instance,
            component: self.clone(),
        }
    }
}

/// A memory bank: a store of entries. `wit/bank.wit` describes the functions.
///
/// Every function fails if the bank traps, exceeds a limit or violates the
/// contract. After a trap or an exceeded limit all further calls fail.
///
/// `Send` and `Sync`; every function needs exclusive access.
///
/// ```
/// use memloom_runtime::types::{Moment, Operation, Query};
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
/// let insert = |text: &str| Operation::insert(text, "Ada", vec!["D1:1".into()]);
/// let results = bank.apply(&at, &[insert("Ada lives in Lisbon."), Operation::Delete("m7".into())])?;
/// assert!(results[0].is_ok() && results[1].is_err()); // a bad operation fails alone
///
/// let hits = bank.retrieve(&Query::new("Where does Ada live?", 3))?;
/// assert_eq!(hits[0].entry.text, "Ada lives in Lisbon.");
///
/// // A fork changes on its own, and a state can be saved and restored.
/// let state = bank.snapshot()?;
/// let mut fork = bank.fork()?;
/// fork.apply(&at, &[insert("Ada likes rain.")])?;
/// assert_eq!((bank.stats()?.entries, fork.stats()?.entries), (1, 2));
/// fork.restore(&state)?;
/// assert_eq!(fork.entries()?, bank.entries()?);
/// # Ok(())
/// # }
/// ```
pub struct Bank {
    pub(crate) instance: Instance<BankGuest>,
    component: BankComponent,
}

impl Bank {
    /// Returns the operations that the bank offers.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn schema(&mut self) -> Result<Schema, Error> {
        let schema = self
            .instance
            .call("get-schema", |bank, store| bank.call_get_schema(store))?;
        match repeated(schema.operations.iter().map(|operation| &*operation.name)) {
            None => Ok(schema),
            Some(name) => Err(self
                .instance
                .contract_violation("get-schema", format!("two operations have the name {name}"))),
        }
    }

    /// Applies operations in order. Returns one result for each: the id of the entry
    /// that was written or removed. A bad operation fails alone.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn apply(
        &mut self,
        at: &Moment,
        operations: &[Operation],
    ) -> Result<Vec<Result<String, types::Error>>, Error> {
        let results = self.instance.call("apply", |bank, store| {
            bank.call_apply(store, at, operations)
        })?;
        if results.len() == operations.len() {
            Ok(results)
        } else {
            let (given, expected) = (results.len(), operations.len());
            Err(self.instance.contract_violation(
                "apply",
                format!("{given} results for {expected} operations"),
            ))
        }
    }

    /// Returns the entries that fit a query, best first.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] if the bank refuses the query.
    pub fn retrieve(&mut self, query: &Query) -> Result<Vec<Hit>, Error> {
        self.try_retrieve(query)?
            .map_err(|error| self.instance.refusal("retrieve", error))
    }

    pub(crate) fn try_retrieve(
        &mut self,
        query: &Query,
    ) -> Result<Result<Vec<Hit>, types::Error>, Error> {
        let result = self
            .instance
            .call("retrieve", |bank, store| bank.call_retrieve(store, query))?;
        match &result {
            Ok(hits) => match invalid_hits(hits, query.limit) {
                None => Ok(result),
                Some(why) => Err(self.instance.contract_violation("retrieve", why)),
            },
            Err(_) => Ok(result),
        }
    }

    /// Returns all entries in order of insertion.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn entries(&mut self) -> Result<Vec<Entry>, Error> {
        let entries = self
            .instance
            .call("entries", |bank, store| bank.call_entries(store))?;
        match repeated(entries.iter().map(|entry| &*entry.id)) {
            None => Ok(entries),
            Some(id) => Err(self
                .instance
                .contract_violation("entries", format!("two entries have the id {id}"))),
        }
    }

    /// Renders entries for a model, one a line.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] for an unknown id.
    pub fn render(&mut self, ids: &[String]) -> Result<String, Error> {
        self.try_render(ids)?
            .map_err(|error| self.instance.refusal("render", error))
    }

    pub(crate) fn try_render(
        &mut self,
        ids: &[String],
    ) -> Result<Result<String, types::Error>, Error> {
        self.instance
            .call("render", |bank, store| bank.call_render(store, ids))
    }

    /// Tells the bank that a session has no further operations.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn end_session(&mut self, at: &Moment) -> Result<(), Error> {
        self.instance.call("end-session", |bank, store| {
            bank.call_end_session(store, at)
        })
    }

    /// Returns the bank's sizes.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.instance
            .call("get-stats", |bank, store| bank.call_get_stats(store))
    }

    /// Returns the bank's state in its own encoding. Equal states give equal bytes.
    ///
    /// # Errors
    /// See [`Bank`].
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Error> {
        self.instance.snapshot()
    }

    /// Restores a state that [`Bank::snapshot`] returned.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Guest`] if the bytes are no snapshot of this bank. Its
    /// state is unchanged then.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.instance.restore(bytes)
    }

    /// Takes the log lines since the last call.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        self.instance.data().log.take()
    }

    /// Returns a second bank in the same state.
    ///
    /// # Errors
    /// See [`Bank`]; [`Error::Fork`].
    pub fn fork(&mut self) -> Result<Self, Error> {
        BankForkPoint::capture(self)?.fork()
    }
}

/// A state of a bank from which forks start.
pub(crate) struct BankForkPoint {
    state: InstanceForkPoint<BankGuest>,
    component: BankComponent,
}

impl BankForkPoint {
    /// Captures a bank's state.
    pub(crate) fn capture(bank: &mut Bank) -> Result<Self, Error> {
        Ok(Self {
            state: InstanceForkPoint::capture(&mut bank.instance)?,
            component: bank.component.clone(),
        })
    }

    /// Returns a bank in this state.
    pub(crate) fn fork(&self) -> Result<Bank, Error> {
        let configure = |instance: &mut Instance<_>| self.component.configure(instance);
        let instance = self.state.fork((), configure)?;
        Ok(self.component.bank(instance))
    }
}

/// Returns the way in which hits violate the contract, if they do.
fn invalid_hits(hits: &[Hit], limit: u32) -> Option<String> {
    if hits.len() as u64 > u64::from(limit) {
        return Some(format!("{} hits for a limit of {limit}", hits.len()));
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
            "the entry {worse} comes before {better}, which scores higher"
        ));
    }
    repeated(hits.iter().map(|hit| &*hit.entry.id)).map(|id| format!("the entry {id} occurs twice"))
}

/// Returns the first name that occurs twice.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::limits::Limits;
    use crate::load::Sandbox;
    use crate::testing::{self, TestComponent};

    fn load(component: &TestComponent) -> Bank {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let component = sandbox.bank_from_bytes("flat", &component.build()).unwrap();
        component.instantiate().unwrap()
    }

    fn query(limit: u32) -> Query {
        Query::new("live", limit)
    }

    #[test]
    fn a_missing_result_violates_the_contract() {
        let mut bank = load(&testing::bank().with("apply", "(i32.const 64)"));
        let at = Moment {
            session: 1,
            time: "now".into(),
        };
        let why = bank
            .apply(&at, &[Operation::Delete("m1".into())])
            .unwrap_err();
        assert_eq!(
            why.to_string(),
            "flat: apply violated the contract: 0 results for 1 operations"
        );
    }

    /// `result<list<hit>>` of one hit at 3000, whose score is at 3056.
    const HIT: &str = "(i32.store (i32.const 2052) (i32.const 3000))
        (i32.store (i32.const 2056) (i32.const 1))
        (f32.store (i32.const 3056) (f32.const nan))
        (i32.const 2048)";

    #[test]
    fn a_score_that_is_not_a_number_violates_the_contract() {
        let mut bank = load(&testing::bank().with("retrieve", HIT));
        assert_eq!(
            bank.retrieve(&query(1)).unwrap_err().to_string(),
            "flat: retrieve violated the contract: the score NaN for the entry "
        );
    }

    /// A bank that returns these ids with scores as `result<list<hit>>`.
    fn hits(of: &[(char, f32)]) -> TestComponent {
        let mut body = format!(
            "(i32.store (i32.const 2052) (i32.const 3000))
             (i32.store (i32.const 2056) (i32.const {}))",
            of.len()
        );
        for (index, (id, score)) in of.iter().enumerate() {
            let (at, text) = (3000 + 60 * index, 2900 + index);
            body += &format!(
                "(i32.store8 (i32.const {text}) (i32.const {}))
                 (i32.store (i32.const {at}) (i32.const {text}))
                 (i32.store offset=4 (i32.const {at}) (i32.const 1))
                 (f32.store offset=56 (i32.const {at}) (f32.const {score}))",
                u32::from(*id)
            );
        }
        testing::bank().with("retrieve", &(body + "(i32.const 2048)"))
    }

    #[test]
    fn hits_are_finite_sorted_and_unique() {
        let found = |of: &[(char, f32)]| load(&hits(of)).retrieve(&query(2));
        assert_eq!(found(&[('a', 2.0), ('b', 2.0)]).unwrap().len(), 2);
        for (of, why) in [
            (
                [('a', f32::INFINITY), ('b', 1.0)],
                "the score inf for the entry a",
            ),
            (
                [('a', 1.0), ('b', 2.0)],
                "the entry a comes before b, which scores higher",
            ),
            ([('a', 2.0), ('a', 1.0)], "the entry a occurs twice"),
        ] {
            assert_eq!(
                found(&of).unwrap_err().to_string(),
                format!("flat: retrieve violated the contract: {why}")
            );
        }
    }

    #[test]
    fn entries_and_operations_have_unique_names() {
        let two = "(i32.store (i32.const 2048) (i32.const 64))
             (i32.store (i32.const 2052) (i32.const 2))
             (i32.const 2048)";
        let mut bank = load(&testing::bank().with("entries", two));
        assert_eq!(
            bank.entries().unwrap_err().to_string(),
            "flat: entries violated the contract: two entries have the id "
        );
        let two = "(i32.store (i32.const 2064) (i32.const 64))
             (i32.store (i32.const 2068) (i32.const 2))
             (i32.const 2048)";
        let mut bank = load(&testing::bank().with("get-schema", two));
        assert_eq!(
            bank.schema().unwrap_err().to_string(),
            "flat: get-schema violated the contract: two operations have the name "
        );
    }

    #[test]
    fn more_hits_than_the_limit_violate_the_contract() {
        let mut bank = load(&testing::bank().with("retrieve", HIT));
        assert_eq!(
            bank.retrieve(&query(0)).unwrap_err().to_string(),
            "flat: retrieve violated the contract: 1 hits for a limit of 0"
        );
    }

    #[test]
    fn a_refusal_has_the_banks_words_and_leaves_the_bank_usable() {
        let mut bank = load(
            &testing::bank()
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
