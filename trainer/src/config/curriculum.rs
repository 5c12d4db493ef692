//! `[[stage]]`: the horizons of the curriculum, and the gates between them.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::config::{AlgorithmSection, Learn};

/// One horizon of the curriculum. Stages run in order; their horizons must not shrink.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Sessions of each episode; 0 is all.
    pub horizon: u32,
    /// Training steps of the stage.
    pub steps: u64,
    /// Overrides `algorithm.penalty` in this stage. 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// Overrides `algorithm.threshold` in this stage. 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Overrides `optimizer.learning_rate` in this stage. 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Overrides `algorithm.learn` in this stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learn: Option<Learn>,
    /// Overrides `algorithm.metric` in the training of this stage. Evaluations keep to
    /// `algorithm.metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Options of the environment that override those of `environment.options` in the training of
    /// this stage. Evaluations keep to `environment.options`, and the warm start has its own.
    #[serde(default, skip_serializing_if = "Table::is_empty")]
    pub environment: Table,
    /// The weights that the next stage starts from.
    #[serde(default)]
    pub carry: Carry,
    /// A condition for the next stage. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
}

/// The weights that leave a stage.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// The weights with the best greedy reward in a validation of the stage.
    #[default]
    Best,
    /// The weights of the last step.
    Last,
}

/// A metric of the validation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watched {
    /// The reward with greedy sampling.
    Reward,
    /// Token F1.
    F1,
    /// The share of gold evidence that the final bank does not name.
    MFail,
}

/// A condition that a validation must meet before the next stage, for instance
/// `gate = { metric = "m-fail", below = 0.1, most_steps = 60 }`. The stage continues beyond
/// its `steps` until a validation passes. If none passes within `most_steps`, the curriculum
/// ends. A gate needs `below`, `above` or both.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The metric that is compared.
    pub metric: Watched,
    /// The metric must be below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// The metric must be above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Most steps of the stage, at least its `steps`.
    pub most_steps: u64,
}

impl std::fmt::Display for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.metric {
            Watched::Reward => "reward",
            Watched::F1 => "f1",
            Watched::MFail => "m-fail",
        })?;
        for (word, limit) in [("below", self.below), ("above", self.above)] {
            if let Some(limit) = limit {
                write!(f, " {word} {limit}")?;
            }
        }
        Ok(())
    }
}

impl Gate {
    /// Returns true if a value passes.
    pub fn passes(&self, value: f64) -> bool {
        self.below.is_none_or(|limit| value < limit) && self.above.is_none_or(|limit| value > limit)
    }

    fn check(&self, stage: usize, steps: u64) -> Result<()> {
        ensure!(
            self.below.is_some() || self.above.is_some(),
            "stage {stage}: gate needs `below` or `above`"
        );
        ensure!(
            self.most_steps >= steps,
            "stage {stage}: gate.most_steps must be at least the stage's steps ({steps}), got {}",
            self.most_steps
        );
        Ok(())
    }
}

impl Stage {
    /// Returns a number that orders horizons: 0 is the longest.
    pub(super) fn length(&self) -> u32 {
        self.horizon.wrapping_sub(1)
    }

    /// Returns the roles that learn in the stage.
    pub fn learn<'a>(&'a self, section: &'a AlgorithmSection) -> &'a Learn {
        self.learn.as_ref().unwrap_or(&section.learn)
    }

    /// Returns the metric of the stage's training.
    pub fn metric<'a>(&'a self, section: &'a AlgorithmSection) -> &'a str {
        self.metric.as_deref().unwrap_or(&section.metric)
    }

    /// Returns the most steps that the stage can take.
    pub fn most_steps(&self) -> u64 {
        self.gate.map_or(self.steps, |gate| gate.most_steps)
    }

    pub(super) fn check(&self, number: usize) -> Result<()> {
        let not_negative = [
            ("penalty", self.penalty),
            ("threshold", self.threshold),
            ("learning_rate", self.learning_rate),
        ];
        for (key, value) in not_negative {
            ensure!(
                value.is_none_or(|value| value >= 0.0 && value.is_finite()),
                "stage {number}: {key} must be 0 or more, got {}",
                value.unwrap_or_default()
            );
        }
        self.gate
            .map_or(Ok(()), |gate| gate.check(number, self.steps))
    }
}
