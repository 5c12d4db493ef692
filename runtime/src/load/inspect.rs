//! What a component says of itself before it runs.

use std::fmt;

use serde::{Deserialize, Serialize};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The kinds of component that meet in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Exports a memory bank.
    Bank,
    /// Exports an environment.
    Environment,
    /// Exports a policy.
    Policy,
    /// None of these.
    Unknown,
}

const BANK: &str = "memloom:agent/bank@0.1.0";
const ENVIRONMENT: &str = "memloom:agent/environment@0.1.0";
const POLICY: &str = "memloom:agent/policy@0.1.0";
const STATE: &str = "memloom:agent/state@0.1.0";
const TYPES: &str = "memloom:agent/types@0.1.0";
const LOG: &str = "memloom:agent/log@0.1.0";

impl Kind {
    /// The interfaces that a component of this kind exports; the first makes it one.
    pub(crate) fn exports(self) -> &'static [&'static str] {
        match self {
            Self::Bank => &[BANK, STATE],
            Self::Environment => &[ENVIRONMENT, STATE],
            Self::Policy => &[POLICY, STATE],
            Self::Unknown => &[],
        }
    }

    /// The interfaces that a component of this kind is granted.
    pub(crate) fn granted(self) -> &'static [&'static str] {
        match self {
            Self::Bank | Self::Environment => &[TYPES, LOG],
            Self::Policy => &[
                TYPES,
                LOG,
                BANK,
                "memloom:agent/model@0.1.0",
                "memloom:agent/embedder@0.1.0",
                "memloom:agent/acting@0.1.0",
            ],
            Self::Unknown => &[],
        }
    }

    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Bank => "a memory bank",
            Self::Environment => "an environment",
            Self::Policy => "a policy",
            Self::Unknown => "of no kind that memloom knows",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bank => "bank",
            Self::Environment => "environment",
            Self::Policy => "policy",
            Self::Unknown => "unknown",
        })
    }
}

/// What a component is. Displays as a few lines for people.
///
/// ```
/// use memloom_runtime::{Kind, Limits, Sandbox};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// let sandbox = Sandbox::new(Limits::default())?;
/// let inspection = sandbox.inspect("../target/components/flat.wasm")?;
/// assert_eq!(inspection.kind, Kind::Bank);
/// assert_eq!(inspection.exports[0], "memloom:agent/bank@0.1.0");
/// assert_eq!(inspection.fork_obstacle, None); // forks by memory, copy-on-write
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The component's name: its file's, without folders and ending.
    pub name: String,
    /// What its exports make it.
    pub kind: Kind,
    /// Size of the file.
    pub bytes: u64,
    /// BLAKE3 hash of the file, in hexadecimal.
    pub blake3: String,
    /// Names of what it imports.
    pub imports: Vec<String>,
    /// Names of what it exports.
    pub exports: Vec<String>,
    /// Why its forks go through its `snapshot` and `restore` exports; none where
    /// they share its memory copy-on-write.
    pub fork_obstacle: Option<String>,
}

impl Inspection {
    /// `fork_obstacle` is what forking the component said.
    pub(crate) fn new(
        engine: &Engine,
        component: &Component,
        name: &str,
        bytes: &[u8],
        fork_obstacle: Option<String>,
    ) -> Self {
        let face = component.component_type();
        let imports = face
            .imports(engine)
            .map(|(name, _)| name.to_owned())
            .collect();
        let exports: Vec<String> = face
            .exports(engine)
            .map(|(name, _)| name.to_owned())
            .collect();
        let kind = [Kind::Bank, Kind::Environment, Kind::Policy]
            .into_iter()
            .find(|kind| exports.iter().any(|export| export == kind.exports()[0]))
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

    /// What keeps this component from running as a `wanted` one.
    pub(crate) fn obstacle(&self, wanted: Kind) -> Option<String> {
        for needed in wanted.exports() {
            if !self.exports.iter().any(|export| export == needed) {
                return Some(match self.other_version(needed) {
                    Some(other) => format!("it exports {other}, but this memloom calls {needed}"),
                    None => format!("it does not export {needed}"),
                });
            }
        }
        let refused = |import: &&String| !wanted.granted().contains(&import.as_str());
        self.imports.iter().find(refused).map(|import| {
            format!(
                "it imports {import}; {} is granted only {}",
                wanted.with_article(),
                wanted.granted().join(", ")
            )
        })
    }

    fn other_version(&self, needed: &str) -> Option<&String> {
        let bare = needed.split('@').next();
        self.exports
            .iter()
            .find(|export| export.split('@').next() == bare)
    }
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
