//! The interface of an algorithm: rewards in, advantages out.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::gae::Gae;
use crate::loss::LogRatioLoss;
use crate::normalise::Normalisation;
use crate::rewards::{Advantages, Rewards};

/// A policy-gradient algorithm, as far as it differs from the others: how the rewards of a
/// step become advantages, and what has to be gathered for that. Sampling, the loss and the
/// optimiser are the same for all.
pub trait Algorithm: Debug + Send + Sync {
    /// Returns true if rollouts of whole episodes are compared. Else there is one for each episode,
    /// which gives the states that rerolls start from. By default true.
    fn needs_rollouts(&self) -> bool {
        true
    }

    /// Returns true if some sessions are to be rerolled from an intermediate state. The
    /// rerolls of one session are a group, which goes to
    /// [`group_advantages`](Algorithm::group_advantages). By default false.
    fn needs_rerolls(&self) -> bool {
        false
    }

    /// Returns true if a value head is to be trained; [`Rewards::values`] then holds its
    /// predictions. By default false.
    fn needs_critic(&self) -> bool {
        false
    }

    /// Returns true if [`Rewards::states`] is to name the state in which each rollout
    /// entered each session. By default false.
    fn needs_state_names(&self) -> bool {
        false
    }

    /// Returns true if [`Rewards::sessions`] is to have a place for each output, with the return and
    /// the output's shaping as its reward. By default false.
    fn weighs_outputs(&self) -> bool {
        false
    }

    /// Returns the loss of log-ratios that advantages go into in place of the clipped objective, if
    /// there is one. By default none.
    fn log_ratio_loss(&self) -> Option<LogRatioLoss> {
        None
    }

    /// Returns the advantages of a step: one [`Advantages`] for each of its episodes, in
    /// their order.
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages>;

    /// Returns one advantage for each member of a group that began alike: the rerolls of a session,
    /// or the answers to a question. None says that the rewards are equal.
    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>>;
}

/// The reward that a session is credited with, in `algorithm.credit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credit {
    /// The questions with evidence in it (equations 10 to 12).
    Session,
    /// The mean over it and all later sessions: the reference's `cumulative`.
    Suffix,
    /// The whole trajectory's return.
    Trajectory,
    /// The trajectory's return plus the shaping of each output, which is compared with all outputs
    /// of the episode's rollouts.
    Step,
}

/// The switches that algorithms share. Each algorithm takes those that it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The reward that a session is credited with; `logo-grpo` only.
    pub credit: Credit,
    /// The way from a group's rewards to advantages. `rloo`, `reinforce++` and `ppo` have
    /// their own.
    pub normalisation: Normalisation,
    /// Discounts of generalised advantage estimation; `ppo` and `webrl` only.
    pub gae: Gae,
    /// Weight of the log-ratios to the reference policy; `dpo` and `webrl` only.
    pub beta: f64,
    /// Probability that a pair is the wrong way round; `dpo` only.
    pub smoothing: f64,
}
