//! The table that an algorithm reads and the table that it fills.

/// The rewards of an episode's n rollouts. Every table is indexed by rollout, then session. For an
/// algorithm with a critic or with names of states, a task has a place for each of its outputs: the
/// last one has the session's reward, and rollouts may differ in length. For one that weighs outputs
/// every output has a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewards {
    /// Reward of each session; None where the session has no question.
    pub sessions: Vec<Vec<Option<f64>>>,
    /// Return of each rollout: the final bank's reward over all questions.
    pub returns: Vec<f64>,
    /// Name of the state in which each session was entered. States of different sessions have
    /// different names. Empty unless [`needs_state_names`](crate::Algorithm::needs_state_names) is true.
    pub states: Vec<Vec<String>>,
    /// Value head's prediction at the start of each session; None where the policy sampled
    /// nothing. Empty unless [`needs_critic`](crate::Algorithm::needs_critic) is true.
    pub values: Vec<Vec<Option<f64>>>,
}

impl Rewards {
    /// Returns the number of sessions.
    pub fn session_count(&self) -> usize {
        self.sessions.first().map_or(0, Vec::len)
    }
}

/// The advantages of an episode's rollouts, and counts of the groups that they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advantages {
    /// Advantage of every token that a rollout sampled in a session, by rollout, then
    /// session. None carries no gradient.
    pub sessions: Vec<Vec<Option<f64>>>,
    /// Targets of the value head, by rollout, then session. Empty unless
    /// [`needs_critic`](crate::Algorithm::needs_critic) is true.
    pub value_targets: Vec<Vec<Option<f64>>>,
    /// Groups that had rewards to compare.
    pub groups: u64,
    /// Groups whose rewards are all equal.
    pub without_variance: u64,
    /// Sessions without a question.
    pub without_question: u64,
}

impl Advantages {
    /// Returns a table of the shape of `rewards` in which no session has an advantage.
    pub fn none(rewards: &Rewards) -> Self {
        Self {
            sessions: rewards
                .sessions
                .iter()
                .map(|row| vec![None; row.len()])
                .collect(),
            ..Self::default()
        }
    }
}
