//! Counting for a policy's report.

use crate::host::{Level, log};
use crate::policy::Report;
use crate::types::{Error, Operation};

/// The names that count outputs among a report's operations. No bank has an operation of such a
/// name. The trainer shows these counts apart from operations.
const REPAIRED: &str = "output:repaired";
const CUT: &str = "output:cut";

/// A policy's report in progress.
#[derive(Clone, Debug)]
pub struct ReportCounter(Report);

impl ReportCounter {
    /// Returns a report without counts that lists operations in this order.
    pub fn new(operations: &[&str]) -> Self {
        Self(Report {
            steps: 0,
            malformed: 0,
            operations: operations
                .iter()
                .map(|&name| (name.to_string(), 0))
                .collect(),
            refused: 0,
        })
    }

    /// Counts an output of a role on a chunk.
    pub fn step(&mut self) {
        self.0.steps += 1;
    }

    /// Counts an output, or a part of one, that could not be parsed.
    pub fn malformed(&mut self) {
        self.0.malformed += 1;
    }

    /// Counts a role's output that could not be parsed, and logs it.
    pub fn malformed_output(&mut self, session: u32, role: &str, output: &str) {
        self.malformed();
        let line = format!("session {session}: cannot parse the {role}'s output {output:?}");
        log(Level::Debug, &line);
    }

    /// Counts an output that was parsed although it is not of the format that was asked for.
    pub fn repaired(&mut self) {
        self.operation(REPAIRED);
    }

    /// Counts an output that was cut off, and whose complete part was used.
    pub fn cut(&mut self) {
        self.operation(CUT);
    }

    /// Counts an operation. One that [`ReportCounter::new`] did not list is added at the end.
    pub fn operation(&mut self, name: &str) {
        let operations = &mut self.0.operations;
        match operations.iter_mut().find(|(other, _)| other == name) {
            Some((_, count)) => *count += 1,
            None => operations.push((name.into(), 1)),
        }
    }

    /// Counts operations by their names.
    pub fn operations(&mut self, operations: &[Operation]) {
        for operation in operations {
            self.operation(match operation {
                Operation::Insert(_) => "insert",
                Operation::Update(_) => "update",
                Operation::Delete(_) => "delete",
                Operation::Custom(custom) => &custom.name,
            });
        }
    }

    /// Counts the errors among the bank's results as refused.
    pub fn results(&mut self, results: &[Result<String, Error>]) {
        self.refused(results.iter().filter(|result| result.is_err()).count() as u32);
    }

    /// Counts this many operations, or parts of them, as refused.
    pub fn refused(&mut self, count: u32) {
        self.0.refused += count;
    }

    /// Returns the report.
    pub fn report(self) -> Report {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_their_order_and_errors_are_refusals() {
        let mut counter = ReportCounter::new(&["insert", "delete"]);
        counter.step();
        counter.operations(&[Operation::Delete("m1".into())]);
        counter.operation("merge");
        counter.operation("delete");
        counter.repaired();
        counter.results(&[Ok("m1".into()), Err(Error::Unknown("m9".into()))]);
        let counts = [
            ("insert", 0),
            ("delete", 2),
            ("merge", 1),
            ("output:repaired", 1),
        ];
        assert_eq!(
            counter.report(),
            Report {
                steps: 1,
                malformed: 0,
                operations: counts.map(|(name, count)| (name.into(), count)).into(),
                refused: 1,
            }
        );
    }
}
