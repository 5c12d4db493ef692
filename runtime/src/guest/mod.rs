//! The exports of each kind of component, with typed calls: those of the present contract and
//! those of `memloom:agent@0.1.0`, which are called with the present types.

pub(crate) mod bank;
pub(crate) mod environment;
pub(crate) mod policy;
pub(crate) mod state;
pub(crate) mod v0_1;

pub(crate) use bank::BankGuest;
pub(crate) use environment::EnvironmentGuest;
pub(crate) use policy::PolicyGuest;
pub(crate) use state::StateGuest;

use wasmtime::component::{InstancePre, TypedFunc};

use crate::types::Error;

/// The exports of a component, or their indices, in one of the versions of the contract.
pub(crate) enum Versioned<P, O> {
    /// `memloom:agent@0.2.0`.
    Present(P),
    /// `memloom:agent@0.1.0`.
    V0_1(O),
}

/// Returns whether a component exports an interface of 0.1.
fn exports_v0_1<T: 'static>(pre: &InstancePre<T>, interface: &str) -> bool {
    let name = v0_1::interface_name(interface);
    pre.component().get_export_index(None, &name).is_some()
}

/// The value of a function, or its refusal.
type Refusable<R> = Result<R, Error>;

/// A function that does not refuse.
type Function<P, R> = TypedFunc<P, (R,)>;

/// A function that may refuse.
type Fallible<P, R> = TypedFunc<P, (Refusable<R>,)>;
