//! Loading of components: from a file to a compiled and linked component.

mod compile;
mod complexity;
pub(crate) mod forkability;
pub(crate) mod inspect;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{Component, Linker};
use wasmtime::{Cache, CacheConfig, Config, Engine, OperatorCost};

use self::compile::{compile, features};
use self::forkability::forkable;
use self::inspect::Inspection;
use crate::bank::BankComponent;
use crate::cow::mapped_memory::MappedMemoryCreator;
use crate::environment::EnvironmentComponent;
use crate::error::Error;
use crate::host::PolicyHost;
use crate::host::calls;
use crate::instance::deadline::start_ticking;
use crate::instance::interface::Interface;
use crate::instance::linked_component::LinkedComponent;
use crate::instance::store_data::{StoreData, link_basics};
use crate::limits::{Limits, Pace};
use crate::policy::PolicyComponent;

/// A loader of components. A process needs one; clones share it.
///
/// It holds untrusted components to these rules, besides [`Limits`]:
///
/// - No WASI. An import that the contract does not name is refused by name.
/// - Only the features that compilers to WebAssembly 2.0 emit, constant expressions
///   and several memories. Threads, 64-bit memories, garbage collection, exceptions,
///   tail calls, relaxed SIMD, custom page sizes and the asynchronous component
///   model are refused: a feature that is off has no flaws.
/// - Only WebAssembly. Machine code (`.cwasm`) cannot be checked and is refused. Code
///   that is compiled here is kept in the cache folder, to which no other user should
///   have access.
/// - Against Spectre, all of wasmtime's measures are on: an index into a table or a
///   branch table is masked. Reads of memory rely on guard pages, which do not stop
///   speculation. The host keeps no secrets of others within reach of a guest, but
///   all guests share its process. Users who must not even infer each other's data
///   belong in different processes.
/// - No pooling allocator of wasmtime's, whose slots have leaked data from one tenant
///   to the next. Forks have a pool of their own, which holds slots of one component.
///   A slot gets fresh pages from the kernel before its next instance, and is not
///   used again after an interrupted call.
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
/// // A component of another kind is refused.
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
    /// For banks and environments.
    simple: Linker<StoreData<()>>,
    policies: Linker<StoreData<Option<PolicyHost>>>,
}

impl Sandbox {
    /// Returns a sandbox under these limits. Compiled components are kept in the user's
    /// wasmtime cache (on Linux `~/.cache/wasmtime`), so each is compiled once a
    /// machine. If the folder cannot be made, nothing is kept.
    ///
    /// # Errors
    /// [`Error::Sandbox`] if wasmtime does not support the machine or the limits.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        Self::with(limits, Cache::new(CacheConfig::new()).ok())
    }

    /// Returns a sandbox with another cache folder. Its content is trusted: no other
    /// user should have write access.
    ///
    /// # Errors
    /// [`Error::Sandbox`], also if the folder cannot be made.
    pub fn with_cache(limits: Limits, folder: &Path) -> Result<Self, Error> {
        let cache = std::path::absolute(folder)
            .map_err(|error| error.to_string())
            .and_then(|folder| {
                let mut config = CacheConfig::new();
                config.with_directory(folder);
                Cache::new(config).map_err(|error| format!("{error:#}"))
            })
            .map_err(|why| Error::Sandbox {
                why: format!("cannot use the cache folder {}: {why}", folder.display()),
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
                // Floats must be the same on every machine, down to the bits of a NaN.
                .cranelift_nan_canonicalization(true)
                // Forks map states over memories.
                .with_host_memory(Arc::new(MappedMemoryCreator))
                .memory_init_cow(false)
                .concurrency_support(false);
            match limits.pace {
                Pace::Fuel => config.consume_fuel(true).operator_cost(costs()),
                Pace::Time => config.epoch_interruption(true),
            };
            let engine = Engine::new(&config)?;
            if limits.pace == Pace::Time {
                start_ticking(&engine)?;
            }
            let mut simple = Linker::new(&engine);
            link_basics(&mut simple)?;
            let mut policies = Linker::new(&engine);
            calls::link(&mut policies)?;
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
    /// [`Error::Load`] if the file cannot be read, is too large or is no component;
    /// [`Error::WrongKind`] if it is no bank.
    pub fn bank(&self, path: impl AsRef<Path>) -> Result<BankComponent, Error> {
        self.open(
            &ComponentSource::read(path.as_ref(), &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(BankComponent::new)
    }

    /// Loads an environment from a file.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn environment(&self, path: impl AsRef<Path>) -> Result<EnvironmentComponent, Error> {
        self.open(
            &ComponentSource::read(path.as_ref(), &self.shared.limits)?,
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
            &ComponentSource::read(path.as_ref(), &self.shared.limits)?,
            &self.shared.policies,
        )
        .map(PolicyComponent)
    }

    /// Loads a bank from the bytes of a file. Messages use `name`.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn bank_from_bytes(&self, name: &str, bytes: &[u8]) -> Result<BankComponent, Error> {
        self.open(
            &ComponentSource::named(name, bytes, &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(BankComponent::new)
    }

    /// Loads an environment from the bytes of a file. Messages use `name`.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn environment_from_bytes(
        &self,
        name: &str,
        bytes: &[u8],
    ) -> Result<EnvironmentComponent, Error> {
        self.open(
            &ComponentSource::named(name, bytes, &self.shared.limits)?,
            &self.shared.simple,
        )
        .map(EnvironmentComponent)
    }

    /// Loads a policy from the bytes of a file. Messages use `name`.
    ///
    /// # Errors
    /// As for [`Sandbox::bank`].
    pub fn policy_from_bytes(&self, name: &str, bytes: &[u8]) -> Result<PolicyComponent, Error> {
        self.open(
            &ComponentSource::named(name, bytes, &self.shared.limits)?,
            &self.shared.policies,
        )
        .map(PolicyComponent)
    }

    /// Describes a component of any kind without running it.
    ///
    /// # Errors
    /// [`Error::Load`] if the file cannot be read, is too large or is no component.
    pub fn inspect(&self, path: impl AsRef<Path>) -> Result<Inspection, Error> {
        self.describe(&ComponentSource::read(path.as_ref(), &self.shared.limits)?)
    }

    /// Describes a component from the bytes of a file.
    ///
    /// # Errors
    /// As for [`Sandbox::inspect`].
    pub fn inspect_bytes(&self, name: &str, bytes: &[u8]) -> Result<Inspection, Error> {
        self.describe(&ComponentSource::named(name, bytes, &self.shared.limits)?)
    }

    fn describe(&self, source: &ComponentSource<'_>) -> Result<Inspection, Error> {
        Ok(self.compile(source)?.1)
    }

    fn open<G: Interface>(
        &self,
        source: &ComponentSource<'_>,
        linker: &Linker<StoreData<G::Host>>,
    ) -> Result<Arc<LinkedComponent<G>>, Error> {
        let (component, inspection) = self.compile(source)?;
        let wrong = |why| Error::WrongKind {
            component: source.label.clone(),
            wanted: G::KIND,
            found: inspection.kind,
            why,
        };
        if let Some(why) = inspection.mismatch(G::KIND) {
            return Err(wrong(why));
        }
        let memory_is_all = inspection.fork_obstacle.is_none();
        let limits = &self.shared.limits;
        LinkedComponent::new(&source.name, limits, linker, &component, memory_is_all).map_err(wrong)
    }

    /// Compiles a component, rewritten such that its forks map memory where possible.
    fn compile(&self, source: &ComponentSource<'_>) -> Result<(Component, Inspection), Error> {
        let Shared { engine, limits, .. } = &*self.shared;
        let ComponentSource { name, bytes, .. } = source;
        let (binary, obstacle) = match forkable(bytes) {
            Ok(binary) => (binary, None),
            Err(why) => (Cow::Borrowed(&**bytes), Some(why)),
        };
        let component = compile(engine, limits, &binary);
        let component = component.map_err(|why| Error::Load {
            component: source.label.clone(),
            why,
        })?;
        let inspection = Inspection::new(engine, &component, name, bytes, obstacle);
        Ok((component, inspection))
    }
}

/// Returns the fuel that instructions burn: one each, more for those that call into
/// wasmtime and take as long as some hundred others.
fn costs() -> OperatorCost {
    OperatorCost {
        MemoryGrow: 100,
        TableGrow: 100,
        ..OperatorCost::new()
    }
}

/// A component's bytes and names.
struct ComponentSource<'a> {
    /// The name in messages about loading: the path.
    label: String,
    /// The name in messages about running: that of the file, without extension.
    name: String,
    bytes: Cow<'a, [u8]>,
}

impl<'a> ComponentSource<'a> {
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
            "it has {length} bytes, more than `Limits::component_bytes` ({}) allows",
            limits.component_bytes
        ),
    })
}

#[cfg(test)]
mod tests;
