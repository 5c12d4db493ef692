//! The exports of banks.

use wasmtime::component::{Instance, InstancePre, TypedFunc};
use wasmtime::{Result, Store};

use super::{Fallible, Function, Refusable, Versioned, exports_v0_1, v0_1};
use crate::bindings::bank::{Guest, GuestIndices};
use crate::instance::interface::Interface;
use crate::instance::store_data::StoreData;
use crate::kind::Kind;
use crate::types::{Entry, Error, Hit, Moment, Operation, Query, Schema, Stats};

type Data = StoreData<()>;

/// The exports of a bank.
pub(crate) struct BankGuest(Versioned<Guest, OldBank>);

/// The exports of a bank of 0.1.
struct OldBank {
    get_schema: Function<(), v0_1::Schema>,
    apply: Function<(Moment, Vec<v0_1::Operation>), Vec<Refusable<String>>>,
    retrieve: Fallible<(v0_1::Query,), Vec<Hit>>,
    entries: Function<(), Vec<Entry>>,
    render: Fallible<(Vec<String>,), String>,
    end_session: TypedFunc<(Moment,), ()>,
    get_stats: Function<(), Stats>,
}

impl Interface for BankGuest {
    const KIND: Kind = Kind::Bank;
    type Host = ();
    type Indices = Versioned<GuestIndices, ()>;

    fn find(pre: &InstancePre<Data>) -> Result<Self::Indices> {
        Ok(match exports_v0_1(pre, "bank") {
            true => Versioned::V0_1(()),
            false => Versioned::Present(GuestIndices::new(pre)?),
        })
    }

    fn load(indices: &Self::Indices, store: &mut Store<Data>, instance: &Instance) -> Result<Self> {
        Ok(Self(match indices {
            Versioned::Present(indices) => Versioned::Present(indices.load(store, instance)?),
            Versioned::V0_1(()) => Versioned::V0_1(OldBank::load(store, instance)?),
        }))
    }
}

impl OldBank {
    fn load(store: &mut Store<Data>, instance: &Instance) -> Result<Self> {
        Ok(Self {
            get_schema: v0_1::function(&mut *store, instance, "bank", "get-schema")?,
            apply: v0_1::function(&mut *store, instance, "bank", "apply")?,
            retrieve: v0_1::function(&mut *store, instance, "bank", "retrieve")?,
            entries: v0_1::function(&mut *store, instance, "bank", "entries")?,
            render: v0_1::function(&mut *store, instance, "bank", "render")?,
            end_session: v0_1::function(&mut *store, instance, "bank", "end-session")?,
            get_stats: v0_1::function(&mut *store, instance, "bank", "get-stats")?,
        })
    }

    /// Applies those operations that this version has, and refuses the others.
    fn apply(
        &self,
        store: &mut Store<Data>,
        at: &Moment,
        operations: &[Operation],
    ) -> Result<Vec<Refusable<String>>> {
        let mut known = Vec::new();
        let refused: Vec<Option<Error>> = operations
            .iter()
            .map(|operation| match operation.clone().try_into() {
                Ok(operation) => {
                    known.push(operation);
                    None
                }
                Err(why) => Some(why),
            })
            .collect();
        let expected = known.len();
        let (results,) = self.apply.call(store, (at.clone(), known))?;
        if results.len() != expected {
            // The caller reports the wrong number.
            return Ok(results);
        }
        let mut results = results.into_iter();
        let merged = refused.into_iter().filter_map(|why| match why {
            Some(why) => Some(Err(why)),
            None => results.next(),
        });
        Ok(merged.collect())
    }
}

impl BankGuest {
    pub(crate) fn call_configure(
        &self,
        store: &mut Store<Data>,
        options: &str,
    ) -> Result<Refusable<()>> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_configure(store, options),
            Versioned::V0_1(_) => Ok(v0_1::no_options(options, "options")),
        }
    }

    pub(crate) fn call_get_schema(&self, store: &mut Store<Data>) -> Result<Schema> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_get_schema(store),
            Versioned::V0_1(bank) => Ok(bank.get_schema.call(store, ())?.0.into()),
        }
    }

    pub(crate) fn call_apply(
        &self,
        store: &mut Store<Data>,
        at: &Moment,
        operations: &[Operation],
    ) -> Result<Vec<Refusable<String>>> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_apply(store, at, operations),
            Versioned::V0_1(bank) => bank.apply(store, at, operations),
        }
    }

    pub(crate) fn call_retrieve(
        &self,
        store: &mut Store<Data>,
        query: &Query,
    ) -> Result<Refusable<Vec<Hit>>> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_retrieve(store, query),
            Versioned::V0_1(bank) => match query.clone().try_into() {
                Ok(query) => Ok(bank.retrieve.call(store, (query,))?.0),
                Err(why) => Ok(Err(why)),
            },
        }
    }

    pub(crate) fn call_entries(&self, store: &mut Store<Data>) -> Result<Vec<Entry>> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_entries(store),
            Versioned::V0_1(bank) => Ok(bank.entries.call(store, ())?.0),
        }
    }

    pub(crate) fn call_render(
        &self,
        store: &mut Store<Data>,
        ids: &[String],
    ) -> Result<Refusable<String>> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_render(store, ids),
            Versioned::V0_1(bank) => Ok(bank.render.call(store, (ids.to_vec(),))?.0),
        }
    }

    pub(crate) fn call_end_session(&self, store: &mut Store<Data>, at: &Moment) -> Result<()> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_end_session(store, at),
            Versioned::V0_1(bank) => bank.end_session.call(store, (at.clone(),)),
        }
    }

    pub(crate) fn call_get_stats(&self, store: &mut Store<Data>) -> Result<Stats> {
        match &self.0 {
            Versioned::Present(bank) => bank.call_get_stats(store),
            Versioned::V0_1(bank) => Ok(bank.get_stats.call(store, ())?.0),
        }
    }
}
