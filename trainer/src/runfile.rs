//! The run file: everything that a training run depends on, with every default
//! in one place. Unset keys are the recipe that the quickstart was measured with.

mod backbone;
mod logo;
mod outside;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

pub use self::backbone::{BackboneSection, LoraSection};
pub use self::logo::{AnchorRule, Learn, LogoSection, RerollFrom};
pub use self::outside::{EMBEDDER, JUDGE, OutsideSection, ROLLOUTS, ServerSection};
use crate::device::Device;

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

/// `[embedder]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmbedderSection {
    /// A folder as Hugging Face and `sentence-transformers` lay it out: an encoder of
    /// the BERT family (MiniLM, BGE, E5, GTE) with its tokenizer.
    pub path: PathBuf,
}

/// `[study]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct StudySection {
    /// Sessions of the episodes that are measured.
    pub horizons: Vec<u32>,
    /// Episodes of each horizon.
    pub episodes: u64,
    /// Continuations from every state between two sessions.
    pub continuations: usize,
}

impl Default for StudySection {
    fn default() -> Self {
        Self {
            horizons: vec![8, 16, 32],
            episodes: 24,
            continuations: 16,
        }
    }
}

impl StudySection {
    /// The same horizons with less of everything: for a first look.
    pub fn small(&self) -> Self {
        Self {
            horizons: self.horizons.clone(),
            episodes: self.episodes.min(2),
            continuations: self.continuations.min(4),
        }
    }

    /// Whether it can be measured.
    pub fn check(&self) -> Result<()> {
        ensure!(
            !self.horizons.is_empty() && self.horizons.iter().all(|horizon| *horizon > 0),
            "study.horizons must name numbers of sessions, each at least 1"
        );
        ensure!(self.episodes > 0, "study.episodes must be at least 1");
        ensure!(
            self.continuations > 1,
            "study.continuations = {}: at least 2 tell how far they scatter",
            self.continuations
        );
        Ok(())
    }
}

/// `[run]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RunSection {
    /// Folder of the run: checkpoints, metrics, summary.
    pub out: PathBuf,
    /// Where models train and sample: `cpu`, or `cuda:0` and so on, if the program was
    /// built for it. `--device` says so, too. Default `cpu`.
    #[serde(default)]
    pub device: Device,
    /// Everything random derives from it. Default 1.
    #[serde(default = "one")]
    pub seed: u64,
    /// Stops after this many LoGo-GRPO steps over all stages, if the stages
    /// have not ended before. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u64>,
    /// Steps (warm start and LoGo-GRPO) between checkpoints. Default 10.
    #[serde(default = "ten")]
    pub checkpoint_every: u64,
}

fn one() -> u64 {
    1
}

fn ten() -> u64 {
    10
}

/// `[components]`: paths of `.wasm` files.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Components {
    /// A component of the world `memory-bank`.
    pub bank: PathBuf,
    /// A component of the world `task-environment`.
    pub environment: PathBuf,
    /// A component of the world `memory-policy`.
    pub policy: PathBuf,
}

/// `[environment]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnvironmentSection {
    /// Files that the environment reads; `--data` adds to them.
    pub data: Vec<PathBuf>,
    /// Options of the environment's own.
    pub options: Table,
}

/// `[policy]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySection {
    /// Options of the policy's own.
    pub options: Table,
}

/// How text is cut into tokens.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenizerKind {
    /// One token a word, lower-cased: for closed languages.
    Words,
    /// Byte-level BPE: for real text.
    Bytes,
}

/// `[tokenizer]`: trained on the text of the training split.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenizerSection {
    /// `words` or `bytes`.
    pub kind: TokenizerKind,
    /// Most tokens in the vocabulary.
    pub vocabulary: usize,
    /// Episodes of the training split whose text is read.
    pub episodes: u64,
}

impl Default for TokenizerSection {
    fn default() -> Self {
        Self {
            kind: TokenizerKind::Words,
            vocabulary: 2048,
            episodes: 200,
        }
    }
}

/// `[warm_start]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct WarmStartSection {
    /// Who is imitated: a demonstrator of the environment.
    pub demonstrator: String,
    /// AdamW steps; 0 starts from random weights.
    pub steps: u64,
    /// Demonstrated episodes in a step.
    pub episodes: u64,
    /// Peak learning rate; linear warm-up over a tenth of the steps, then cosine to a tenth.
    pub learning_rate: f64,
}

impl Default for WarmStartSection {
    fn default() -> Self {
        Self {
            demonstrator: "demonstrator".into(),
            steps: 300,
            episodes: 4,
            learning_rate: 2e-3,
        }
    }
}

/// `[optimizer]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerSection {
    /// Learning rate of the stages; a stage may name its own.
    pub learning_rate: f64,
    /// Decoupled weight decay of matrices.
    pub weight_decay: f64,
    /// Global gradient norm above which gradients are scaled down.
    pub max_gradient_norm: f64,
    /// Tokens of a micro-batch: bounds memory, not the result. A row that is longer is a
    /// micro-batch of its own; the longest such row of a step comes first, so that too
    /// little memory shows at once.
    pub micro_batch_tokens: usize,
    /// Whether an update keeps no more of a layer than its input and runs the layer
    /// again for its gradient: the same result, about a third slower, in a fraction of
    /// the memory. Default false.
    pub checkpoint_layers: bool,
}

impl Default for OptimizerSection {
    fn default() -> Self {
        Self {
            learning_rate: 3e-4,
            weight_decay: 0.01,
            max_gradient_norm: 1.0,
            micro_batch_tokens: 4096,
            checkpoint_layers: false,
        }
    }
}

/// `[[stage]]`: one horizon of the curriculum.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Sessions of an episode that are lived through; 0 is all.
    pub horizon: u32,
    /// LoGo-GRPO steps.
    pub steps: u64,
    /// Instead of `logo.penalty`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// Instead of `logo.threshold`.
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
    fn length(&self) -> u32 {
        self.horizon.wrapping_sub(1)
    }

    /// Steps after which it ends in any case.
    pub fn most_steps(&self) -> u64 {
        self.gate.map_or(self.steps, |gate| gate.most_steps)
    }

    fn check(&self, number: usize) -> Result<()> {
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

/// `[evaluation]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct EvaluationSection {
    /// LoGo-GRPO steps between validations; the best weights go on to the next
    /// stage and become the result.
    pub every: u64,
    /// Episodes of the validation split.
    pub validation_episodes: u64,
    /// Episodes of the held-out split.
    pub held_out_episodes: u64,
    /// Horizon of validation and of the main held-out report; 0 is all sessions.
    pub horizon: u32,
    /// A horizon never trained on, reported beside; none by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long_horizon: Option<u32>,
    /// Held-out episodes at `long_horizon`.
    pub long_episodes: u64,
    /// Reports how much evidence random turns and a TF-IDF regression trained
    /// on evidence labels keep in as many words.
    pub evidence_rivals: bool,
}

impl Default for EvaluationSection {
    fn default() -> Self {
        Self {
            every: 20,
            validation_episodes: 24,
            held_out_episodes: 60,
            horizon: 0,
            long_horizon: None,
            long_episodes: 24,
            evidence_rivals: false,
        }
    }
}

impl RunFile {
    /// Reads a run file; `settings` are `key=value` with dotted keys
    /// (`logo.rollouts=4`, `stage.0.steps=10`). A file that begins with
    /// `extends = "other.toml"` (a path from where it lies) only says what it has
    /// otherwise; its lists, such as the stages, take the other's place.
    pub fn read(path: &Path, settings: &[String]) -> Result<Self> {
        let mut table = extended(path, 0)?;
        for setting in settings {
            set(&mut table, setting)?;
        }
        let mut file: Self = table
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

/// Run files that may extend one another in a row.
const MOST_EXTENSIONS: u32 = 8;

/// A run file's table, with what it extends.
fn extended(path: &Path, depth: u32) -> Result<Table> {
    ensure!(
        depth <= MOST_EXTENSIONS,
        "{} extends a run file that extends another, and so on: do they extend each other?",
        path.display()
    );
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the run file {}", path.display()))?;
    let mut table: Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", path.display()))?;
    let Some(base) = table.remove("extends") else {
        return Ok(table);
    };
    let Value::String(base) = base else {
        bail!("{}: extends is not the path of a run file", path.display());
    };
    let base = path.parent().unwrap_or(Path::new("")).join(base);
    let mut all = extended(&base, depth + 1)
        .with_context(|| format!("{} extends {}", path.display(), base.display()))?;
    merge(&mut all, table);
    Ok(all)
}

/// Puts `over` into `under`, section by section.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Sets `a.b.0.c=value`; a value that is no TOML is a string.
fn set(table: &mut Table, setting: &str) -> Result<()> {
    let Some((key, text)) = setting.split_once('=') else {
        bail!("--set {setting}: expected key=value, for instance logo.rollouts=4");
    };
    let value = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(text.into()));
    let mut place = table;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            place.insert(part.into(), value);
            return Ok(());
        }
        let mut next = place
            .entry(part)
            .or_insert_with(|| Value::Table(Table::new()));
        if let Value::Array(items) = next {
            let count = items.len();
            let index: usize = parts
                .next()
                .and_then(|index| index.parse().ok())
                .with_context(|| format!("--set {key}: {part} is a list; name an index"))?;
            next = items.get_mut(index).with_context(|| {
                format!("--set {key}: {part} has {count} items, none at {index}")
            })?;
        }
        place = next
            .as_table_mut()
            .with_context(|| format!("--set {key}: {part} is a value, not a section"))?;
    }
    bail!("--set {setting}: the key is empty")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const MINIMAL: &str = r#"
        [run]
        out = "runs/x"
        [components]
        bank = "b.wasm"
        environment = "e.wasm"
        policy = "p.wasm"
        [[stage]]
        horizon = 8
        steps = 3
    "#;

    fn read(text: &str, settings: &[&str]) -> Result<RunFile> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        let settings: Vec<String> = settings.iter().map(|s| s.to_string()).collect();
        RunFile::read(&path, &settings)
    }

    fn complaint(text: &str, settings: &[&str]) -> String {
        format!("{:#}", read(text, settings).unwrap_err())
    }

    #[test]
    fn a_resolved_file_reads_back_as_itself() {
        let file = read(MINIMAL, &[]).unwrap();
        let resolved = file.resolved().unwrap();
        let again = read(&resolved, &[]).unwrap();
        assert_eq!(resolved, again.resolved().unwrap());
        let adapted = read(MINIMAL, &["backbone.lora.rank=4"]).unwrap();
        let again = read(&adapted.resolved().unwrap(), &[]).unwrap();
        let served = "outside.judge={url=\"http://x/v1\", model=\"m\"}";
        let served = read(MINIMAL, &[served, "embedder.path=e"]).unwrap();
        let resolved = served.resolved().unwrap();
        let other = read(&resolved, &[]).unwrap();
        assert_eq!(resolved, other.resolved().unwrap());
        assert_eq!(other.outside[JUDGE].attempts, 5);
        let lora = again.backbone.lora.unwrap();
        assert_eq!((lora.rank, lora.alpha, lora.targets.len()), (4, 32.0, 7));
    }

    #[test]
    fn settings_reach_sections_lists_and_strings() {
        let file = read(
            MINIMAL,
            &[
                "logo.rollouts=4",
                "stage.0.steps=9",
                "run.out=runs/y",
                "environment.options.seed=7",
            ],
        )
        .unwrap();
        assert_eq!(file.logo.rollouts, 4);
        assert_eq!(file.stages[0].steps, 9);
        assert_eq!(file.run.out, PathBuf::from("runs/y"));
        assert_eq!(file.environment.options["seed"].as_integer(), Some(7));
    }

    #[test]
    fn a_file_that_extends_another_says_what_is_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        write("base.toml", MINIMAL).unwrap();
        let over =
            "extends = \"base.toml\"\n[logo]\nrollouts = 4\n[[stage]]\nhorizon = 2\nsteps = 1\n";
        write("over.toml", over).unwrap();
        let file = RunFile::read(&folder.path().join("over.toml"), &[]).unwrap();
        assert_eq!((file.logo.rollouts, file.logo.rerolls), (4, 4));
        assert_eq!(file.components.bank, PathBuf::from("b.wasm"));
        assert_eq!((file.stages.len(), file.stages[0].horizon), (1, 2));

        write("circle.toml", "extends = \"circle.toml\"").unwrap();
        let circle = RunFile::read(&folder.path().join("circle.toml"), &[]);
        assert!(format!("{:#}", circle.unwrap_err()).contains("extend each other"));
        write("lost.toml", "extends = \"nowhere.toml\"").unwrap();
        let lost = RunFile::read(&folder.path().join("lost.toml"), &[]);
        assert!(format!("{:#}", lost.unwrap_err()).contains("nowhere.toml"));
    }

    #[test]
    fn a_curriculum_does_not_shrink() {
        let longer = |horizon: u32| {
            let text = format!("{MINIMAL}\n[[stage]]\nhorizon = {horizon}\nsteps = 1\n");
            read(&text, &[])
        };
        assert!(longer(16).is_ok() && longer(8).is_ok() && longer(0).is_ok());
        let shorter = format!("{:#}", longer(4).unwrap_err());
        assert!(
            shorter.contains("stage 2 has a shorter horizon (4)"),
            "{shorter}"
        );
    }

    #[test]
    fn a_gate_has_a_bound_and_room() {
        let gated = |gate: &str| {
            let text = format!("{MINIMAL}\ngate = {gate}\n");
            read(&text, &[]).map_err(|error| format!("{error:#}"))
        };
        let file = gated(r#"{ metric = "m-fail", below = 0.1, most_steps = 9 }"#).unwrap();
        let gate = file.stages[0].gate.unwrap();
        assert!(gate.passes(0.09) && !gate.passes(0.1));
        let none = gated(r#"{ metric = "f1", most_steps = 9 }"#).unwrap_err();
        assert!(none.contains("needs `below` or `above`"), "{none}");
        let tight = gated(r#"{ metric = "f1", above = 0.5, most_steps = 1 }"#).unwrap_err();
        assert!(tight.contains("gate.most_steps = 1"), "{tight}");
    }

    #[test]
    fn complaints_name_the_key() {
        assert!(complaint(MINIMAL, &["logo.rolouts=4"]).contains("rolouts"));
        assert!(complaint(MINIMAL, &["logo.rollouts=1"]).contains("logo.rollouts = 1"));
        assert!(complaint(MINIMAL, &["stage.3.steps=1"]).contains("none at 3"));
        assert!(complaint(MINIMAL, &["logo.penalty=-1"]).contains("logo.penalty = -1"));
        assert!(complaint(MINIMAL, &["logo.kl=nan"]).contains("logo.kl = NaN"));
        assert!(complaint(MINIMAL, &["logo.rerolls=1"]).contains("logo.rerolls = 1"));
        assert!(complaint(MINIMAL, &["logo.local_probability=1.5"]).contains("probability"));
        assert!(complaint(MINIMAL, &["logo.algorithm=magic"]).contains("magic"));
        assert!(complaint(MINIMAL, &["stage.0.penalty=-1"]).contains("stage 1: penalty = -1"));
        assert!(complaint(MINIMAL, &["nonsense"]).contains("key=value"));
        assert!(complaint(MINIMAL, &["logo.charge=nobody"]).contains("nobody"));
        for (setting, said) in [
            ("rank=0", "backbone.lora.rank = 0"),
            ("alpha=0", "backbone.lora.alpha = 0"),
            ("alpha=nan", "backbone.lora.alpha = NaN"),
            ("dropout=1", "backbone.lora.dropout = 1"),
            ("dropout=-0.1", "backbone.lora.dropout = -0.1"),
            ("targets=[]", "backbone.lora.targets is empty"),
            (
                "targets=[\"lm_head\"]",
                "backbone.lora.targets names \"lm_head\"",
            ),
            ("ranks=3", "ranks"),
        ] {
            let complaint = complaint(MINIMAL, &[&format!("backbone.lora.{setting}")]);
            assert!(complaint.contains(said), "{complaint}");
        }
        assert!(complaint("run = 3", &[]).contains("run file"));
        assert!(complaint("[run", &[]).contains("is not TOML"));
    }
}
