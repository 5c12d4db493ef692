//! `[instructions]`: a population of the policy's instructions inside training.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// A population of instructions (INSPO, arXiv 2512.01945). Each episode of a step draws one, which all
/// its rollouts and rerolls have; rewards move the weights by which they are drawn. Evaluations take
/// the best one. Every few steps a model writes new ones from failures, and those that do better than
/// the worst on validation episodes take its place.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstructionsSection {
    /// The first instructions. None leaves `policy.options` as they are.
    pub texts: Vec<String>,
    /// The policy's option that an instruction is.
    pub option: String,
    /// Most instructions. At least the number of `texts`.
    pub population: usize,
    /// Temperature of the draw by weight. Above 0.
    pub temperature: f64,
    /// Share of a weight's moving average that stays when an episode's reward is counted, in [0, 1).
    pub momentum: f64,
    /// Steps between times at which new ones are written; 0 writes none. They are written by
    /// `[servers.reflector]`, or by the model that is trained where there is no such server.
    pub every: u64,
    /// New ones that are written each time. At least 1.
    pub candidates: usize,
    /// Validation episodes on which a new one is compared with the worst. At least 1.
    pub verify: u64,
    /// Most tokens of a new one. At least 1.
    pub max_tokens: u32,
}

impl Default for InstructionsSection {
    fn default() -> Self {
        Self {
            texts: Vec::new(),
            option: "instruction".into(),
            population: 4,
            temperature: 0.2,
            momentum: 0.9,
            every: 20,
            candidates: 2,
            verify: 32,
            max_tokens: 2000,
        }
    }
}

impl InstructionsSection {
    /// Returns whether there is a population.
    pub fn used(&self) -> bool {
        !self.texts.is_empty()
    }

    pub(super) fn check(&self, algorithm: &str) -> Result<()> {
        if !self.used() {
            return Ok(());
        }
        ensure!(
            algorithm != "reinforce++",
            "instructions: reinforce++ compares over all episodes of a step, and would reward instructions in place of outputs: choose another algorithm.name"
        );
        ensure!(
            self.texts.iter().all(|text| !text.trim().is_empty()),
            "instructions.texts has an empty text"
        );
        let distinct: BTreeSet<&String> = self.texts.iter().collect();
        ensure!(
            distinct.len() == self.texts.len(),
            "instructions.texts has a text twice"
        );
        ensure!(
            self.population >= self.texts.len(),
            "instructions.population is {}, and there are {} texts",
            self.population,
            self.texts.len()
        );
        ensure!(
            self.temperature > 0.0 && self.temperature.is_finite(),
            "instructions.temperature must be above 0, got {}",
            self.temperature
        );
        ensure!(
            (0.0..1.0).contains(&self.momentum),
            "instructions.momentum must be in [0, 1), got {}",
            self.momentum
        );
        let at_least_one = [
            ("candidates", self.candidates as u64),
            ("verify", self.verify),
            ("max_tokens", self.max_tokens.into()),
        ];
        for (key, value) in at_least_one {
            ensure!(value > 0, "instructions.{key} must be at least 1");
        }
        Ok(())
    }
}
