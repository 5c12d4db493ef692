//! Kinds of components.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kinds of component in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Exports a memory bank.
    Bank,
    /// Exports an environment.
    Environment,
    /// Exports a policy.
    Policy,
    /// No known kind.
    Unknown,
}

/// The versions of the contract that this host runs, the present one first.
pub(crate) const VERSIONS: [&str; 2] = ["0.2.0", "0.1.0"];

impl Kind {
    /// Returns the name of the interface that makes a component one of this kind; none for
    /// [`Kind::Unknown`].
    pub(crate) fn interface(self) -> Option<&'static str> {
        match self {
            Self::Bank => Some("bank"),
            Self::Environment => Some("environment"),
            Self::Policy => Some("policy"),
            Self::Unknown => None,
        }
    }

    /// Returns the interfaces that a component of this kind exports.
    pub(crate) fn exports(self) -> impl Iterator<Item = &'static str> {
        self.interface().into_iter().chain(["state"])
    }

    /// Returns the interfaces that a component of this kind may import.
    pub(crate) fn allowed_imports(self) -> &'static [&'static str] {
        match self {
            Self::Bank | Self::Environment => &["types", "log"],
            Self::Policy => &["types", "log", "bank", "model", "embedder", "acting"],
            Self::Unknown => &[],
        }
    }

    /// Returns the kind as words in a sentence.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Bank => "a memory bank",
            Self::Environment => "an environment",
            Self::Policy => "a policy",
            Self::Unknown => "of no kind known to memloom",
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
