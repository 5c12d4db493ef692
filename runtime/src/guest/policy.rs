//! The exports of policies.

use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use super::{Fallible, Function, Refusable, Versioned, exports_v0_1, v0_1};
use crate::bindings::policy::{Guest, GuestIndices};
use crate::host::PolicyHost;
use crate::instance::interface::Interface;
use crate::instance::store_data::StoreData;
use crate::kind::Kind;
use crate::types::{Answer, Hint, LexiconKind, PolicyDescription, Report, SessionContent};

type Data = StoreData<Option<PolicyHost>>;

/// The exports of a policy.
pub(crate) struct PolicyGuest(Versioned<Guest, OldPolicy>);

/// The exports of a policy of 0.1.
struct OldPolicy {
    describe: Function<(), PolicyDescription>,
    configure: Fallible<(String, Vec<LexiconKind>), ()>,
    observe: Fallible<(v0_1::SessionContent, Option<Vec<Hint>>), Report>,
    answer: Fallible<(String,), Answer>,
}

impl Interface for PolicyGuest {
    const KIND: Kind = Kind::Policy;
    type Host = Option<PolicyHost>;
    type Indices = Versioned<GuestIndices, ()>;

    fn find(pre: &InstancePre<Data>) -> Result<Self::Indices> {
        Ok(match exports_v0_1(pre, "policy") {
            true => Versioned::V0_1(()),
            false => Versioned::Present(GuestIndices::new(pre)?),
        })
    }

    fn load(indices: &Self::Indices, store: &mut Store<Data>, instance: &Instance) -> Result<Self> {
        Ok(Self(match indices {
            Versioned::Present(indices) => Versioned::Present(indices.load(store, instance)?),
            Versioned::V0_1(()) => Versioned::V0_1(OldPolicy {
                describe: v0_1::function(&mut *store, instance, "policy", "describe")?,
                configure: v0_1::function(&mut *store, instance, "policy", "configure")?,
                observe: v0_1::function(&mut *store, instance, "policy", "observe")?,
                answer: v0_1::function(&mut *store, instance, "policy", "answer")?,
            }),
        }))
    }
}

impl PolicyGuest {
    pub(crate) fn call_describe(&self, store: &mut Store<Data>) -> Result<PolicyDescription> {
        match &self.0 {
            Versioned::Present(policy) => policy.call_describe(store),
            Versioned::V0_1(policy) => Ok(policy.describe.call(store, ())?.0),
        }
    }

    pub(crate) fn call_configure(
        &self,
        store: &mut Store<Data>,
        options: &str,
        lexicon: &[LexiconKind],
    ) -> Result<Refusable<()>> {
        match &self.0 {
            Versioned::Present(policy) => policy.call_configure(store, options, lexicon),
            Versioned::V0_1(policy) => {
                let arguments = (options.to_owned(), lexicon.to_vec());
                Ok(policy.configure.call(store, arguments)?.0)
            }
        }
    }

    pub(crate) fn call_observe(
        &self,
        store: &mut Store<Data>,
        session: &SessionContent,
        hints: Option<&[Hint]>,
    ) -> Result<Refusable<Report>> {
        match &self.0 {
            Versioned::Present(policy) => policy.call_observe(store, session, hints),
            Versioned::V0_1(policy) => {
                let arguments = (session.clone().into(), hints.map(<[Hint]>::to_vec));
                Ok(policy.observe.call(store, arguments)?.0)
            }
        }
    }

    pub(crate) fn call_answer(
        &self,
        store: &mut Store<Data>,
        question: &str,
    ) -> Result<Refusable<Answer>> {
        match &self.0 {
            Versioned::Present(policy) => policy.call_answer(store, question),
            Versioned::V0_1(policy) => Ok(policy.answer.call(store, (question.to_owned(),))?.0),
        }
    }
}
