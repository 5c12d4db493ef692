//! A run's weights as an engine: jobs of every role side by side.

use std::collections::BTreeMap;

use super::learner::Cpu;
use super::learners::{Learners, Name};
use crate::generate::{Batch, Job, Sample};
use crate::rollout::hub::Engine;

/// The weights of a moment, by learner: updates after it was made change nothing here.
pub struct Speakers<'a> {
    learners: &'a Learners,
    batches: BTreeMap<Name, Batch<Cpu>>,
    /// Jobs of roles that have no weights.
    refused: Vec<(usize, Result<Sample, String>)>,
}

impl<'a> Speakers<'a> {
    pub(super) fn new(learners: &'a Learners) -> Self {
        Self {
            learners,
            batches: learners.batches(),
            refused: Vec::new(),
        }
    }
}

impl Engine for Speakers<'_> {
    fn begin(&mut self, ticket: usize, job: Job) {
        match self.learners.name(&job.role) {
            Ok(name) => {
                let batch = self.batches.entry(name);
                batch.and_modify(|batch| batch.begin(ticket, job));
            }
            Err(error) => self.refused.push((ticket, Err(error.to_string()))),
        }
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let mut ended = std::mem::take(&mut self.refused);
        for batch in self.batches.values_mut() {
            let done = batch.step().into_iter();
            ended.extend(done.map(|(ticket, done)| (ticket, done.map_err(|e| e.to_string()))));
        }
        ended
    }
}
