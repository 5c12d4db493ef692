//! How a policy's imports reach its surroundings.

use wasmtime::StoreContextMut;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::{acting, embedder, log, model};
use crate::error::Error;
use crate::instance::{Tenant, grant_basics};
use crate::surroundings::Surroundings;
use crate::types::{Error as Refusal, Level, Moment, Observation, Operation, Query, Request};

type Policy = Tenant<Option<Surroundings>>;

/// Grants what policies may import.
pub(crate) fn grant(linker: &mut Linker<Policy>) -> wasmtime::Result<()> {
    grant_basics(linker)?;
    grant_bank(linker)?;
    model::add_to_linker::<_, HasSelf<_>>(linker, |policy| policy)?;
    embedder::add_to_linker::<_, HasSelf<_>>(linker, |policy| policy)?;
    acting::add_to_linker::<_, HasSelf<_>>(linker, |policy| policy)
}

/// Linked by hand and not by generated code, which would give the bank's types
/// a second time: as imports beside exports.
fn grant_bank(linker: &mut Linker<Policy>) -> wasmtime::Result<()> {
    type Caller<'a> = StoreContextMut<'a, Policy>;
    let mut bank = linker.instance("memloom:agent/bank@0.1.0")?;
    bank.func_wrap("get-schema", |mut caller: Caller<'_>, (): ()| {
        Ok((caller.data_mut().serve("get-schema")?.schema()?,))
    })?;
    bank.func_wrap(
        "apply",
        |mut caller: Caller<'_>, (at, operations): (Moment, Vec<Operation>)| {
            Ok((caller.data_mut().serve("apply")?.apply(at, operations)?,))
        },
    )?;
    bank.func_wrap("retrieve", |mut caller: Caller<'_>, (query,): (Query,)| {
        Ok((caller.data_mut().serve("retrieve")?.retrieve(query)?,))
    })?;
    bank.func_wrap("entries", |mut caller: Caller<'_>, (): ()| {
        Ok((caller.data_mut().serve("entries")?.entries()?,))
    })?;
    bank.func_wrap(
        "render",
        |mut caller: Caller<'_>, (ids,): (Vec<String>,)| {
            Ok((caller.data_mut().serve("render")?.render(ids)?,))
        },
    )?;
    bank.func_wrap("end-session", |mut caller: Caller<'_>, (at,): (Moment,)| {
        let policy = caller.data().name.clone();
        Ok(caller
            .data_mut()
            .serve("end-session")?
            .end_session(&policy, at)?)
    })?;
    bank.func_wrap("get-stats", |mut caller: Caller<'_>, (): ()| {
        Ok((caller.data_mut().serve("get-stats")?.stats()?,))
    })
}

impl Policy {
    /// The surroundings, for one call of the policy into the host.
    fn serve(&mut self, function: &'static str) -> Result<&mut Surroundings, Error> {
        let surroundings = self.served.as_mut().ok_or_else(|| Error::Forbidden {
            component: self.name.to_string(),
            function,
            when: "outside an episode",
        })?;
        surroundings.host_calls += 1;
        Ok(surroundings)
    }
}

impl model::Host for Policy {
    fn generate(
        &mut self,
        request: Request,
    ) -> wasmtime::Result<Result<model::Completion, String>> {
        Ok(self.serve("generate")?.generate(request))
    }
}

impl embedder::Host for Policy {
    fn embed(&mut self, texts: Vec<String>) -> wasmtime::Result<Option<Vec<Vec<f32>>>> {
        Ok(self.serve("embed")?.embed(texts)?)
    }
}

impl acting::Host for Policy {
    fn act(&mut self, action: String) -> wasmtime::Result<Result<Observation, Refusal>> {
        Ok(self.serve("act")?.act(action)?)
    }
}

impl log::Host for Policy {
    fn write(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        if let Some(surroundings) = &mut self.served {
            surroundings.log(level, &text);
        }
        self.log.write(level, text);
        Ok(())
    }
}
