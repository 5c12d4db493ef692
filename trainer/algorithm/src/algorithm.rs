//! The interface of an algorithm: rewards in, advantages out.

use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use crate::gae::Gae;
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

    /// Returns the loss that advantages go into. By default the clipped objective.
    fn loss(&self) -> LossKind {
        LossKind::Clipped
    }

    /// Returns the advantages of a step: one [`Advantages`] for each of its episodes, in
    /// their order.
    fn advantages(&self, episodes: &[Rewards]) -> Vec<Advantages>;

    /// Returns one advantage for each member of a group that began alike: the rerolls of a session,
    /// or the answers to a question. None says that the rewards are equal.
    fn group_advantages(&self, rewards: &[f64]) -> Option<Vec<f64>>;
}

/// A loss that advantages go into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossKind {
    /// The clipped objective, [`loss::policy_loss`](crate::loss::policy_loss).
    Clipped,
    /// That of pairs, [`loss::preference`](crate::loss::preference): in each group an advantage above
    /// 0 marks the chosen member, one below 0 the rejected one.
    Preference,
    /// That of log-ratios that should be the advantages, [`loss::regression`](crate::loss::regression).
    Regression,
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
    /// Discounts of generalised advantage estimation; `ppo` only.
    pub gae: Gae,
}
