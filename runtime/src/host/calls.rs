//! The functions behind a policy's imports. Each call is charged to the policy:
//! its budget of host calls, and its fuel or time.
//!
//! They are linked by hand. Generated code would define the bank's types a second
//! time, as imports beside exports, and give no access to the caller's fuel.

use std::time::Instant;

use serde::Serialize;
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::bindings::log;
use crate::error::Error;
use crate::host::PolicyHost;
use crate::instance::store_data::{StoreData, link_basics};
use crate::types::{Level, Moment, Operation, Query, Request};

type PolicyData = StoreData<Option<PolicyHost>>;
type Caller<'a> = StoreContextMut<'a, PolicyData>;

/// Links the imports of policies.
pub(crate) fn link(linker: &mut Linker<PolicyData>) -> wasmtime::Result<()> {
    link_basics(linker)?;
    link_bank(&mut linker.instance("memloom:agent/bank@0.1.0")?)?;
    let mut model = linker.instance("memloom:agent/model@0.1.0")?;
    model.func_wrap("generate", |caller: Caller<'_>, (request,): (Request,)| {
        blocking_host_call(caller, "generate", request, |host, request| {
            Ok(host.generate(request))
        })
    })?;
    let mut embedder = linker.instance("memloom:agent/embedder@0.1.0")?;
    embedder.func_wrap("embed", |caller: Caller<'_>, (texts,): (Vec<String>,)| {
        blocking_host_call(caller, "embed", texts, PolicyHost::embed)
    })?;
    let mut acting = linker.instance("memloom:agent/acting@0.1.0")?;
    acting.func_wrap("act", |caller: Caller<'_>, (action,): (String,)| {
        host_call(caller, "act", action, PolicyHost::act)
    })
}

fn link_bank(bank: &mut LinkerInstance<'_, PolicyData>) -> wasmtime::Result<()> {
    bank.func_wrap("get-schema", |caller: Caller<'_>, (): ()| {
        host_call(caller, "get-schema", (), |host, ()| host.schema())
    })?;
    bank.func_wrap(
        "apply",
        |caller: Caller<'_>, changes: (Moment, Vec<Operation>)| {
            host_call(caller, "apply", changes, |host, (at, operations)| {
                host.apply(at, operations)
            })
        },
    )?;
    bank.func_wrap("retrieve", |caller: Caller<'_>, (query,): (Query,)| {
        host_call(caller, "retrieve", query, PolicyHost::retrieve)
    })?;
    bank.func_wrap("entries", |caller: Caller<'_>, (): ()| {
        host_call(caller, "entries", (), |host, ()| host.entries())
    })?;
    bank.func_wrap("render", |caller: Caller<'_>, (ids,): (Vec<String>,)| {
        host_call(caller, "render", ids, PolicyHost::render)
    })?;
    bank.func_wrap("end-session", |caller: Caller<'_>, (at,): (Moment,)| {
        let policy = caller.data().name.clone();
        let ended = host_call(caller, "end-session", at, |host, at| {
            host.end_session(&policy, at)
        });
        ended.map(|((),)| ())
    })?;
    bank.func_wrap("get-stats", |caller: Caller<'_>, (): ()| {
        host_call(caller, "get-stats", (), |host, ()| host.stats())
    })
}

/// Makes one call of the policy into the host. Bank and environment burn the
/// policy's fuel: otherwise it could keep them busy for ever.
fn host_call<A: Serialize, R: Serialize>(
    mut caller: Caller<'_>,
    function: &'static str,
    arguments: A,
    run: impl FnOnce(&mut PolicyHost, A) -> Result<R, Error>,
) -> wasmtime::Result<(R,)> {
    let fuel = caller.get_fuel().ok();
    let policy = caller.data_mut();
    let host = policy.host.as_mut().ok_or_else(|| Error::Forbidden {
        component: policy.name.to_string(),
        function,
        when: "outside an episode",
    })?;
    policy.budget.call()?;
    policy.budget.carry(&arguments)?;
    host.host_calls += 1;
    host.share_fuel(fuel);
    let result = run(host, arguments);
    let left = host.reclaim_fuel();
    let result = result?;
    policy.budget.carry(&result)?;
    if let Some(left) = left {
        caller.set_fuel(left)?;
    }
    Ok((result,))
}

/// Makes a call that waits for a model or an embedder. The time does not count as
/// the policy's.
fn blocking_host_call<A: Serialize, R: Serialize>(
    mut caller: Caller<'_>,
    function: &'static str,
    arguments: A,
    run: impl FnOnce(&mut PolicyHost, A) -> Result<R, Error>,
) -> wasmtime::Result<(R,)> {
    let began = Instant::now();
    let result = host_call(caller.as_context_mut(), function, arguments, run);
    caller.data_mut().clock.exclude_since(began);
    result
}

impl log::Host for PolicyData {
    fn write(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        let kept = self.log(level, text)?.map(str::to_owned);
        if let (Some(host), Some(text)) = (&mut self.host, kept) {
            host.log(level, text);
        }
        Ok(())
    }
}
