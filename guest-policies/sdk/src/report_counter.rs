//! Counting for a policy's report.

use crate::policy::Report;
use crate::types::Error;

/// A report in the making.
#[derive(Clone, Debug)]
pub struct Tally(Report);

impl Tally {
    /// Nothing happened yet. Operations are reported in this order.
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

    /// A role put out something on a chunk.
    pub fn step(&mut self) {
        self.0.steps += 1;
    }

    /// An output, or a part of one, could not be read.
    pub fn malformed(&mut self) {
        self.0.malformed += 1;
    }

    /// An operation was asked for. One that [`Tally::new`] did not name comes last.
    pub fn operation(&mut self, name: &str) {
        let operations = &mut self.0.operations;
        match operations.iter_mut().find(|(other, _)| other == name) {
            Some((_, count)) => *count += 1,
            None => operations.push((name.into(), 1)),
        }
    }

    /// The bank's answers: errors count as refused.
    pub fn results(&mut self, results: &[Result<String, Error>]) {
        self.refused(results.iter().filter(|result| result.is_err()).count() as u32);
    }

    /// So many operations, or parts of them, came to nothing.
    pub fn refused(&mut self, count: u32) {
        self.0.refused += count;
    }

    /// The report.
    pub fn report(self) -> Report {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_keep_their_order_and_errors_are_refusals() {
        let mut tally = Tally::new(&["insert", "delete"]);
        tally.step();
        tally.operation("delete");
        tally.operation("merge");
        tally.operation("delete");
        tally.results(&[Ok("m1".into()), Err(Error::Unknown("m9".into()))]);
        let counts = [("insert", 0), ("delete", 2), ("merge", 1)];
        assert_eq!(
            tally.report(),
            Report {
                steps: 1,
                malformed: 0,
                operations: counts.map(|(name, count)| (name.into(), count)).into(),
                refused: 1,
            }
        );
    }
}
