//! The run file: everything that a training run depends on, with every default
//! in one place. Unset keys are the recipe that the quickstart was measured with.

mod backbone;
mod curriculum;
mod logo;
mod outside;
mod sections;
mod text;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

pub use self::backbone::{BackboneSection, LoraSection};
pub use self::curriculum::{Carry, Gate, Stage, Watched};
pub use self::logo::{AnchorRule, Learn, LogoSection, RerollFrom};
pub use self::outside::{EMBEDDER, JUDGE, OutsideSection, ROLLOUTS, ServerSection, TokenLimit};
pub use self::sections::{
    Components, EmbedderSection, EnvironmentSection, EvaluationSection, OptimizerSection,
    PolicySection, RunSection, StudySection, TokenizerKind, TokenizerSection, WarmStartSection,
};

/// A run file as it is written (TOML). `memloom train --dry-run` prints it
/// with all defaults filled in.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunFile {
    /// Where the run's files go and how long it goes on.
    pub run: RunSection,
    /// The Wasm components.
    pub components: Components,
    /// Data and options of the environment.
    #[serde(default)]
    pub environment: EnvironmentSection,
    /// Options of the policy.
    #[serde(default)]
    pub policy: PolicySection,
    /// Shape of the language model.
    #[serde(default)]
    pub backbone: BackboneSection,
    /// What turns texts into vectors for the policy, in the run's own process. By
    /// default the policy has no embedder, unless a server is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedder: Option<EmbedderSection>,
    /// Models that others serve, by what they do.
    #[serde(default, skip_serializing_if = "OutsideSection::is_empty")]
    pub outside: OutsideSection,
    /// How text becomes tokens.
    #[serde(default)]
    pub tokenizer: TokenizerSection,
    /// Supervised learning on demonstrations, before the first stage.
    #[serde(default)]
    pub warm_start: WarmStartSection,
    /// AdamW in the stages.
    #[serde(default)]
    pub optimizer: OptimizerSection,
    /// LoGo-GRPO.
    #[serde(default)]
    pub logo: LogoSection,
    /// The curriculum, in order.
    #[serde(default, rename = "stage")]
    pub stages: Vec<Stage>,
    /// What is measured, and when.
    #[serde(default)]
    pub evaluation: EvaluationSection,
    /// What `memloom study` measures with the run's weights.
    #[serde(default)]
    pub study: StudySection,
}

impl RunFile {
    /// Reads a run file; `settings` are `key=value` with dotted keys
    /// (`logo.rollouts=4`, `stage.0.steps=10`). A file that begins with
    /// `extends = "other.toml"` (a path from where it lies) only says what it has
    /// otherwise; its lists, such as the stages, take the other's place.
    pub fn read(path: &Path, settings: &[String]) -> Result<Self> {
        let mut file: Self = text::table(path, settings)?
            .try_into()
            .with_context(|| format!("{} is not a run file", path.display()))?;
        let checked = file.backbone.settle().and_then(|()| file.check());
        checked.with_context(|| format!("{} cannot be run", path.display()))?;
        Ok(file)
    }

    /// The run file with every default filled in, as TOML.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("cannot write the run file as TOML")
    }

    fn check(&self) -> Result<()> {
        self.backbone.check()?;
        let at_least_one = [
            ("logo.episodes", self.logo.episodes as usize),
            ("logo.epochs", self.logo.epochs),
            ("logo.minibatches", self.logo.minibatches),
            ("warm_start.episodes", self.warm_start.episodes as usize),
            (
                "optimizer.micro_batch_tokens",
                self.optimizer.micro_batch_tokens,
            ),
            ("evaluation.every", self.evaluation.every as usize),
            (
                "evaluation.validation_episodes",
                self.evaluation.validation_episodes as usize,
            ),
            (
                "evaluation.held_out_episodes",
                self.evaluation.held_out_episodes as usize,
            ),
            ("run.checkpoint_every", self.run.checkpoint_every as usize),
        ];
        for (key, value) in at_least_one {
            ensure!(value > 0, "{key} must be at least 1");
        }
        self.logo.check()?;
        for (name, server) in &self.outside {
            server.check(name)?;
        }
        if let Some(server) = self.outside.get(ROLLOUTS) {
            ensure!(
                self.backbone.path.is_some() && self.backbone.lora.is_some(),
                "outside.{ROLLOUTS} samples for an adapter: name its model in backbone.path, and its shape in [backbone.lora]"
            );
            ensure!(
                self.logo.top_k == 0 && self.logo.top_p == 1.0,
                "outside.{ROLLOUTS} does not say what a token was chosen from: leave logo.top_k and logo.top_p out"
            );
            ensure!(
                self.logo.importance_cap > 0.0,
                "outside.{ROLLOUTS} samples with other arithmetic than the trainer's: weigh that with logo.importance_cap, for instance 2"
            );
            ensure!(
                server.cache.is_none(),
                "outside.{ROLLOUTS}.cache would repeat what older weights said: leave it out"
            );
        }
        ensure!(
            self.embedder.is_none() || !self.outside.contains_key(EMBEDDER),
            "embedder and outside.{EMBEDDER} both name an embedder: leave one of them out"
        );
        ensure!(
            self.logo.metric != JUDGE || self.outside.contains_key(JUDGE),
            "logo.metric = \"{JUDGE}\" needs a judge: name a server in [outside.{JUDGE}]"
        );
        for (number, stage) in (1..).zip(&self.stages) {
            stage.check(number)?;
        }
        for (number, pair) in (1..).zip(self.stages.windows(2)) {
            ensure!(
                pair[0].length() <= pair[1].length(),
                "stage {} has a shorter horizon ({}) than stage {number} ({}): a curriculum lengthens it (0 is all sessions)",
                number + 1,
                pair[1].horizon,
                pair[0].horizon
            );
        }
        ensure!(
            !self.stages.is_empty() || self.warm_start.steps > 0,
            "there is nothing to train: no [[stage]] and warm_start.steps = 0"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
