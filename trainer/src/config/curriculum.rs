//! `[[stage]]`: what is lived through, in order, and what must hold in between.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// `[[stage]]`: one horizon of the curriculum.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Sessions of an episode that are lived through; 0 is all.
    pub horizon: u32,
    /// LoGo-GRPO steps.
    pub steps: u64,
    /// Instead of `algorithm.penalty`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// Instead of `algorithm.threshold`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Instead of `optimizer.learning_rate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Which weights go on: those that were `best` at validation, or the `last`.
    #[serde(default)]
    pub carry: Carry,
    /// What must hold before the next stage begins. Default: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate>,
}

/// Which weights leave a stage.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Carry {
    /// Those with the best greedy reward at validation.
    #[default]
    Best,
    /// Those of the last step.
    Last,
}

/// A figure of the validation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watched {
    /// Greedy reward.
    Reward,
    /// Token F1.
    F1,
    /// Share of gold evidence that the bank does not name.
    MFail,
}

/// `gate = { metric = "m-fail", below = 0.1, most_steps = 60 }`: the stage goes on
/// beyond its steps until a validation passes; if none does, the curriculum ends.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// What is looked at.
    pub metric: Watched,
    /// It must be below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// It must be above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Steps of the stage after which it is given up.
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
    /// Whether a value passes.
    pub fn passes(&self, value: f64) -> bool {
        self.below.is_none_or(|limit| value < limit) && self.above.is_none_or(|limit| value > limit)
    }

    fn check(&self, stage: usize, steps: u64) -> Result<()> {
        ensure!(
            self.below.is_some() || self.above.is_some(),
            "stage {stage}: a gate needs `below` or `above`"
        );
        ensure!(
            self.most_steps >= steps,
            "stage {stage}: gate.most_steps = {} is less than the stage's steps ({steps})",
            self.most_steps
        );
        Ok(())
    }
}

impl Stage {
    /// Sessions, with 0 being more than any number.
    pub(super) fn length(&self) -> u32 {
        self.horizon.wrapping_sub(1)
    }

    /// Steps after which it ends in any case.
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
                "stage {number}: {key} = {} must be 0 or more",
                value.unwrap_or_default()
            );
        }
        self.gate
            .map_or(Ok(()), |gate| gate.check(number, self.steps))
    }
}
