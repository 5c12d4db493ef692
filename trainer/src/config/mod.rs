//! The run file: every choice that a training run depends on, with its default. The
//! defaults are the recipe of the quickstart.
//!
//! The book's reference of the run file is generated from the doc comments here
//! (`cargo xtask docs`).

mod algorithm;
mod backbone;
mod curriculum;
mod draw;
mod evaluation;
mod instructions;
mod intrinsic;
mod optimizer;
mod overrides;
mod replay;
mod run;
mod servers;
mod tokenizer;

use std::path::Path;

use anyhow::{Context, Result, ensure};
use memloom_algorithm::loss::LogRatioLoss;
use memloom_runtime::Limits;
use serde::{Deserialize, Serialize};

pub use self::algorithm::{AlgorithmSection, AnchorRule, Learn, RerollFrom, Shaping};
pub use self::backbone::{BackboneSection, LoraSection};
pub use self::curriculum::{Carry, Gate, Stage, Watched};
pub use self::draw::DrawSection;
pub use self::evaluation::{EvaluationSection, StudySection};
pub use self::instructions::InstructionsSection;
pub use self::intrinsic::IntrinsicSection;
pub use self::optimizer::{OptimizerSection, WarmStartSection};
pub use self::overrides::{merge, read as read_table};
pub use self::replay::ReplaySection;
pub use self::run::{
    BankSection, Components, EnvironmentSection, PolicySection, RunSection, Variant,
};
pub use self::servers::{
    EMBEDDER, JUDGE, REFLECTOR, SAMPLER, ServerSection, ServersSection, TokenLimit,
};
pub use self::tokenizer::{EmbedderSection, TokenizerKind, TokenizerSection};

/// The metric for the share of a question's evidence that the bank cites. It needs no answers.
pub const HELD: &str = "held-evidence";

/// The metric for the share of the words of a question's evidence that the entries which cite it
/// keep. It needs no answers.
pub const KEPT: &str = "kept-evidence";

/// Returns true if a metric is about answers.
pub fn needs_answers(metric: &str) -> bool {
    ![HELD, KEPT].contains(&metric)
}

/// A run file (TOML). `memloom train --dry-run` prints it with all defaults.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunFile {
    /// The `[run]` section.
    pub run: RunSection,
    /// The `[components]` section.
    pub components: Components,
    /// The `[bank]` section.
    #[serde(default)]
    pub bank: BankSection,
    /// The `[environment]` section.
    #[serde(default)]
    pub environment: EnvironmentSection,
    /// The `[policy]` section.
    #[serde(default)]
    pub policy: PolicySection,
    /// The `[backbone]` section.
    #[serde(default)]
    pub backbone: BackboneSection,
    /// The `[embedder]` section.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedder: Option<EmbedderSection>,
    /// The `[servers.NAME]` sections.
    #[serde(default, skip_serializing_if = "ServersSection::is_empty")]
    pub servers: ServersSection,
    /// The `[tokenizer]` section.
    #[serde(default)]
    pub tokenizer: TokenizerSection,
    /// The `[warm_start]` section.
    #[serde(default)]
    pub warm_start: WarmStartSection,
    /// The `[optimizer]` section.
    #[serde(default)]
    pub optimizer: OptimizerSection,
    /// The `[algorithm]` section.
    #[serde(default)]
    pub algorithm: AlgorithmSection,
    /// The `[draw]` section.
    #[serde(default)]
    pub draw: DrawSection,
    /// The `[replay]` section.
    #[serde(default)]
    pub replay: ReplaySection,
    /// The `[intrinsic]` section.
    #[serde(default)]
    pub intrinsic: IntrinsicSection,
    /// The `[instructions]` section.
    #[serde(default)]
    pub instructions: InstructionsSection,
    /// The `[[stage]]` sections, in order.
    #[serde(default, rename = "stage")]
    pub stages: Vec<Stage>,
    /// The `[evaluation]` section.
    #[serde(default)]
    pub evaluation: EvaluationSection,
    /// The `[study]` section.
    #[serde(default)]
    pub study: StudySection,
    /// The `[limits]` section.
    #[serde(default)]
    pub limits: Limits,
}

impl RunFile {
    /// Reads and checks a run file. `settings` are `key=value` with dotted keys
    /// (`algorithm.rollouts=4`, `stage.0.steps=10`). A file that begins with
    /// `extends = "other.toml"` (a path relative to the file) only holds what differs from
    /// the other file; its lists, such as the stages, replace the other's, and
    /// `unset = ["algorithm.kl"]` beside it takes keys of the other file away.
    pub fn read(path: &Path, settings: &[String]) -> Result<Self> {
        let table = overrides::read(path)?;
        Self::from_table(table, settings, &path.display().to_string())
    }

    /// Makes and checks a run file of a table, which errors call `name`. `settings` are those
    /// of [`RunFile::read`].
    pub fn from_table(mut table: toml::Table, settings: &[String], name: &str) -> Result<Self> {
        overrides::apply(&mut table, settings)?;
        let mut file: Self = table
            .try_into()
            .with_context(|| format!("{name} is not a run file"))?;
        let filled = file.backbone.fill_defaults();
        let filled = filled.and_then(|()| file.fill_instruction());
        let checked = filled.and_then(|()| file.check());
        checked.with_context(|| format!("{name} cannot be run"))?;
        Ok(file)
    }

    /// Returns the run file with another instruction.
    pub fn instructed(&self, text: &str) -> Self {
        let mut file = self.clone();
        let option = file.instructions.option.clone();
        file.policy.options.insert(option, text.into());
        file
    }

    /// Puts the first of `instructions.texts` among the policy's options, if there is one.
    fn fill_instruction(&mut self) -> Result<()> {
        let option = &self.instructions.option;
        let Some(first) = self.instructions.texts.first() else {
            return Ok(());
        };
        let own = self.policy.options.get(option);
        ensure!(
            own.is_none_or(|own| own.as_str() == Some(first)),
            "policy.options.{option} and instructions.texts both name an instruction: remove the former"
        );
        *self = self.instructed(first);
        Ok(())
    }

    /// Returns the run file with all defaults, as TOML.
    pub fn resolved(&self) -> Result<String> {
        toml::to_string(self).context("cannot write the run file as TOML")
    }

    fn check_counts(&self) -> Result<()> {
        let at_least_one = [
            ("algorithm.episodes", self.algorithm.episodes as usize),
            ("algorithm.epochs", self.algorithm.epochs),
            ("algorithm.minibatches", self.algorithm.minibatches),
            ("warm_start.episodes", self.warm_start.episodes as usize),
            (
                "warm_start.check_episodes",
                self.warm_start.check_episodes as usize,
            ),
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
            ("evaluation.samples", self.evaluation.samples as usize),
            ("run.checkpoint_every", self.run.checkpoint_every as usize),
        ];
        for (key, value) in at_least_one {
            ensure!(value > 0, "{key} must be at least 1");
        }
        Ok(())
    }

    fn check_sampler(&self) -> Result<()> {
        if let Some(server) = self.servers.get(SAMPLER) {
            ensure!(
                self.backbone.path.is_some() && self.backbone.lora.is_some(),
                "servers.{SAMPLER} samples with an adapter: set backbone.path and [backbone.lora]"
            );
            ensure!(
                self.algorithm.top_k == 0 && self.algorithm.top_p == 1.0,
                "servers.{SAMPLER} does not report which tokens it sampled from: remove algorithm.top_k and algorithm.top_p"
            );
            ensure!(
                self.algorithm.importance_cap > 0.0,
                "servers.{SAMPLER} samples with other arithmetic than the trainer's: correct for it with algorithm.importance_cap, for instance 2"
            );
            ensure!(
                server.cache.is_none(),
                "servers.{SAMPLER}.cache would return samples of older weights: remove it"
            );
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        self.backbone.check()?;
        self.check_counts()?;
        self.warm_start.check()?;
        self.algorithm.check()?;
        self.evaluation.check()?;
        self.draw.check()?;
        let loss = self.algorithm.build().log_ratio_loss();
        self.replay
            .check(matches!(loss, Some(LogRatioLoss::Regression(_))))?;
        self.instructions.check(self.algorithm.name.as_str())?;
        let embedder = self.embedder.is_some() || self.servers.contains_key(EMBEDDER);
        self.intrinsic.check(embedder)?;
        self.policy.check()?;
        for (name, server) in &self.servers {
            server.check(name)?;
        }
        self.check_sampler()?;
        ensure!(
            self.embedder.is_none() || !self.servers.contains_key(EMBEDDER),
            "embedder and servers.{EMBEDDER} both name an embedder: remove one of them"
        );
        ensure!(
            self.algorithm.metric != JUDGE || self.servers.contains_key(JUDGE),
            "algorithm.metric = \"{JUDGE}\" needs a judge: name a server in [servers.{JUDGE}]"
        );
        ensure!(
            self.draw.share == 0.0 || self.algorithm.build().needs_rollouts(),
            "draw.share needs rollouts of whole episodes: {} has none",
            self.algorithm.name.as_str()
        );
        ensure!(
            !self.instructions.used() || self.algorithm.build().needs_rollouts(),
            "instructions needs rollouts of whole episodes: {} has none",
            self.algorithm.name.as_str()
        );
        ensure!(
            self.algorithm.judged == 0.0 || self.servers.contains_key(JUDGE),
            "algorithm.judged needs a judge: name a server in [servers.{JUDGE}]"
        );
        for (number, stage) in (1..).zip(&self.stages) {
            stage.check(number)?;
            let metric = stage.metric(&self.algorithm);
            ensure!(
                metric != JUDGE || self.servers.contains_key(JUDGE),
                "stage {number}: metric = \"{JUDGE}\" needs a judge: name a server in [servers.{JUDGE}]"
            );
            ensure!(
                !self.algorithm.learn_answers || needs_answers(metric),
                "stage {number}: algorithm.learn_answers needs a metric of answers: {metric} asks no question"
            );
        }
        for (number, pair) in (1..).zip(self.stages.windows(2)) {
            ensure!(
                pair[0].length() <= pair[1].length(),
                "stage {} has a shorter horizon ({}) than stage {number} ({}): horizons must not shrink (0 is all sessions)",
                number + 1,
                pair[1].horizon,
                pair[0].horizon
            );
        }
        ensure!(
            !self.stages.is_empty() || self.warm_start.steps > 0,
            "nothing to train: add a [[stage]], or set warm_start.steps above 0"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
