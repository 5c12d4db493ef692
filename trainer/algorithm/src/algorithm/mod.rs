//! Whose deed a reward is: the estimators that a run file can choose among, all
//! with one face. From the rewards of n rollouts of an episode, by session, to an
//! advantage for each rollout in each session, which every token sampled there
//! shares. Plain numbers; local rerolls (equations 13 to 15) are groups of their
//! own and go through [`Normalisation::apply`] alone.

use serde::{Deserialize, Serialize};

use crate::gae::Gae;
use crate::normalise::Normalisation;

/// Who gets credit for what, in `logo.algorithm`. All but `LogoGrpo` are rivals
/// that take no rerolls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Memory-R2's: the rollouts of an episode are compared session by session
    /// (`logo.credit`), and some sessions are rerolled from one state and compared
    /// there.
    LogoGrpo,
    /// Session by session, without rerolls.
    SessionGrpo,
    /// GRPO (Shao et al. 2024): whole trajectories are compared, every session
    /// shares the result.
    Grpo,
    /// GRPO with leave-one-out means and without division by the standard
    /// deviation (RLOO; Ahmadian et al. 2024).
    Rloo,
    /// Whole trajectories, compared over all episodes of a step (REINFORCE++; Hu
    /// et al. 2025).
    #[serde(rename = "reinforce++")]
    ReinforcePlusPlus,
    /// GRPO plus a comparison among those rollouts that entered a session in the
    /// very same state, without rerunning anything (GiGPO; Feng et al. 2025).
    #[serde(rename = "gigpo")]
    GroupInGroup,
    /// PPO with a value head, which foresees what a session and the later ones will
    /// earn, and GAE over sessions (Schulman et al. 2017; Memory-R1's other
    /// algorithm).
    Ppo,
}

impl Algorithm {
    /// Whether sessions are rerolled.
    pub fn rerolls(self) -> bool {
        self == Self::LogoGrpo
    }

    /// Whether a value head learns what sessions lead to.
    pub fn judges(self) -> bool {
        self == Self::Ppo
    }
}

/// What of the final bank's worth a session is credited with, in `logo.credit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credit {
    /// The questions with evidence in it (equations 10 to 12).
    Session,
    /// The mean over it and all later sessions: the reference's `cumulative`.
    Suffix,
    /// The whole trajectory's return.
    Trajectory,
}

/// The rewards of an episode's rollouts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rewards {
    /// By rollout, then session: none where the session has no question.
    pub sessions: Vec<Vec<Option<f64>>>,
    /// Each rollout's return: what the final bank is worth for all questions.
    pub returns: Vec<f64>,
    /// By rollout, then session: a name of the state in which the session was
    /// entered. Only group-in-group looks at it.
    pub states: Vec<Vec<String>>,
    /// By rollout, then session: what the value head thought when it began; none
    /// where the policy said nothing. Only PPO looks at it.
    pub values: Vec<Vec<Option<f64>>>,
}

/// Advantages of an episode's rollouts, and how many groups they come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Credited {
    /// By rollout, then session: none carries no gradient.
    pub advantages: Vec<Vec<Option<f64>>>,
    /// By rollout, then session: what the value head should have thought. Empty but
    /// under PPO.
    pub targets: Vec<Vec<Option<f64>>>,
    /// Groups that had rewards to compare.
    pub groups: u64,
    /// Those of them whose rewards are all equal.
    pub without_variance: u64,
    /// Sessions without a question.
    pub without_question: u64,
}

impl Rewards {
    fn count(&self) -> usize {
        self.sessions.first().map_or(0, Vec::len)
    }

    /// The mean over a session and all later ones that have a question.
    fn suffixes(&self) -> Vec<Vec<Option<f64>>> {
        let one = |rewards: &Vec<Option<f64>>| {
            let (mut sum, mut count) = (0.0, 0.0);
            let mut means: Vec<Option<f64>> = Vec::with_capacity(rewards.len());
            for reward in rewards.iter().rev() {
                if let Some(reward) = reward {
                    sum += reward;
                    count += 1.0;
                }
                means.push((count > 0.0).then(|| sum / count));
            }
            means.reverse();
            means
        };
        self.sessions.iter().map(one).collect()
    }

    /// One group a session, over the rollouts.
    fn by_session(&self, table: &[Vec<Option<f64>>], normalisation: Normalisation) -> Credited {
        let mut credited = self.nothing();
        for session in 0..self.count() {
            let column: Option<Vec<f64>> = table.iter().map(|row| row[session]).collect();
            let Some(column) = column else {
                credited.without_question += 1;
                continue;
            };
            credited.groups += 1;
            match normalisation.apply(&column) {
                None => credited.without_variance += 1,
                Some(advantages) => {
                    for (row, advantage) in credited.advantages.iter_mut().zip(advantages) {
                        row[session] = Some(advantage);
                    }
                }
            }
        }
        credited
    }

    /// One group, of the whole trajectories.
    fn by_return(&self, normalisation: Normalisation) -> Credited {
        let mut credited = self.nothing();
        credited.groups = 1;
        match normalisation.apply(&self.returns) {
            None => credited.without_variance = 1,
            Some(advantages) => {
                for (row, advantage) in credited.advantages.iter_mut().zip(advantages) {
                    row.fill(Some(advantage));
                }
            }
        }
        credited
    }

    /// What rollouts did after the same state, added to what their trajectories
    /// are worth.
    fn by_state(&self, normalisation: Normalisation) -> Credited {
        let mut credited = self.by_return(normalisation);
        let suffixes = self.suffixes();
        let suffix = |rollout: usize, session: usize| suffixes[rollout][session];
        for session in 0..self.count() {
            for group in self.alike(session) {
                let rewards: Option<Vec<f64>> = group
                    .iter()
                    .map(|&rollout| suffix(rollout, session))
                    .collect();
                let Some(rewards) = rewards.filter(|rewards| rewards.len() > 1) else {
                    continue;
                };
                credited.groups += 1;
                let Some(advantages) = normalisation.apply(&rewards) else {
                    credited.without_variance += 1;
                    continue;
                };
                for (rollout, advantage) in group.into_iter().zip(advantages) {
                    *credited.advantages[rollout][session].get_or_insert(0.0) += advantage;
                }
            }
        }
        credited
    }

    /// What each session earned beyond what was foreseen, and what should have been
    /// foreseen. Sessions in which the policy said nothing are nobody's deed.
    fn by_value(&self, gae: Gae) -> Credited {
        let mut credited = self.nothing();
        credited.targets = credited.advantages.clone();
        for (rollout, values) in self.values.iter().enumerate() {
            let spoken: Vec<usize> = (0..values.len()).filter(|s| values[*s].is_some()).collect();
            let rewards: Vec<Option<f64>> = spoken
                .iter()
                .map(|session| self.sessions[rollout][*session])
                .collect();
            let values: Vec<f64> = values.iter().flatten().copied().collect();
            let advantages = gae.advantages(&rewards, &values);
            for ((session, value), advantage) in spoken.into_iter().zip(values).zip(advantages) {
                credited.advantages[rollout][session] = Some(advantage);
                credited.targets[rollout][session] = Some(advantage + value);
            }
        }
        credited
    }

    /// Rollouts by the state in which they entered a session.
    fn alike(&self, session: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (rollout, states) in self.states.iter().enumerate() {
            let same = |group: &&mut Vec<usize>| self.states[group[0]][session] == states[session];
            match groups.iter_mut().find(same) {
                Some(group) => group.push(rollout),
                None => groups.push(vec![rollout]),
            }
        }
        groups
    }

    fn nothing(&self) -> Credited {
        Credited {
            advantages: vec![vec![None; self.count()]; self.sessions.len()],
            ..Credited::default()
        }
    }
}

/// How rewards become advantages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Whose deed a reward is.
    pub algorithm: Algorithm,
    /// What a session is credited with under [`Algorithm::LogoGrpo`].
    pub credit: Credit,
    /// How a group's rewards become advantages; RLOO, REINFORCE++ and PPO have
    /// their own way.
    pub normalisation: Normalisation,
    /// What later sessions count under [`Algorithm::Ppo`].
    pub gae: Gae,
}

impl Rule {
    /// The advantages of a step: one [`Credited`] an episode.
    pub fn apply(&self, episodes: &[Rewards]) -> Vec<Credited> {
        let each = |by: &dyn Fn(&Rewards) -> Credited| episodes.iter().map(by).collect();
        let normalisation = self.normalisation;
        match self.algorithm {
            Algorithm::LogoGrpo => each(&|rewards| match self.credit {
                Credit::Session => rewards.by_session(&rewards.sessions, normalisation),
                Credit::Suffix => rewards.by_session(&rewards.suffixes(), normalisation),
                Credit::Trajectory => rewards.by_return(normalisation),
            }),
            Algorithm::SessionGrpo => {
                each(&|rewards| rewards.by_session(&rewards.sessions, normalisation))
            }
            Algorithm::Grpo => each(&|rewards| rewards.by_return(normalisation)),
            Algorithm::Rloo => each(&|rewards| {
                rewards.by_return(Normalisation {
                    by_std: false,
                    leave_one_out: true,
                })
            }),
            Algorithm::GroupInGroup => each(&|rewards| rewards.by_state(normalisation)),
            Algorithm::ReinforcePlusPlus => over_all(episodes),
            Algorithm::Ppo => judged(episodes, self.gae),
        }
    }
}

/// The returns of all episodes of a step as one group.
fn over_all(episodes: &[Rewards]) -> Vec<Credited> {
    let all: Vec<f64> = episodes
        .iter()
        .flat_map(|rewards| &rewards.returns)
        .copied()
        .collect();
    let advantages = Normalisation::Z_SCORE.apply(&all);
    let mut credited: Vec<Credited> = episodes.iter().map(Rewards::nothing).collect();
    if let Some(first) = credited.first_mut() {
        first.groups = 1;
        first.without_variance = u64::from(advantages.is_none());
    }
    let rows = credited
        .iter_mut()
        .flat_map(|credited| &mut credited.advantages);
    for (row, advantage) in rows.zip(advantages.into_iter().flatten()) {
        row.fill(Some(advantage));
    }
    credited
}

/// What sessions earned beyond what the value head foresaw; all of a step's as one
/// group.
fn judged(episodes: &[Rewards], gae: Gae) -> Vec<Credited> {
    let mut credited: Vec<Credited> = episodes
        .iter()
        .map(|rewards| rewards.by_value(gae))
        .collect();
    let cells = credited.iter().flat_map(|credited| &credited.advantages);
    let surprises: Vec<f64> = cells.flatten().flatten().copied().collect();
    let whitened = Normalisation::Z_SCORE.apply(&surprises);
    if let Some(first) = credited.first_mut() {
        first.groups = 1;
        first.without_variance = u64::from(whitened.is_none());
    }
    let cells = credited
        .iter_mut()
        .flat_map(|credited| &mut credited.advantages);
    let cells = cells.flatten().filter(|cell| cell.is_some());
    let mut whitened = whitened.into_iter().flatten();
    cells.for_each(|cell| *cell = whitened.next());
    credited
}

#[cfg(test)]
mod tests;
