//! Whether a component keeps the contract: what its author runs before anybody
//! else runs the component.
//!
//! ```
//! use memloom_runtime::check::Check;
//! use memloom_runtime::{Limits, Sandbox};
//!
//! # fn main() -> Result<(), memloom_runtime::Error> {
//! let sandbox = Sandbox::new(Limits::default())?;
//! let report = Check::default().run(&sandbox, "../target/components/flat.wasm".as_ref())?;
//! print!("{report}");
//! assert!(report.passed());
//! # Ok(())
//! # }
//! ```

mod bank;
mod environment;
mod fixture;
mod generators;
mod policy;
mod report;
mod state;

use std::path::Path;

pub use self::fixture::Company;
use self::report::Suite;
pub use self::report::{Cost, Fault, Finding, Outcome, Report};
use crate::error::Error;
use crate::load::inspect::Kind;
use crate::load::Sandbox;
use crate::types::DataFile;

/// What a component is checked with. The same values give the same report.
#[derive(Clone)]
pub struct Check {
    /// Everything that is drawn at random derives from it. By default 1.
    pub seed: u64,
    /// Files that an environment needs. By default none.
    pub data: Vec<DataFile>,
    /// Options of an environment or policy: a JSON object. By default `{}`.
    pub options: String,
    /// A policy is checked among others. By default nobody is there, and the
    /// check of a policy is refused.
    pub company: Option<Company>,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            seed: 1,
            data: Vec::new(),
            options: "{}".into(),
            company: None,
        }
    }
}

impl Check {
    /// Runs every check that fits the component, under the sandbox's limits.
    /// What is wrong with the component is in the report.
    ///
    /// # Errors
    /// [`Error::Load`] where the file cannot be read or is no component;
    /// [`Error::Lonely`] for a policy without company; where the company fails.
    pub fn run(&self, sandbox: &Sandbox, component: &Path) -> Result<Report, Error> {
        let inspection = sandbox.inspect(component)?;
        let mut suite = Suite::new(inspection, self.seed);
        match suite.kind() {
            Kind::Bank => bank::run(self, &mut suite, sandbox.bank(component)),
            Kind::Environment => environment::run(self, &mut suite, sandbox.environment(component)),
            Kind::Policy => {
                let company = self.company.as_ref().ok_or_else(|| Error::Lonely {
                    component: suite.name().to_owned(),
                })?;
                policy::run(self, &mut suite, company, sandbox.policy(component))?;
            }
            Kind::Unknown => suite.is_nothing(),
        }
        Ok(suite.report())
    }
}

#[cfg(test)]
mod tests;
