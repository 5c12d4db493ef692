//! What a check found, for people and for machines.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::load::inspect::{Inspection, Kind};
use crate::types;

/// What is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The function of the component, with what was asked of it.
    pub at: String,
    /// What happened.
    pub what: String,
    /// What its author can do.
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

/// An error where the contract wants a result.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let (function, advice) = match &error {
            Error::Trap { function, .. } => (
                *function,
                "return an error of the contract instead of stopping",
            ),
            Error::LimitExceeded { function, .. } => {
                (*function, "do or hold less; hosts set limits of their own")
            }
            Error::Implausible { function, .. } => {
                (*function, "return what wit/ says of this function")
            }
            Error::Guest { function, .. } => (
                *function,
                "accept this; the contract gives no reason to refuse it",
            ),
            Error::Forbidden { function, .. } => (*function, "call it only when wit/ allows it"),
            _ => ("", "see the message"),
        };
        // A trap's words end in a backtrace.
        let what = error.to_string();
        Self::new(function, what.lines().next().unwrap_or_default(), advice)
    }
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing was found.
    Ok,
    /// The first fault.
    Failed(Fault),
    /// It needs what the check of this name found wanting.
    NotRun(String),
}

/// A check and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's name.
    pub check: String,
    /// What it is about, in a few words.
    pub about: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What calls of a function used up in the check `limits`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// How often it was called.
    pub calls: u64,
    /// The most fuel that one call burned.
    pub fuel: u64,
    /// The most memory that the instance had after one call, in bytes.
    pub memory_bytes: u64,
}

/// Everything that was found. Displays as a line a check for people, at most 79
/// characters wide but for names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The component.
    pub component: Inspection,
    /// What everything random derived from.
    pub seed: u64,
    /// In the order in which they ran.
    pub findings: Vec<Finding>,
    /// What calls used up, by function.
    pub costs: BTreeMap<String, Cost>,
}

impl Report {
    /// Whether every check ran and found nothing.
    pub fn passed(&self) -> bool {
        self.failed() == 0
    }

    /// How many checks failed or could not run.
    pub fn failed(&self) -> usize {
        let sound = |finding: &&Finding| finding.outcome == Outcome::Ok;
        self.findings.len() - self.findings.iter().filter(sound).count()
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

/// The checks of one component as they run.
pub(crate) struct Suite {
    report: Report,
    /// The first check on which all that follow depend, if it failed.
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

    pub(crate) fn kind(&self) -> Kind {
        self.report.component.kind
    }

    pub(crate) fn name(&self) -> &str {
        &self.report.component.name
    }

    /// Runs a check, unless one that it depends on has failed.
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
        let sound = outcome == Outcome::Ok;
        self.report.findings.push(Finding {
            check: check.to_owned(),
            about: about.to_owned(),
            outcome,
        });
        sound
    }

    /// Runs a check on which all that follow depend, and returns what they need.
    pub(crate) fn require<T>(
        &mut self,
        check: &'static str,
        about: &str,
        run: impl FnOnce() -> Result<T, Fault>,
    ) -> Option<T> {
        let mut made = None;
        let sound = self.check(check, about, || {
            made = Some(run()?);
            Ok(())
        });
        if !sound && self.blocked.is_none() {
            self.blocked = Some(check);
        }
        made
    }

    /// The check that every kind begins with: the component loads as what it is.
    pub(crate) fn contract<T>(&mut self, loaded: Result<T, Error>) -> Option<T> {
        self.require("contract", "exports, imports and their versions", || {
            loaded.map_err(|error| {
                let advice = "build it against memloom's wit/ and let it import nothing else";
                Fault::new("the component", error.to_string(), advice)
            })
        })
    }

    /// For a component that is of no kind.
    pub(crate) fn is_nothing(&mut self) {
        let exports = self.report.component.exports.join(", ");
        self.check("contract", "exports, imports and their versions", || {
            Err(Fault::new(
                "the component",
                format!(
                    "it is no bank, environment or policy of this version: it exports {exports}"
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

/// What calls use up, by function.
#[derive(Default)]
pub(crate) struct Costs(BTreeMap<String, Cost>);

impl Costs {
    /// Notes what a call used up. Passes on traps and exhausted limits; a
    /// refusal or nonsense is for other checks to judge.
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

/// Passes on what ends an instance; anything else that is no result is none.
pub(crate) fn lenient<T>(result: Result<T, Error>) -> Result<Option<T>, Fault> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Guest { .. } | Error::Implausible { .. } | Error::Model { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A result or a refusal in words that two runs can be compared by. Passes on
/// what ends an instance.
pub(crate) fn told<T: fmt::Debug>(result: Result<T, Error>) -> Result<String, Error> {
    match result {
        Ok(value) => Ok(format!("{value:?}")),
        Err(error @ (Error::Guest { .. } | Error::Implausible { .. } | Error::Model { .. })) => {
            Ok(error.to_string())
        }
        Err(error) => Err(error),
    }
}

/// Demands a refusal of the contract.
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

/// Demands that a call comes back; what it returns is for other checks to judge.
pub(crate) fn survived<T>(at: String, result: Result<T, Error>) -> Result<Option<T>, Fault> {
    lenient(result).map_err(|fault| Fault { at, ..fault })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing as stand_in;
    use crate::{Limits, Sandbox};

    #[test]
    fn a_fault_is_told_in_lines_that_fit_a_narrow_terminal() {
        let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
        let bank = stand_in::bank().build();
        let mut suite = Suite::new(sandbox.inspect_bytes("odd", &bank).expect("a bank"), 7);
        suite.check("fine", "nothing much", || Ok(()));
        suite.require("first", "what others need", || {
            let what = "it said many words about something that went wrong there ".repeat(3);
            Err::<(), _>(Fault::new("apply", what, "mend it"))
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
        assert!(text.contains("\n         do:    mend it\n"), "{text}");
        assert!(text.contains("not run  second: first failed\n"), "{text}");
    }
}
