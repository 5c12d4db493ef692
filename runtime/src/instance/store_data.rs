//! The data of an instance's wasmtime store.

use std::sync::Arc;

use wasmtime::StoreContextMut;
use wasmtime::component::{HasSelf, Linker};

use super::deadline::Clock;
use super::log::Log;
use crate::bindings::{log as wit_log, types as wit_types};
use crate::guest::v0_1;
use crate::limits::{Exceeded, HostBudget, Limiter};
use crate::types::Level;

/// A store's data: an instance's name, log and limits, and the host behind its
/// imports.
pub(crate) struct StoreData<H> {
    pub(crate) name: Arc<str>,
    pub(crate) log: Log,
    pub(crate) host: H,
    pub(crate) limiter: Limiter,
    pub(crate) budget: HostBudget,
    pub(crate) clock: Clock,
}

impl<H> StoreData<H> {
    /// Charges a line to the budget and writes it to the log. Returns the line as
    /// the log keeps it; none if the log is full.
    pub(crate) fn log(&mut self, level: Level, text: String) -> Result<Option<&str>, Exceeded> {
        self.budget.call()?;
        self.budget.carry(&text)?;
        Ok(self.log.write(level, text))
    }
}

impl<H> wit_types::Host for StoreData<H> {}

impl wit_log::Host for StoreData<()> {
    fn write(&mut self, level: Level, text: String) -> wasmtime::Result<()> {
        self.log(level, text)?;
        Ok(())
    }
}

/// Links the imports that every component may have: types and log.
pub(crate) fn link_basics<H: 'static>(linker: &mut Linker<StoreData<H>>) -> wasmtime::Result<()>
where
    StoreData<H>: wit_log::Host,
{
    wit_types::add_to_linker::<_, HasSelf<_>>(linker, |data| data)?;
    wit_log::add_to_linker::<_, HasSelf<_>>(linker, |data| data)?;
    linker.instance(&v0_1::interface_name("types"))?;
    let mut log = linker.instance(&v0_1::interface_name("log"))?;
    log.func_wrap(
        "write",
        |mut caller: StoreContextMut<'_, StoreData<H>>, (level, text): (Level, String)| {
            wit_log::Host::write(caller.data_mut(), level, text)
        },
    )
}
