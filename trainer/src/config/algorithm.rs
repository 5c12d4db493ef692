//! `[algorithm]`: how a step learns, with every default.

use anyhow::{Result, ensure};
use memloom_algorithm::algorithm::{Algorithm, Credit, Rule};
use memloom_algorithm::gae::Gae;
use memloom_algorithm::loss::{Aggregation, Estimator, Objective, Ratio};
use memloom_algorithm::normalise::Normalisation;
use memloom_algorithm::reward::Charge;
use serde::{Deserialize, Serialize};

/// How sessions and rollouts become anchors of rerolls.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorRule {
    /// Each session by chance, its rollout by lot: before the step (equations 13
    /// and 14).
    Uniform,
    /// Each session by chance, then the rollout that earned least in it.
    LowestReward,
    /// As many sessions as chance would take: those in which rollouts' rewards
    /// differ most; their rollouts by lot.
    HighestSpread,
}

/// Where rerolls begin.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RerollFrom {
    /// At the session's start.
    Session,
    /// After a share of the anchor's outputs in the session, drawn before the step.
    Chunk,
}

/// Which roles' outputs are learnt from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Learn {
    /// All of them, in every step.
    All,
    /// The policy's roles take turns, a step each.
    Alternating,
    /// This one alone; the others speak with the weights that it changes.
    Role(String),
}

impl From<String> for Learn {
    fn from(name: String) -> Self {
        match name.as_str() {
            "all" => Self::All,
            "alternating" => Self::Alternating,
            _ => Self::Role(name),
        }
    }
}

impl From<Learn> for String {
    fn from(learn: Learn) -> Self {
        match learn {
            Learn::All => "all".into(),
            Learn::Alternating => "alternating".into(),
            Learn::Role(name) => name,
        }
    }
}

/// `[algorithm]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlgorithmSection {
    /// Whose deed a reward is: `logo-grpo`, or a rival (`session-grpo`, `grpo`,
    /// `rloo`, `reinforce++`, `gigpo`, `ppo`) that takes no rerolls.
    pub name: Algorithm,
    /// What a session is credited with under `logo-grpo`: the questions with
    /// evidence in it (`session`), the mean from it on (`suffix`), or the whole
    /// trajectory's return (`trajectory`).
    pub credit: Credit,
    /// Episodes in a step.
    pub episodes: u64,
    /// Global rollouts of an episode: n.
    pub rollouts: usize,
    /// Chance of a session to be rerolled: p. 0 is GRPO by session.
    pub local_probability: f64,
    /// Rerolls from an anchor: m.
    pub rerolls: usize,
    /// How anchors are chosen: `uniform`, `lowest-reward` or `highest-spread`.
    pub anchors: AnchorRule,
    /// Where rerolls begin: at the anchor's `session`, or at a `chunk` inside it,
    /// after repeating the anchor's outputs up to there (not in the paper).
    pub reroll_from: RerollFrom,
    /// Whether advantages are divided by their group's standard deviation.
    pub std_normalisation: bool,
    /// Whether a member is compared with the mean of the others, not of all.
    pub leave_one_out: bool,
    /// What a question is worth: `reward` (the environment's), one of its metrics
    /// by name, `held-evidence` (the share of its evidence that the bank names), or
    /// `judge` (whether the model in `[servers.judge]` finds the answer correct).
    pub metric: String,
    /// Most questions of an episode that are asked in a step, drawn by lot and the
    /// same for all its rollouts and rerolls: for environments whose scoring costs.
    /// Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<usize>,
    /// Weight of the compression penalty: lambda.
    pub penalty: f64,
    /// Bank words over dialogue words that are free: theta.
    pub threshold: f64,
    /// Who pays the penalty.
    pub charge: Charge,
    /// Sampling temperature of global rollouts and rerolls alike.
    pub temperature: f32,
    /// They sample among so many of the likeliest tokens; default 0: among all. The
    /// loss sees what was left to choose from.
    pub top_k: usize,
    /// They sample among the fewest of the likeliest tokens that together are at least
    /// so probable; default 1: among all.
    pub top_p: f32,
    /// Which roles learn: `all`, `alternating`, or one by its name.
    pub learn: Learn,
    /// Passes over the rows of a step.
    pub epochs: usize,
    /// AdamW steps in a pass.
    pub minibatches: usize,
    /// Whose probabilities make up a ratio: `token`, `step` or `sequence`.
    pub ratio: Ratio,
    /// Ratios below 1 minus this are clipped: epsilon.
    pub clip: f32,
    /// Ratios above 1 plus this are clipped. Default: `clip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_high: Option<f32>,
    /// Dual clip for negative advantages: c. 0 is none.
    pub dual_clip: f32,
    /// What the loss is a mean of: `token-mean`, `step-mean`, `trajectory` or
    /// `fixed-length`.
    pub aggregation: Aggregation,
    /// Tokens that `fixed-length` divides a step's sum by.
    pub fixed_length: f32,
    /// Weight of the divergence from the stage's first weights.
    pub kl: f32,
    /// How it is estimated: `k1`, `k2` or `k3`.
    pub kl_estimator: Estimator,
    /// After every step the reference moves towards the present weights by this
    /// share of the way. 0 stays at the stage's first.
    pub reference_pace: f64,
    /// Weight of the entropy bonus.
    pub entropy: f32,
    /// Whether outputs that were cut off at their length limit are not learnt from.
    pub mask_truncated: bool,
    /// Ratios are taken against the trainer's own probabilities, and steps weigh
    /// what those were over the sampler's, at most this. 0 trusts the sampler's.
    pub importance_cap: f32,
    /// `ppo` only: what a session's reward is worth one session earlier: gamma.
    pub discount: f64,
    /// `ppo` only: how much of later sessions' surprises counts: GAE's lambda.
    pub decay: f64,
    /// `ppo` only: weight of the value head's loss.
    pub value_weight: f64,
    /// `ppo` only: how far a value may move in a step.
    pub value_clip: f32,
}

impl Default for AlgorithmSection {
    fn default() -> Self {
        Self {
            name: Algorithm::LogoGrpo,
            credit: Credit::Session,
            episodes: 2,
            rollouts: 8,
            local_probability: 0.5,
            rerolls: 4,
            anchors: AnchorRule::Uniform,
            reroll_from: RerollFrom::Session,
            std_normalisation: true,
            leave_one_out: false,
            metric: "reward".into(),
            questions: None,
            penalty: 0.5,
            threshold: 0.25,
            charge: Charge::Session,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            learn: Learn::All,
            epochs: 1,
            minibatches: 2,
            ratio: Ratio::Step,
            clip: 0.2,
            clip_high: None,
            dual_clip: 3.0,
            aggregation: Aggregation::StepMean,
            fixed_length: 32.0,
            kl: 0.0,
            kl_estimator: Estimator::K3,
            reference_pace: 0.0,
            entropy: 0.0,
            mask_truncated: false,
            importance_cap: 0.0,
            discount: 1.0,
            decay: 0.95,
            value_weight: 0.5,
            value_clip: 0.2,
        }
    }
}

impl AlgorithmSection {
    /// Chance of a session to be rerolled; rivals take no rerolls.
    pub fn reroll_chance(&self) -> f64 {
        if self.name.rerolls() {
            self.local_probability
        } else {
            0.0
        }
    }

    /// How rewards become advantages.
    pub fn rule(&self) -> Rule {
        Rule {
            algorithm: self.name,
            credit: self.credit,
            normalisation: Normalisation {
                by_std: self.std_normalisation,
                leave_one_out: self.leave_one_out,
            },
            gae: Gae {
                discount: self.discount,
                decay: self.decay,
            },
        }
    }

    /// The loss's switches.
    pub fn objective(&self) -> Objective {
        let on = |value: f32| (value > 0.0).then_some(value);
        Objective {
            ratio: self.ratio,
            clip_low: self.clip,
            clip_high: self.clip_high.unwrap_or(self.clip),
            dual_clip: on(self.dual_clip),
            aggregation: self.aggregation,
            fixed_length: self.fixed_length,
            kl: self.kl,
            estimator: self.kl_estimator,
            entropy: self.entropy,
            importance_cap: on(self.importance_cap),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.rollouts > 1,
            "algorithm.rollouts = {}: a group needs at least 2",
            self.rollouts
        );
        ensure!(
            (0.0..=1.0).contains(&self.local_probability),
            "algorithm.local_probability = {} is no probability",
            self.local_probability
        );
        ensure!(
            self.reroll_chance() == 0.0 || self.rerolls > 1,
            "algorithm.rerolls = {}: a local group needs at least 2 (local_probability = 0 switches rerolls off)",
            self.rerolls
        );
        ensure!(
            self.top_p > 0.0 && self.top_p <= 1.0,
            "algorithm.top_p = {} is no share of probability above 0",
            self.top_p
        );
        ensure!(
            self.temperature > 0.0,
            "algorithm.temperature = {} must be above 0: greedy rollouts do not differ",
            self.temperature
        );
        let not_negative = [
            ("penalty", self.penalty),
            ("threshold", self.threshold),
            ("clip", self.clip.into()),
            ("clip_high", self.clip_high.unwrap_or(0.0).into()),
            ("dual_clip", self.dual_clip.into()),
            ("kl", self.kl.into()),
            ("entropy", self.entropy.into()),
            ("importance_cap", self.importance_cap.into()),
            ("value_weight", self.value_weight),
            ("value_clip", self.value_clip.into()),
        ];
        for (key, value) in not_negative {
            ensure!(
                value >= 0.0 && value.is_finite(),
                "algorithm.{key} = {value} must be 0 or more"
            );
        }
        ensure!(
            self.fixed_length > 0.0 && self.fixed_length.is_finite(),
            "algorithm.fixed_length = {} must be above 0",
            self.fixed_length
        );
        ensure!(
            self.questions != Some(0),
            "algorithm.questions = 0 asks nothing, and nothing is learnt: leave it out to ask all"
        );
        let shares = [
            ("reference_pace", self.reference_pace),
            ("discount", self.discount),
            ("decay", self.decay),
        ];
        for (key, value) in shares {
            ensure!(
                (0.0..=1.0).contains(&value),
                "algorithm.{key} = {value} is no share between 0 and 1"
            );
        }
        Ok(())
    }
}
