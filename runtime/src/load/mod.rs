//! The one place where components come in.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, OperatorCost, WasmFeatures};

use crate::bank::BankComponent;
use crate::instance::deadline as clock;
use crate::environment::EnvironmentComponent;
use crate::error::Error;
use crate::cow::mapped_memory::Creator;
use crate::load::forkability::forkable;
use crate::host::calls as grants;
use crate::load::inspect::Inspection;
use crate::instance::{Interface, Prepared, Tenant, grant_basics};
use crate::limits::{Limits, Pace};
use crate::policy::PolicyComponent;
use crate::host::Surroundings;

mod compile;
mod complexity;
pub(crate) mod forkability;
pub(crate) mod inspect;

/// Loads components. A process needs one; clones share it.
///
/// What strangers' components meet here, besides [`Limits`]:
///
/// - No WASI. An import that the contract does not name is refused by name.
/// - Only what compilers to WebAssembly 2.0 emit, constant expressions and
///   several memories on top. Threads, 64-bit memories, garbage collection,
///   exceptions, tail calls, relaxed SIMD, odd page sizes and the asynchronous
///   component model are refused: what cannot run cannot have a flaw.
/// - Only WebAssembly. Code that somebody else compiled (`.cwasm`) would run
///   unchecked, and is refused; compiled here, it is kept in the cache folder,
///   which must be nobody else's.
/// - Against Spectre, wasmtime's own measures, all on: masks where a table or a
///   branch table is read by an index. Reads of memory rely on guard pages, which
///   hold in fact but not in speculation; the host keeps no secrets of others in
///   a guest's reach but does share its process, so that those who must not even
///   guess at each other's data belong in different processes.
/// - No pooling allocator of wasmtime's, in whose slots data has leaked from one
///   tenant to the next. Forks have a pool of their own, of one component's
///   shells each, and a shell gets fresh pages from the kernel before another
///   instance lives in it, whatever was in it. A shell whose call was broken off
///   is never used again.
///
/// `Send` and `Sync`, like the components that it loads.
///
/// ```
/// use memloom_runtime::{Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let bank = sandbox.bank("../target/components/flat.wasm")?;
/// assert_eq!(bank.name(), "flat");
///
/// // A component of another kind is refused, and so is what is no component.
/// let error = sandbox.bank("../target/components/selector.wasm").err().unwrap();
/// assert!(error.to_string().contains("selector.wasm is a policy, not a memory bank"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    limits: Limits,
    simple: Linker<Tenant<()>>,
    policies: Linker<Tenant<Option<Surroundings>>>,
}

impl Sandbox {
    /// A sandbox under these limits. Compiled components are kept in wasmtime's
    /// cache folder of the user (on Linux `~/.cache/wasmtime`), so that each is
    /// compiled once a machine; where the folder cannot be made, nothing is kept.
    ///
    /// # Errors
    /// [`Error::Sandbox`] where the machine or the limits do not suit wasmtime.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        Self::with(limits, Cache::new(CacheConfig::new()).ok())
    }

    /// The same with another cache folder. What lies there is trusted: nobody
    /// else should be able to write to it.
    ///
    /// # Errors
    /// [`Error::Sandbox`], also where the folder cannot be made.
    pub fn with_cache(limits: Limits, folder: &Path) -> Result<Self, Error> {
        let cache = std::path::absolute(folder)
            .map_err(|error| error.to_string())
            .and_then(|folder| {
                let mut config = CacheConfig::new();
                config.with_directory(folder);
                Cache::new(config).map_err(|error| format!("{error:#}"))
            })
            .map_err(|why| Error::Sandbox {
                why: format!("no cache in {}: {why}", folder.display()),
            })?;
        Self::with(limits, Some(cache))
    }

    fn with(limits: Limits, cache: Option<Cache>) -> Result<Self, Error> {
        let build = || -> wasmtime::Result<Shared> {
            let mut config = Config::new();
            config
                .cache(cache)
                .wasm_features(!features(), false)
                .max_wasm_stack(usize::try_from(limits.stack_bytes)?)
                // The same floats on every machine, down to the bits of a NaN.
                .cranelift_nan_canonicalization(true)
                // So that a state can be mapped over a memory: `fork`.
                .with_host_memory(Arc::new(Creator))
                .memory_init_cow(false)
                .concurrency_support(false);
            match limits.pace {
                Pace::Fuel => config.consume_fuel(true).operator_cost(costs()),
                Pace::Time => config.epoch_interruption(true),
            };
            let engine = Engine::new(&config)?;
            if limits.pace == Pace::Time {
                clock::tick(&engine)?;
            }
            let mut simple = Linker::new(&engine);
            grant_basics(&mut simple)?;
            let mut policies = Linker::new(&engine);
            grants::grant(&mut policies)?;
            Ok(Shared {
                engine,
                limits,
                simple,
                policies,
            })
        };
        match build() {
            Ok(shared) => Ok(Self {
                shared: Arc::new(shared),
            }),
            Err(error) => Err(Error::Sandbox {
                why: format!("{error:#}"),
            }),
        }
    }

    /// Loads a bank from a file.
    ///
    /// # Errors
    /// [`Error::Load`] where the file cannot be read, is too large or is no
    /// component; [`Error::WrongWorld`] where it is no bank.
    pub fn bank(&self, path: impl AsRef<Path>) -> Result<BankComponent, Error> {
        self.open(
            &Source::read(path.as_ref(), &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(BankComponent)
    }

    /// Loads an environment from a file.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn environment(&self, path: impl AsRef<Path>) -> Result<EnvironmentComponent, Error> {
        self.open(
            &Source::read(path.as_ref(), &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(EnvironmentComponent)
    }

    /// Loads a policy from a file.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn policy(&self, path: impl AsRef<Path>) -> Result<PolicyComponent, Error> {
        self.open(
            &Source::read(path.as_ref(), &self.shared.limits)?,
            &self.shared.policies,
        )
        .map(PolicyComponent)
    }

    /// Loads a bank from a file's bytes, under a name.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn bank_from_bytes(&self, name: &str, bytes: &[u8]) -> Result<BankComponent, Error> {
        self.open(
            &Source::named(name, bytes, &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(BankComponent)
    }

    /// Loads an environment from a file's bytes, under a name.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn environment_from_bytes(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<EnvironmentComponent, Error> {
        self.open(
            &Source::named(name, bytes, &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(EnvironmentComponent)
    }

    /// Loads a policy from a file's bytes, under a name.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn policy_from_bytes(&self, name: &str, bytes: &[u8]) -> Result<PolicyComponent, Error> {
        self.open(
            &Source::named(name, bytes, &self.shared.limits)?,
            &self.shared.policies,
        )
        .map(PolicyComponent)
    }

    /// Says what a component of any kind is, without running it.
    ///
    /// # Errors
    /// [`Error::Load`] where the file cannot be read, is too large or is no component.
    pub fn inspect(&self, path: impl AsRef<Path>) -> Result<Inspection, Error> {
        self.look(&Source::read(path.as_ref(), &self.shared.limits)?)
    }

    /// The same of a file's bytes, under a name.
    ///
    /// # Errors
    /// As for [`Sandbox::inspect`].
    pub fn inspect_bytes(&self, name: &str, bytes: &[u8]) -> Result<Inspection, Error> {
        self.look(&Source::named(name, bytes, &self.shared.limits)?)
    }

    fn look(&self, source: &Source<'_>) -> Result<Inspection, Error> {
        Ok(self.compile(source)?.1)
    }

    fn open<G: Interface>(
        &self,
        source: &Source<'_>,
        linker: &Linker<Tenant<G::Served>>,
    ) -> Result<Arc<Prepared<G>>, Error> {
        let (component, inspection) = self.compile(source)?;
        let wrong = |why| Error::WrongWorld {
            component: source.label.clone(),
            wanted: G::KIND,
            found: inspection.kind,
            why,
        };
        if let Some(why) = inspection.obstacle(G::KIND) {
            return Err(wrong(why));
        }
        let memory_is_all = inspection.fork_obstacle.is_none();
        let limits = &self.shared.limits;
        Prepared::new(&source.name, limits, linker, &component, memory_is_all).map_err(wrong)
    }

    /// Compiles a component in the form in which it can be forked, if it can.
    fn compile(&self, source: &Source<'_>) -> Result<(Component, Inspection), Error> {
        let Shared { engine, limits, .. } = &*self.shared;
        let Source { name, bytes, .. } = source;
        let (form, obstacle) = match forkable(bytes) {
            Ok(form) => (form, None),
            Err(why) => (Cow::Borrowed(&**bytes), Some(why)),
        };
        let component = compile::compile(engine, limits, &form);
        let component = component.map_err(|why| Error::Load {
            component: source.label.clone(),
            why,
        })?;
        let inspection = Inspection::new(engine, &component, name, bytes, obstacle);
        Ok((component, inspection))
    }
}

/// Features of WebAssembly that components may use. Several memories are among
/// them for the adapters that wasmtime writes between the parts of a component.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::COMPONENT_MODEL
}

/// What instructions burn. One each, but for those that call into wasmtime and
/// take as long as some hundred others.
fn costs() -> OperatorCost {
    OperatorCost {
        MemoryGrow: 100,
        TableGrow: 100,
        ..OperatorCost::new()
    }
}

/// A component's bytes and what to call them.
struct Source<'a> {
    /// In messages about loading: the path.
    label: String,
    /// In messages about running: the file's name without ending.
    name: String,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Source<'a> {
    fn read(path: &Path, limits: &Limits) -> Result<Self, Error> {
        let label = path.display().to_string();
        let failed = |error: std::io::Error| Error::Load {
            component: label.clone(),
            why: error.to_string(),
        };
        let length = std::fs::metadata(path).map_err(failed)?.len();
        check_length(&label, length, limits)?;
        let bytes = std::fs::read(path).map_err(failed)?;
        let stem = path.file_stem().unwrap_or(path.as_os_str());
        Ok(Self {
            name: stem.to_string_lossy().into_owned(),
            bytes: bytes.into(),
            label,
        })
    }

    fn named(name: &str, bytes: &'a [u8], limits: &Limits) -> Result<Self, Error> {
        check_length(name, bytes.len() as u64, limits)?;
        Ok(Self {
            label: name.to_owned(),
            name: name.to_owned(),
            bytes: bytes.into(),
        })
    }
}

fn check_length(label: &str, length: u64, limits: &Limits) -> Result<(), Error> {
    if length <= limits.component_bytes {
        return Ok(());
    }
    Err(Error::Load {
        component: label.to_owned(),
        why: format!(
            "it has {length} bytes, more than the limit component_bytes ({}) allows",
            limits.component_bytes
        ),
    })
}

#[cfg(test)]
mod tests;
