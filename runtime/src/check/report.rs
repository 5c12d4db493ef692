//! Reports of checks, for people and machines.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::kind::Kind;
use crate::load::inspect::Inspection;
use crate::types;

/// A fault of a component: the place, the failure, and advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The component's function, with the arguments.
    pub at: String,
    /// The failure.
    pub what: String,
    /// Advice for the component's author.
    pub advice: String,
}

impl Fault {
    pub(crate) fn new(
        at: impl Into<String>,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            at: at.into(),
            what: what.into(),
            advice: advice.into(),
        }
    }
}

/// Describes an error of a call that the contract requires to succeed.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let (function, advice) = match &error {
            Error::Trap { function, .. } => (
                *function,
                "return an error of the contract instead of trapping",
            ),
            Error::LimitExceeded { function, .. } => {
                (*function, "use less; hosts set limits of their own")
            }
            Error::ContractViolation { function, .. } => {
                (*function, "return a result as wit/ describes it")
            }
            Error::Guest { function, .. } => (
                *function,
                "accept this; the contract has no reason to refuse it",
            ),
            Error::Forbidden { function, .. } => (*function, "call it only when wit/ allows it"),
            _ => ("", "see the message"),
        };
        // The message of a trap ends in a backtrace.
        let what = error.to_string();
        Self::new(function, what.lines().next().unwrap_or_default(), advice)
    }
}

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// No fault was found.
    Ok,
    /// The first fault.
    Failed(Fault),
    /// The check depends on the check of this name, which failed.
    NotRun(String),
}

/// A check and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's name.
    pub check: String,
    /// Its subject in a few words.
    pub about: String,
    /// Its outcome.
    pub outcome: Outcome,
}

/// The resources that calls of a function used in the check `limits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// The number of calls.
    pub calls: u64,
    /// The most fuel of one call.
    pub fuel: u64,
    /// The most memory of the instance after a call, in bytes.
    pub memory_bytes: u64,
}

/// The outcomes of all checks of a component. Displays as one line for each check, at
/// most 79 characters wide except for names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The component.
    pub component: Inspection,
    /// The seed of all random choices.
    pub seed: u64,
    /// The checks in the order in which they ran.
    pub findings: Vec<Finding>,
    /// The costs by function.
    pub costs: BTreeMap<String, Cost>,
}

impl Report {
    /// Returns whether every check ran and found no fault.
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }

    /// Returns the number of checks that failed or could not run.
    pub fn failed(&self) -> usize {
        let passed = |finding: &&Finding| finding.outcome == Outcome::Ok;
        self.findings.len() - self.findings.iter().filter(passed).count()
    }
}

const WIDTH: usize = 79;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inspection { name, kind, .. } = &self.component;
        writeln!(f, "{name} ({kind}), seed {}", self.seed)?;
        for Finding {
            check,
            about,
            outcome,
        } in &self.findings
        {
            match outcome {
                Outcome::Ok => writeln!(f, "ok       {check}: {about}")?,
                Outcome::NotRun(after) => writeln!(f, "not run  {check}: {after} failed")?,
                Outcome::Failed(Fault { at, what, advice }) => {
                    writeln!(f, "FAILED   {check}: {about}")?;
                    for (head, text) in [("where", at), ("what", what), ("do", advice)] {
                        paragraph(f, head, text)?;
                    }
                }
            }
        }
        if !self.costs.is_empty() {
            writeln!(
                f,
                "{:<18}{:>8}{:>16}{:>12}",
                "call", "times", "most fuel", "memory"
            )?;
        }
        for (function, cost) in &self.costs {
            let memory = format!("{:.1} MiB", cost.memory_bytes as f64 / f64::from(1 << 20));
            let Cost { calls, fuel, .. } = cost;
            writeln!(f, "{function:<18}{calls:>8}{fuel:>16}{memory:>12}")?;
        }
        Ok(())
    }
}

/// Writes a text in lines of at most [`WIDTH`] characters.
fn paragraph(f: &mut fmt::Formatter<'_>, head: &str, text: &str) -> fmt::Result {
    let mut line = format!("         {:<7}", format!("{head}:"));
    let margin = line.len();
    for word in text.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH && line.len() > margin {
            writeln!(f, "{}", line.trim_end())?;
            line = " ".repeat(margin);
        }
        line.push_str(word);
        line.push(' ');
    }
    writeln!(f, "{}", line.trim_end())
}

/// The checks of one component in progress.
pub(crate) struct Suite {
    report: Report,
    /// The first required check that failed.
    blocked: Option<&'static str>,
}

impl Suite {
    pub(crate) fn new(component: Inspection, seed: u64) -> Self {
        Self {
            report: Report {
                component,
                seed,
                findings: Vec::new(),
                costs: BTreeMap::new(),
            },
            blocked: None,
        }
    }

    /// Returns the seed of all random choices.
    pub(crate) fn seed(&self) -> u64 {
        self.report.seed
    }

    pub(crate) fn kind(&self) -> Kind {
        self.report.component.kind
    }

    pub(crate) fn name(&self) -> &str {
        &self.report.component.name
    }

    /// Runs a check, unless a required one has failed. Returns whether it passed.
    pub(crate) fn check(
        &mut self,
        check: &str,
        about: &str,
        run: impl FnOnce() -> Result<(), Fault>,
    ) -> bool {
        let outcome = match self.blocked {
            Some(after) => Outcome::NotRun(after.to_owned()),
            None => run().map_or_else(Outcome::Failed, |()| Outcome::Ok),
        };
        let passed = outcome == Outcome::Ok;
        self.report.findings.push(Finding {
            check: check.to_owned(),
            about: about.to_owned(),
            outcome,
        });
        passed
    }

    /// Runs a check that later ones require, and returns its result.
    pub(crate) fn require<T>(
        &mut self,
        check: &'static str,
        about: &str,
        run: impl FnOnce() -> Result<T, Fault>,
    ) -> Option<T> {
        let mut made = None;
        let passed = self.check(check, about, || {
            made = Some(run()?);
            Ok(())
        });
        if !passed && self.blocked.is_none() {
            self.blocked = Some(check);
        }
        made
    }

    /// Runs the first check of every kind: the component loads.
    pub(crate) fn contract<T>(&mut self, loaded: Result<T, Error>) -> Option<T> {
        self.require("contract", "exports, imports and their versions", || {
            loaded.map_err(|error| {
                let advice = "build it against memloom's wit/, without other imports";
                Fault::new("the component", error.to_string(), advice)
            })
        })
    }

    /// Adds the fault of a component of unknown kind.
    pub(crate) fn unknown_kind(&mut self) {
        let exports = self.report.component.exports.join(", ");
        self.check("contract", "exports, imports and their versions", || {
            Err(Fault::new(
                "the component",
                format!(
                    "it is no bank, environment or policy of this version; it exports {exports}"
                ),
                "build it against memloom's wit/, for one of its worlds",
            ))
        });
    }

    pub(crate) fn costs(&mut self, costs: Costs) {
        self.report.costs = costs.0;
    }

    pub(crate) fn report(self) -> Report {
        self.report
    }
}

/// The costs of calls by function.
#[derive(Default)]
pub(crate) struct Costs(BTreeMap<String, Cost>);

impl Costs {
    /// Notes the cost of a call. Passes on traps and exceeded limits; other checks judge
    /// refusals and violations.
    pub(crate) fn note<T>(
        &mut self,
        function: &str,
        used: (u64, u64),
        result: Result<T, Error>,
    ) -> Result<Option<T>, Fault> {
        let cost = self.0.entry(function.to_owned()).or_default();
        cost.calls += 1;
        cost.fuel = cost.fuel.max(used.0);
        cost.memory_bytes = cost.memory_bytes.max(used.1);
        lenient(result)
    }
}

/// Passes on errors that end an instance. Other errors become none.
pub(crate) fn lenient<T>(result: Result<T, Error>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Guest { .. } | Error::ContractViolation { .. } | Error::Model { .. }) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns a result or a refusal as text, to compare two runs. Passes on errors that
/// end an instance.
pub(crate) fn outcome_text<T: fmt::Debug>(result: Result<T, Error>) -> Result<String, Error> {
    match result {
        Ok(value) => Ok(format!("{value:?}")),
        Err(
            error @ (Error::Guest { .. } | Error::ContractViolation { .. } | Error::Model { .. }),
        ) => Ok(error.to_string()),
        Err(error) => Err(error),
    }
}

/// Requires that a call was refused.
pub(crate) fn refused<T>(at: String, result: Result<T, Error>) -> Result<types::Error, Fault> {
    match result {
        Err(Error::Guest { error, .. }) => Ok(error),
        Ok(_) => Err(Fault::new(
            at,
            "was accepted",
            "refuse it with a typed error",
        )),
        Err(error) => Err(Fault {
            at,
            ..Fault::from(error)
        }),
    }
}

/// Requires that a call did not end the instance. Other checks judge its result.
pub(crate) fn survived<T>(at: String, result: Result<T, Error>) -> Result<Option<T>, Fault> {
    lenient(result).map_err(|fault| Fault { at, ..fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::load::Sandbox;
    use crate::testing;

    #[test]
    fn a_fault_is_shown_in_lines_for_a_narrow_terminal() {
        let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
        let bank = testing::bank().build();
        let mut suite = Suite::new(sandbox.inspect_bytes("odd", &bank).expect("a bank"), 7);
        suite.check("fine", "nothing much", || Ok(()));
        suite.require("first", "what others need", || {
            let what = "it wrote a long message about something that went wrong there ".repeat(3);
            Err::<(), _>(Fault::new("apply", what, "fix it"))
        });
        suite.check("second", "what comes after", || Ok(()));
        let report = suite.report();
        assert_eq!(report.failed(), 2);
        let text = report.to_string();
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert!(text.contains("ok       fine: nothing much\n"), "{text}");
        assert!(text.contains("\n         do:    fix it\n"), "{text}");
        assert!(text.contains("not run  second: first failed\n"), "{text}");
    }
}
