//! `[algorithm]`: rollouts, rewards, advantages and the loss of a training step.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use memloom_algorithm::algorithm::{Algorithm, Credit, Settings};
use memloom_algorithm::algorithms::AlgorithmName;
use memloom_algorithm::gae::Gae;
use memloom_algorithm::loss::{Aggregation, Estimator, Objective, Ratio};
use memloom_algorithm::normalise::Normalisation;
use memloom_algorithm::reward::Charge;
use serde::{Deserialize, Serialize};

/// The value of `algorithm.before` under which the policy lives up to the anchors.
const POLICY: &str = "policy";

/// The rule that chooses anchors: the sessions that are rerolled, and one rollout each.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorRule {
    /// Each session with probability `local_probability`, with a random rollout; drawn
    /// before the step (equations 13 and 14).
    Uniform,
    /// Each session with probability `local_probability`, with the rollout that earned the
    /// lowest reward in it.
    LowestReward,
    /// As many sessions as `uniform` would draw: those with the highest spread of rewards
    /// over rollouts, each with a random rollout.
    HighestSpread,
}

/// The state that rerolls start from.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RerollFrom {
    /// The start of the session.
    Session,
    /// A state within the session: a random share of the anchor's outputs is repeated first.
    /// Not in the paper.
    Chunk,
}

/// The notes about the operations that outputs led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shaping {
    /// None.
    None,
    /// Those that the bank took.
    Accepted,
    /// Those that the judge finds well placed, too.
    Judged,
}

/// The roles whose outputs are trained on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum Learn {
    /// All roles, in every step.
    All,
    /// One role per step, in turn.
    Alternating,
    /// One role. The others sample with the same weights.
    Role(String),
}

impl Learn {
    /// Returns whether a role's outputs are trained on in any step.
    pub fn learns(&self, role: &str) -> bool {
        match self {
            Self::All | Self::Alternating => true,
            Self::Role(name) => name == role,
        }
    }
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

/// Rollouts, rewards, advantages and the loss of a training step.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlgorithmSection {
    /// The algorithm that turns rewards into advantages: `logo-grpo`, `local-grpo`,
    /// `session-grpo`, `grpo`, `rloo`, `reinforce++`, `gigpo`, `ppo`, `dpo` or `webrl`. `logo-grpo`,
    /// `local-grpo` and `dpo` reroll sessions; `local-grpo` compares nothing else. `dpo` prefers the
    /// best of a session's rollouts or rerolls to the worst, and `webrl` pulls each output's log-ratio
    /// to the reference policy towards its advantage: their losses do without `ratio`, `clip`,
    /// `dual_clip`, `aggregation` and `importance_cap`.
    pub name: AlgorithmName,
    /// The reward that a session is credited with. `logo-grpo` only.
    pub credit: Credit,
    /// Added to the reward of an output under `credit = "step"`: this times the share of the
    /// operations that it led to which the bank took, insertions as new entries. 0 or more.
    pub accepted: f64,
    /// Added to the reward of an output under `credit = "step"`: this times the share of the
    /// operations that it led to which the model in `[servers.judge]` finds well placed. 0 or more.
    pub judged: f64,
    /// Episodes of a step. At least 1.
    pub episodes: u64,
    /// Global rollouts of each episode (n in the paper). At least 2.
    pub rollouts: usize,
    /// Probability that a session is rerolled (p in the paper), in [0, 1]. 0 disables rerolls.
    /// Algorithms that reroll only.
    pub local_probability: f64,
    /// Rerolls of each anchor (m in the paper). At least 2. Algorithms that reroll only.
    pub rerolls: usize,
    /// Sessions that a reroll lives through from its anchor's on. It is worth the mean of the
    /// anchor's questions after the last of them, so that what pays later is seen. At least 1.
    /// Algorithms that reroll only.
    pub reroll_sessions: u32,
    /// The rule that chooses the sessions to reroll, and the rollout that each is rerolled
    /// from. `logo-grpo` only.
    pub anchors: AnchorRule,
    /// The state of the anchor that its rerolls start from. `logo-grpo` only.
    pub reroll_from: RerollFrom,
    /// The one who lives through the sessions before an anchor: `policy`, or the name of one of the
    /// environment's demonstrators, from whom nothing is learnt. `local-grpo` only.
    pub before: String,
    /// Divides advantages by the standard deviation of their group. `rloo`, `reinforce++` and
    /// `ppo` ignore it.
    pub std_normalisation: bool,
    /// Takes the mean of the other members of a group as a member's baseline, instead of the
    /// mean of all. `rloo`, `reinforce++` and `ppo` ignore it.
    pub leave_one_out: bool,
    /// The score of a question: `reward` (the environment's reward), the name of one of the
    /// environment's metrics, `held-evidence` (the share of the question's evidence that the
    /// bank names), `kept-evidence` (the share of the words of the question's evidence that the
    /// entries which name it have), or `judge` (1 if the model in `[servers.judge]` finds the
    /// answer correct, else 0). With `held-evidence` and a penalty for words, entries of one word
    /// each are worth most; `kept-evidence` pays for what they say.
    pub metric: String,
    /// Most questions of an episode that are asked in a step, for environments whose scoring
    /// is expensive. They are drawn at random, the same for all rollouts and rerolls of the
    /// episode. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub questions: Option<usize>,
    /// Times that each question is answered from the final bank of a rollout. A question's
    /// score is the mean over its answers. At least 1.
    pub answer_samples: usize,
    /// Trains on answers, too. The answers to a question from one bank are a group; with
    /// `answer_samples = 1`, the answers of an episode's rollouts, whose banks differ.
    pub learn_answers: bool,
    /// Weight of the compression penalty (lambda in the paper). 0 or more.
    pub penalty: f64,
    /// Ratio of bank words to dialogue words above which the penalty begins (theta in the
    /// paper). 0 or more.
    pub threshold: f64,
    /// The sessions that are charged the penalty.
    pub charge: Charge,
    /// Prices of 1000 tokens that a server reads or writes for a role, by role. They are taken off
    /// the reward of the session in which the server was asked; off returns, their sum over the
    /// number of sessions. Default: none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub call_cost: BTreeMap<String, f64>,
    /// Words that a task session counts as dialogue in the penalty. At least 1.
    pub task_words: u64,
    /// Sampling temperature of rollouts and rerolls. Above 0.
    pub temperature: f32,
    /// Rollouts and rerolls sample from this many most likely tokens; 0 is all. The loss
    /// normalises over the same tokens.
    pub top_k: usize,
    /// Rollouts and rerolls sample from the fewest most likely tokens whose probabilities sum
    /// to at least this, in (0, 1]. The loss normalises over the same tokens.
    pub top_p: f32,
    /// The roles whose outputs are trained on: `all`, `alternating` (one role per step, in
    /// turn), or the name of a role.
    pub learn: Learn,
    /// Passes over the rows of a step. At least 1.
    pub epochs: usize,
    /// AdamW steps of a pass. At least 1.
    pub minibatches: usize,
    /// The unit whose probability ratio is clipped.
    pub ratio: Ratio,
    /// Ratios below 1 minus this are clipped (epsilon). 0 or more.
    pub clip: f32,
    /// Ratios above 1 plus this are clipped. 0 or more. Default: `clip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_high: Option<f32>,
    /// Dual clip: bound of the loss for negative advantages, in units of the advantage (c). 0
    /// disables it.
    pub dual_clip: f32,
    /// The mean that the loss takes over tokens, steps and trajectories.
    pub aggregation: Aggregation,
    /// Divisor of a step's sum over tokens under `aggregation = "fixed-length"`, in tokens.
    /// Above 0.
    pub fixed_length: f32,
    /// Weight of the KL divergence from the reference policy, which is the policy at the
    /// start of the stage (beta). 0 or more; 0
    /// disables it.
    pub kl: f32,
    /// The estimator of the KL divergence.
    pub kl_estimator: Estimator,
    /// Updates the reference policy after every step, in [0, 1]: ref += pace · (policy - ref).
    /// 0 keeps the policy at the start of the stage.
    pub reference_pace: f64,
    /// Weight of the entropy bonus. 0 or more.
    pub entropy: f32,
    /// Excludes outputs that were cut off at their length limit from the loss.
    pub mask_truncated: bool,
    /// Leaves out outputs whose advantage is nearer to 0 than this. 0 or more.
    pub least_advantage: f64,
    /// Most outputs of an episode that a step trains on. They are dealt at random in rounds, one of
    /// each rollout and reroll a round, so that long ones do not crowd out short ones. At least 1.
    /// Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_steps: Option<usize>,
    /// Truncated importance sampling, for a sampler whose arithmetic differs from the
    /// trainer's: ratios are relative to the trainer's probabilities before the update, and
    /// each step is weighted by these over the sampler's probabilities, at most this. 0 takes
    /// ratios relative to the sampler's probabilities.
    pub importance_cap: f32,
    /// Discount of a reward per session, or per output of a task (gamma), in [0, 1]. `ppo` and `webrl`
    /// only.
    pub discount: f64,
    /// Decay of later temporal differences in GAE (lambda), in [0, 1]; in `webrl`, the weight of the
    /// next one against the return. `ppo` and `webrl` only.
    pub decay: f64,
    /// Weight of the value loss. 0 or more. `ppo` and `webrl` only.
    pub value_weight: f64,
    /// Most that a value may change in a step before the value loss clips it. 0 or more.
    /// `ppo` and `webrl` only.
    pub value_clip: f32,
    /// Weight of the log-ratios to the reference policy, above 0. With `reference_pace = 1` the
    /// reference is the policy before the step, else that at the start of the stage. `dpo` and `webrl`
    /// only.
    pub beta: f64,
    /// Probability that a pair is the wrong way round, in [0, 0.5): label smoothing. `dpo` only.
    pub smoothing: f64,
}

impl Default for AlgorithmSection {
    fn default() -> Self {
        Self {
            name: AlgorithmName::LOGO_GRPO,
            credit: Credit::Session,
            accepted: 0.0,
            judged: 0.0,
            episodes: 2,
            rollouts: 8,
            local_probability: 0.5,
            rerolls: 4,
            reroll_sessions: 1,
            anchors: AnchorRule::Uniform,
            reroll_from: RerollFrom::Session,
            before: POLICY.into(),
            std_normalisation: true,
            leave_one_out: false,
            metric: "reward".into(),
            questions: None,
            answer_samples: 1,
            learn_answers: false,
            penalty: 0.5,
            threshold: 0.25,
            charge: Charge::Session,
            call_cost: BTreeMap::new(),
            task_words: 200,
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
            least_advantage: 0.0,
            most_steps: None,
            importance_cap: 0.0,
            discount: 1.0,
            decay: 0.95,
            value_weight: 0.5,
            value_clip: 0.2,
            beta: 0.1,
            smoothing: 0.0,
        }
    }
}

impl AlgorithmSection {
    /// Returns the probability that a session is rerolled: 0 for algorithms without rerolls.
    pub fn reroll_chance(&self) -> f64 {
        match self.build().needs_rerolls() {
            true => self.local_probability,
            false => 0.0,
        }
    }

    /// Returns the rollouts of each episode: one for algorithms that only reroll.
    pub fn rollouts(&self) -> usize {
        match self.build().needs_rollouts() {
            true => self.rollouts,
            false => 1,
        }
    }

    /// Returns the demonstrator who lives up to the anchors, if it is not the policy.
    pub fn before(&self) -> Option<&str> {
        Some(self.before.as_str()).filter(|name| *name != POLICY)
    }

    /// Returns what is noted about the operations that outputs lead to.
    pub fn shaping(&self) -> Shaping {
        match (self.accepted > 0.0, self.judged > 0.0) {
            (_, true) => Shaping::Judged,
            (true, false) => Shaping::Accepted,
            (false, false) => Shaping::None,
        }
    }

    /// Builds the algorithm that this section names.
    pub fn build(&self) -> Box<dyn Algorithm> {
        self.name.build(&self.settings())
    }

    /// Returns the switches that algorithms share.
    pub fn settings(&self) -> Settings {
        Settings {
            credit: self.credit,
            normalisation: Normalisation {
                by_std: self.std_normalisation,
                leave_one_out: self.leave_one_out,
            },
            gae: Gae {
                discount: self.discount,
                decay: self.decay,
            },
            beta: self.beta,
            smoothing: self.smoothing,
        }
    }

    /// Returns the settings of the objective.
    pub fn objective(&self) -> Objective {
        let on = |value: f32| (value > 0.0).then_some(value);
        let clipped = Objective {
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
        };
        match self.build().log_ratio_loss() {
            Some(_) => clipped.linear(),
            None => clipped,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        ensure!(
            self.rollouts > 1,
            "algorithm.rollouts must be at least 2, got {}",
            self.rollouts
        );
        self.check_rerolls()?;
        ensure!(
            self.answer_samples > 0,
            "algorithm.answer_samples must be at least 1"
        );
        ensure!(
            self.task_words > 0,
            "algorithm.task_words must be at least 1: words in a task's memory are measured by it"
        );
        if let Some((role, price)) = self
            .call_cost
            .iter()
            .find(|(_, price)| !(**price >= 0.0 && price.is_finite()))
        {
            bail!("algorithm.call_cost.{role} must be 0 or more, got {price}");
        }
        ensure!(
            self.top_p > 0.0 && self.top_p <= 1.0,
            "algorithm.top_p must be in (0, 1], got {}",
            self.top_p
        );
        ensure!(
            self.temperature > 0.0,
            "algorithm.temperature must be above 0, got {}: greedy rollouts would all be equal",
            self.temperature
        );
        let not_negative = [
            ("penalty", self.penalty),
            ("threshold", self.threshold),
            ("least_advantage", self.least_advantage),
            ("accepted", self.accepted),
            ("judged", self.judged),
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
                "algorithm.{key} must be 0 or more, got {value}"
            );
        }
        ensure!(
            self.fixed_length > 0.0 && self.fixed_length.is_finite(),
            "algorithm.fixed_length must be above 0, got {}",
            self.fixed_length
        );
        ensure!(
            self.questions != Some(0),
            "algorithm.questions must be at least 1: remove it to ask all questions"
        );
        ensure!(
            self.most_steps != Some(0),
            "algorithm.most_steps must be at least 1: remove it to train on all outputs"
        );
        ensure!(
            self.beta > 0.0 && self.beta.is_finite(),
            "algorithm.beta must be above 0, got {}",
            self.beta
        );
        ensure!(
            (0.0..0.5).contains(&self.smoothing),
            "algorithm.smoothing must be in [0, 0.5), got {}: at 0.5 both outputs of a pair are as good",
            self.smoothing
        );
        let fractions = [
            ("reference_pace", self.reference_pace),
            ("discount", self.discount),
            ("decay", self.decay),
        ];
        for (key, value) in fractions {
            ensure!(
                (0.0..=1.0).contains(&value),
                "algorithm.{key} must be in [0, 1], got {value}"
            );
        }
        Ok(())
    }

    fn check_rerolls(&self) -> Result<()> {
        ensure!(
            (0.0..=1.0).contains(&self.local_probability),
            "algorithm.local_probability must be in [0, 1], got {}",
            self.local_probability
        );
        ensure!(
            self.reroll_chance() == 0.0 || self.rerolls > 1,
            "algorithm.rerolls must be at least 2, got {} (local_probability = 0 disables rerolls)",
            self.rerolls
        );
        ensure!(
            self.before().is_none() || !self.build().needs_rollouts(),
            "algorithm.before = \"{}\" needs algorithm.name = \"local-grpo\": {} learns from whole rollouts of the policy",
            self.before,
            self.name.as_str()
        );
        ensure!(
            self.build().needs_rollouts() || self.anchors == AnchorRule::Uniform,
            "algorithm.anchors must be uniform with {}: there are no rollouts to compare",
            self.name.as_str()
        );
        ensure!(
            self.before().is_none() || self.reroll_from == RerollFrom::Session,
            "algorithm.reroll_from = \"chunk\" repeats outputs of the policy: a demonstrator ({}) has none",
            self.before
        );
        ensure!(
            self.build().weighs_outputs() || self.accepted == 0.0 && self.judged == 0.0,
            "algorithm.accepted and algorithm.judged shape outputs: set algorithm.name = \"logo-grpo\" and algorithm.credit = \"step\""
        );
        ensure!(
            self.reroll_sessions > 0,
            "algorithm.reroll_sessions must be at least 1: the session that is rerolled"
        );
        Ok(())
    }
}
