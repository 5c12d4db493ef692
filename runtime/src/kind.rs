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

const BANK: &str = "memloom:agent/bank@0.1.0";
const ENVIRONMENT: &str = "memloom:agent/environment@0.1.0";
const POLICY: &str = "memloom:agent/policy@0.1.0";
const STATE: &str = "memloom:agent/state@0.1.0";
const TYPES: &str = "memloom:agent/types@0.1.0";
const LOG: &str = "memloom:agent/log@0.1.0";

impl Kind {
    /// Returns the exports of a component of this kind. The first determines the kind.
    pub(crate) fn exports(self) -> &'static [&'static str] {
        match self {
            Self::Bank => &[BANK, STATE],
            Self::Environment => &[ENVIRONMENT, STATE],
            Self::Policy => &[POLICY, STATE],
            Self::Unknown => &[],
        }
    }

    /// Returns the imports that a component of this kind may have.
    pub(crate) fn allowed_imports(self) -> &'static [&'static str] {
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
