//! Descriptions of components, made without running them.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::kind::{Kind, VERSIONS};

/// A component's kind, size, imports, exports and fork mode. Displays as a few lines
/// for people.
///
/// ```
/// use memloom_runtime::{Kind, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let inspection = sandbox.inspect("../target/components/flat.wasm")?;
/// assert_eq!(inspection.kind, Kind::Bank);
/// assert_eq!(inspection.exports[0], "memloom:agent/bank@0.2.0");
/// assert_eq!(inspection.fork_obstacle, None); // forks by memory, copy-on-write
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The component's name: that of its file, without folder and extension.
    pub name: String,
    /// The kind, as the exports determine it.
    pub kind: Kind,
    /// The file's size.
    pub bytes: u64,
    /// BLAKE3 hash of the file, in hexadecimal.
    pub blake3: String,
    /// The names of its imports in alphabetical order.
    pub imports: Vec<String>,
    /// The names of its exports in alphabetical order.
    pub exports: Vec<String>,
    /// The reason why forks go through the `snapshot` and `restore` exports; none where
    /// they share memory copy-on-write.
    pub fork_obstacle: Option<String>,
}

impl Inspection {
    /// Describes a compiled component. `fork_obstacle` is the error of
    /// [`forkable`](super::forkability::forkable).
    pub(crate) fn new(
        engine: &Engine,
        component: &Component,
        name: &str,
        bytes: &[u8],
        fork_obstacle: Option<String>,
    ) -> Self {
        let ty = component.component_type();
        // Their order in the file is the linker's, which says nothing.
        let sorted = |mut names: Vec<String>| {
            names.sort_unstable();
            names
        };
        let imports = ty.imports(engine).map(|(name, _)| name.to_owned());
        let imports = sorted(imports.collect());
        let exports = ty.exports(engine).map(|(name, _)| name.to_owned());
        let exports = sorted(exports.collect());
        let kind = [Kind::Bank, Kind::Environment, Kind::Policy]
            .into_iter()
            .find(|kind| version(*kind, &exports).is_some())
            .unwrap_or(Kind::Unknown);
        Self {
            name: name.to_owned(),
            kind,
            bytes: bytes.len() as u64,
            blake3: blake3::hash(bytes).to_hex().to_string(),
            imports,
            exports,
            fork_obstacle,
        }
    }

    /// Returns the reason why the component cannot run as a `wanted` one, if there is
    /// one.
    pub(crate) fn mismatch(&self, wanted: Kind) -> Option<String> {
        let version = version(wanted, &self.exports).unwrap_or(VERSIONS[0]);
        for needed in wanted.exports() {
            let needed = interface_name(needed, version);
            if !self.exports.contains(&needed) {
                return Some(match self.other_version(&needed) {
                    Some(other) => format!(
                        "it exports {other}, but this memloom runs versions {}",
                        VERSIONS.join(" and ")
                    ),
                    None => format!("it does not export {needed}"),
                });
            }
        }
        let allowed = wanted.allowed_imports().iter();
        let allowed: Vec<String> = allowed.map(|name| interface_name(name, version)).collect();
        let refused = |import: &&String| !allowed.contains(import);
        self.imports.iter().find(refused).map(|import| {
            format!(
                "it imports {import}; {} may import only {}",
                wanted.with_article(),
                allowed.join(", ")
            )
        })
    }

    /// Returns an export of the same interface in another version.
    fn other_version(&self, needed: &str) -> Option<&String> {
        let bare = needed.split('@').next();
        self.exports
            .iter()
            .find(|export| export.split('@').next() == bare)
    }
}

/// Returns the version of the contract in which a component with these exports is of a kind.
fn version(kind: Kind, exports: &[String]) -> Option<&'static str> {
    let interface = kind.interface()?;
    VERSIONS
        .into_iter()
        .find(|version| exports.contains(&interface_name(interface, version)))
}

fn interface_name(interface: &str, version: &str) -> String {
    format!("memloom:agent/{interface}@{version}")
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.name, self.kind)?;
        writeln!(f, "  bytes    {}", self.bytes)?;
        writeln!(f, "  blake3   {}", self.blake3)?;
        for (head, names) in [("imports", &self.imports), ("exports", &self.exports)] {
            if names.is_empty() {
                writeln!(f, "  {head}  nothing")?;
            }
            for (row, name) in names.iter().enumerate() {
                writeln!(f, "  {:<7}  {name}", if row == 0 { head } else { "" })?;
            }
        }
        match &self.fork_obstacle {
            None => writeln!(f, "  forks    copy-on-write"),
            Some(why) => writeln!(f, "  forks    through snapshot and restore: {why}"),
        }
    }
}
