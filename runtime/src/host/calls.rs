//! The functions behind a policy's imports. Each call is charged to the policy:
//! its budget of host calls, and its fuel or time.
//!
//! They are linked by hand, for each version of the contract. Generated code would define the
//! bank's types a second time, as imports beside exports, and give no access to the caller's
//! fuel.

use std::time::Instant;

use serde::Serialize;
use wasmtime::component::{Linker, LinkerInstance};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::bindings::log;
use crate::error::Error;
use crate::guest::v0_1;
use crate::host::PolicyHost;
use crate::instance::store_data::{StoreData, link_basics};
use crate::types::{Error as Refusal, Level, Moment, Observation, Operation, Query, Request};

type PolicyData = StoreData<Option<PolicyHost>>;
type Caller<'a> = StoreContextMut<'a, PolicyData>;

/// Links the imports of policies.
pub(crate) fn link(linker: &mut Linker<PolicyData>) -> wasmtime::Result<()> {
    link_basics(linker)?;
    link_present(linker)?;
    link_v0_1(linker)
}

fn link_present(linker: &mut Linker<PolicyData>) -> wasmtime::Result<()> {
    let mut bank = linker.instance("memloom:agent/bank@0.2.0")?;
    link_unchanged_of_bank(&mut bank)?;
    bank.func_wrap("configure", |_: Caller<'_>, (_,): (String,)| {
        let why = "the host configures the bank, not the policy";
        Ok((Err::<(), _>(Refusal::Unsupported(why.into())),))
    })?;
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
    let mut model = linker.instance("memloom:agent/model@0.2.0")?;
    model.func_wrap("generate", |caller: Caller<'_>, (request,): (Request,)| {
        blocking_host_call(caller, "generate", request, |host, request| {
            Ok(host.generate(request))
        })
    })?;
    model.func_wrap("count", |caller: Caller<'_>, (text,): (String,)| {
        blocking_host_call(caller, "count", text, |host, text| Ok(host.count(text)))
    })?;
    model.func_wrap("cut", |caller: Caller<'_>, cut: (String, u32, u32)| {
        blocking_host_call(caller, "cut", cut, |host, (text, first, end)| {
            Ok(host.cut(text, first, end))
        })
    })?;
    link_embedder(&mut linker.instance("memloom:agent/embedder@0.2.0")?)?;
    let mut acting = linker.instance("memloom:agent/acting@0.2.0")?;
    acting.func_wrap("act", |caller: Caller<'_>, (action,): (String,)| {
        act(caller, action)
    })?;
    acting.func_wrap("advise", |caller: Caller<'_>, (): ()| {
        host_call(caller, "advise", (), |host, ()| host.advise())
    })
}

fn link_v0_1(linker: &mut Linker<PolicyData>) -> wasmtime::Result<()> {
    let mut bank = linker.instance("memloom:agent/bank@0.1.0")?;
    link_unchanged_of_bank(&mut bank)?;
    bank.func_wrap("get-schema", |caller: Caller<'_>, (): ()| {
        let (schema,) = host_call(caller, "get-schema", (), |host, ()| host.schema())?;
        Ok((v0_1::Schema::from(schema),))
    })?;
    bank.func_wrap(
        "apply",
        |caller: Caller<'_>, (at, operations): (Moment, Vec<v0_1::Operation>)| {
            let operations: Vec<Operation> = operations.into_iter().map(Into::into).collect();
            host_call(
                caller,
                "apply",
                (at, operations),
                |host, (at, operations)| host.apply(at, operations),
            )
        },
    )?;
    bank.func_wrap(
        "retrieve",
        |caller: Caller<'_>, (query,): (v0_1::Query,)| {
            host_call(caller, "retrieve", query.into(), PolicyHost::retrieve)
        },
    )?;
    let mut model = linker.instance("memloom:agent/model@0.1.0")?;
    model.func_wrap(
        "generate",
        |caller: Caller<'_>, (request,): (v0_1::Request,)| {
            let request = Request::from(request);
            let (result,) = blocking_host_call(caller, "generate", request, |host, request| {
                Ok(host.generate(request))
            })?;
            let old = |output: crate::bindings::model::Completion| {
                v0_1::Completion::new(output.text, output.finish)
            };
            Ok((result.map(old),))
        },
    )?;
    link_embedder(&mut linker.instance("memloom:agent/embedder@0.1.0")?)?;
    let mut acting = linker.instance("memloom:agent/acting@0.1.0")?;
    acting.func_wrap("act", |caller: Caller<'_>, (action,): (String,)| {
        let (seen,) = act(caller, action)?;
        Ok((seen.map(v0_1::Observation::from),))
    })
}

/// Links the functions of a bank whose types are those of 0.1.
fn link_unchanged_of_bank(bank: &mut LinkerInstance<'_, PolicyData>) -> wasmtime::Result<()> {
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

fn link_embedder(embedder: &mut LinkerInstance<'_, PolicyData>) -> wasmtime::Result<()> {
    embedder.func_wrap("embed", |caller: Caller<'_>, (texts,): (Vec<String>,)| {
        blocking_host_call(caller, "embed", texts, PolicyHost::embed)
    })
}

/// Does an action. An environment has its own limits; a service's world is waited for.
fn act(
    mut caller: Caller<'_>,
    action: String,
) -> wasmtime::Result<(Result<Observation, Refusal>,)> {
    let host = caller.data_mut().host.as_ref();
    match host.is_some_and(|host| host.world.is_some()) {
        true => blocking_host_call(caller, "act", action, PolicyHost::act),
        false => host_call(caller, "act", action, PolicyHost::act),
    }
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

/// Makes a call that waits for a model, an embedder or a service's world. The time does not count as
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
