//! How a policy's imports reach its surroundings: counted, weighed, and at the
//! expense of the policy's fuel or time.
//!
//! Linked by hand and not by generated code, which would give the bank's types
//! a second time, as imports beside exports, and no hold on the caller's fuel.

use std::time::Instant;

use serde::Serialize;
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::bindings::log;
use crate::error::Error;
use crate::instance::{Tenant, grant_basics};
use crate::host::Surroundings;
use crate::types::{Level, Moment, Operation, Query, Request};

type Policy = Tenant<Option<Surroundings>>;
type Caller<'a> = StoreContextMut<'a, Policy>;

/// Grants what policies may import.
pub(crate) fn grant(linker: &mut Linker<Policy>) -> wasmtime::Result<()> {
    grant_basics(linker)?;
    grant_bank(&mut linker.instance("memloom:agent/bank@0.1.0")?)?;
    let mut model = linker.instance("memloom:agent/model@0.1.0")?;
    model.func_wrap("generate", |caller: Caller<'_>, (request,): (Request,)| {
        wait(caller, "generate", request, |around, request| {
            Ok(around.generate(request))
        })
    })?;
    let mut embedder = linker.instance("memloom:agent/embedder@0.1.0")?;
    embedder.func_wrap("embed", |caller: Caller<'_>, (texts,): (Vec<String>,)| {
        wait(caller, "embed", texts, Surroundings::embed)
    })?;
    let mut acting = linker.instance("memloom:agent/acting@0.1.0")?;
    acting.func_wrap("act", |caller: Caller<'_>, (action,): (String,)| {
        serve(caller, "act", action, Surroundings::act)
    })
}

fn grant_bank(bank: &mut LinkerInstance<'_, Policy>) -> wasmtime::Result<()> {
    bank.func_wrap("get-schema", |caller: Caller<'_>, (): ()| {
        serve(caller, "get-schema", (), |around, ()| around.schema())
    })?;
    bank.func_wrap(
        "apply",
        |caller: Caller<'_>, changes: (Moment, Vec<Operation>)| {
            serve(caller, "apply", changes, |around, (at, operations)| {
                around.apply(at, operations)
            })
        },
    )?;
    bank.func_wrap("retrieve", |caller: Caller<'_>, (query,): (Query,)| {
        serve(caller, "retrieve", query, Surroundings::retrieve)
    })?;
    bank.func_wrap("entries", |caller: Caller<'_>, (): ()| {
        serve(caller, "entries", (), |around, ()| around.entries())
    })?;
    bank.func_wrap("render", |caller: Caller<'_>, (ids,): (Vec<String>,)| {
        serve(caller, "render", ids, Surroundings::render)
    })?;
    bank.func_wrap("end-session", |caller: Caller<'_>, (at,): (Moment,)| {
        let policy = caller.data().name.clone();
        let ended = serve(caller, "end-session", at, |around, at| {
            around.end_session(&policy, at)
        });
        ended.map(|((),)| ())
    })?;
    bank.func_wrap("get-stats", |caller: Caller<'_>, (): ()| {
        serve(caller, "get-stats", (), |around, ()| around.stats())
    })
}

/// One call of the policy into the host. What it burns in the bank or in the
/// environment is the policy's: otherwise it could have them work for ever.
fn serve<A: Serialize, R: Serialize>(
    mut caller: Caller<'_>,
    function: &'static str,
    arguments: A,
    run: impl FnOnce(&mut Surroundings, A) -> Result<R, Error>,
) -> wasmtime::Result<(R,)> {
    let fuel = caller.get_fuel().ok();
    let policy = caller.data_mut();
    let around = policy.served.as_mut().ok_or_else(|| Error::Forbidden {
        component: policy.name.to_string(),
        function,
        when: "outside an episode",
    })?;
    policy.budget.call()?;
    policy.budget.carry(&arguments)?;
    around.host_calls += 1;
    around.lend(fuel);
    let result = run(around, arguments);
    let left = around.settle();
    let result = result?;
    policy.budget.carry(&result)?;
    if let Some(left) = left {
        caller.set_fuel(left)?;
    }
    Ok((result,))
}

/// The same for a call in which the policy waits for somebody outside.
fn wait<A: Serialize, R: Serialize>(
    mut caller: Caller<'_>,
    function: &'static str,
    arguments: A,
    run: impl FnOnce(&mut Surroundings, A) -> Result<R, Error>,
) -> wasmtime::Result<(R,)> {
    let began = Instant::now();
    let result = serve(caller.as_context_mut(), function, arguments, run);
    caller.data_mut().clock.wait(began);
    result
}

impl log::Host for Policy {
    fn write(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        let kept = self.hear(level, text)?.map(str::to_owned);
        if let (Some(surroundings), Some(text)) = (&mut self.served, kept) {
            surroundings.log(level, text);
        }
        Ok(())
    }
}
