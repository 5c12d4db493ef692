//! A run's weights as an engine: jobs of every role side by side.

use std::collections::BTreeMap;

use super::learners::{Learners, Name};
use crate::generate::{Job, Sample};
use crate::rollout::hub::Engine;

/// The weights of a moment, by learner: updates after it was made change nothing here.
pub struct Speakers<'a> {
    learners: &'a Learners,
    engines: BTreeMap<Name, Box<dyn Engine>>,
    /// Jobs of roles that have no weights.
    refused: Vec<(usize, Result<Sample, String>)>,
}

impl<'a> Speakers<'a> {
    pub(super) fn new(learners: &'a Learners) -> Self {
        Self {
            learners,
            engines: learners.engines(),
            refused: Vec::new(),
        }
    }
}

impl Engine for Speakers<'_> {
    fn begin(&mut self, ticket: usize, job: Job) {
        match self.learners.name(&job.role) {
            Ok(name) => {
                let engine = self.engines.entry(name);
                engine.and_modify(|engine| engine.begin(ticket, job));
            }
            Err(error) => self.refused.push((ticket, Err(error.to_string()))),
        }
    }

    fn step(&mut self) -> Vec<(usize, Result<Sample, String>)> {
        let mut ended = std::mem::take(&mut self.refused);
        for engine in self.engines.values_mut() {
            ended.extend(engine.step());
        }
        ended
    }
}
