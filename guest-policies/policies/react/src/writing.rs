//! The writing after a session: its means, and the insertion of entries.

use memloom_sdk::lookup::vectors;
use memloom_sdk::types::{Error, Insertion, Moment, Operation};
use memloom_sdk::{Host, ReportCounter};

use crate::options::Options;

/// The writing after one session.
pub struct Writing<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The counts.
    pub report: &'a mut ReportCounter,
}

impl Writing<'_> {
    /// Inserts entries, with vectors if the host has an embedder.
    ///
    /// # Errors
    /// If the embedder fails.
    pub fn insert(&mut self, mut insertions: Vec<Insertion>) -> Result<(), Error> {
        if insertions.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = insertions.iter().map(|i| i.text.clone()).collect();
        for (insertion, vector) in insertions.iter_mut().zip(vectors(self.host, &texts)?) {
            insertion.vector = vector;
            self.report.operation("insert");
        }
        let operations: Vec<Operation> = insertions.into_iter().map(Operation::Insert).collect();
        self.report.results(&self.host.apply(&self.at, &operations));
        Ok(())
    }
}
