//! Checks that a component fulfils the contract, for its author.
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

mod acting;
mod bank;
mod environment;
mod fixture;
mod generators;
mod policy;
mod report;
mod state;
mod test_model;

use std::path::Path;

pub use self::fixture::Fixture;
use self::report::Suite;
pub use self::report::{Cost, Fault, Finding, Outcome, Report};
use crate::error::Error;
use crate::kind::Kind;
use crate::load::Sandbox;
use crate::types::DataFile;

/// The settings of a check. The same settings give the same report.
#[derive(Clone)]
pub struct Check {
    /// The seed of all random choices. By default 1.
    pub seed: u64,
    /// The files of an environment. By default none.
    pub data: Vec<DataFile>,
    /// The component's options: a JSON object. By default `{}`.
    pub options: String,
    /// The bank and environment with which a policy is checked. By default there are
    /// none, and policies cannot be checked.
    pub fixture: Option<Fixture>,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            seed: 1,
            data: Vec::new(),
            options: "{}".into(),
            fixture: None,
        }
    }
}

impl Check {
    /// Runs all checks for the component's kind, under the sandbox's limits. The report
    /// lists the component's faults.
    ///
    /// # Errors
    /// [`Error::Load`] if the file cannot be read or is no component;
    /// [`Error::MissingFixture`] for a policy without a fixture; any error of the
    /// fixture.
    pub fn run(&self, sandbox: &Sandbox, component: &Path) -> Result<Report, Error> {
        let inspection = sandbox.inspect(component)?;
        let mut suite = Suite::new(inspection, self.seed);
        match suite.kind() {
            Kind::Bank => {
                let bank = sandbox.bank(component);
                bank::run(
                    &mut suite,
                    bank.map(|bank| bank.with_options(&*self.options)),
                );
            }
            Kind::Environment => {
                let inputs = environment::Inputs {
                    data: &self.data,
                    options: &self.options,
                };
                environment::run(&mut suite, inputs, sandbox.environment(component));
            }
            Kind::Policy => {
                let fixture = self.fixture.as_ref().ok_or_else(|| Error::MissingFixture {
                    component: suite.name().to_owned(),
                })?;
                policy::run(
                    &mut suite,
                    fixture,
                    &self.options,
                    sandbox.policy(component),
                )?;
            }
            Kind::Unknown => suite.unknown_kind(),
        }
        Ok(suite.report())
    }
}

#[cfg(test)]
mod tests;
