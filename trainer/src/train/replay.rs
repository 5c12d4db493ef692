//! Earlier rollouts that solved their episode, to be trained on again (WebRL, arXiv 2411.02337).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use memloom_algorithm::algorithm::Algorithm;
use memloom_algorithm::rewards::Rewards;
use memloom_engine::model::packing::{Row, Sequence};
use rand::Rng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::config::ReplaySection;
use crate::rollout::Outcome;
use crate::train::batch::{Scored, ScoredRow, free};
use crate::train::credit::DecisionRewards;
use crate::train::decision::Decision;
use crate::train::value_states::State;

/// The file of a checkpoint that has the rollouts.
const FILE: &str = "replay.postcard";

/// An episode of a stage: both numbers from 0.
pub type Place = (usize, u64);

/// The rollouts that are kept: the newest success of each episode.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Replay(BTreeMap<Place, Success>);

/// A rollout that solved its episode.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Success {
    /// Training step in which it was sampled.
    step: u64,
    /// The reward at each decision.
    rewards: DecisionRewards,
    outputs: Vec<Output>,
}

/// An output of a role that learns.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Output {
    decision: Decision,
    role: String,
    prompt: Vec<u32>,
    tokens: Vec<u32>,
    choices: Vec<Option<Vec<u32>>>,
    /// Log-probabilities of its free tokens when it was sampled.
    logprobs: Vec<f32>,
}

impl Replay {
    /// Keeps a rollout that solved its episode. `rewards` are those of its decisions, and `learns`
    /// tells of a role whether it learns.
    pub fn keep(
        &mut self,
        section: &ReplaySection,
        place: Place,
        step: u64,
        outcome: &Outcome,
        rewards: DecisionRewards,
        learns: impl Fn(&str) -> bool,
    ) {
        let mut outputs = Vec::new();
        for step in outcome.steps.iter().filter(|step| learns(&step.role)) {
            let of_step = |(decision, _): &&(Decision, Option<f64>)| decision.holds(step);
            let logprobs: Vec<f32> = free(step).map(|at| step.sample.logprobs[at]).collect();
            let Some((decision, _)) = rewards.iter().find(of_step) else {
                continue;
            };
            if step.question.is_some() || logprobs.is_empty() {
                continue;
            }
            let choices = step.sample.choices.iter();
            outputs.push(Output {
                decision: *decision,
                role: step.role.to_string(),
                prompt: step.prompt.to_vec(),
                tokens: step.sample.tokens.clone(),
                choices: choices
                    .map(|own| own.as_ref().map(|own| own.to_vec()))
                    .collect(),
                logprobs,
            });
        }
        if outputs.is_empty() {
            return;
        }
        let success = Success {
            step,
            rewards,
            outputs,
        };
        self.0.insert(place, success);
        while self.0.len() > section.rollouts {
            let oldest = self
                .0
                .iter()
                .min_by_key(|(place, kept)| (kept.step, **place));
            let oldest = oldest.map(|(place, _)| *place);
            oldest.and_then(|place| self.0.remove(&place));
        }
    }

    /// Draws rollouts with at most `most` outputs in all, of episodes that are not in `present`. Of
    /// those looked at, which have at most twice as many, the probable ones are taken: `logprobs`
    /// gives the present log-probabilities of rows' free tokens.
    pub fn draw(
        &self,
        section: &ReplaySection,
        present: &BTreeSet<Place>,
        most: usize,
        random: &mut impl Rng,
        logprobs: impl FnOnce(&[ScoredRow]) -> Result<Vec<Vec<f32>>>,
    ) -> Result<Vec<&Success>> {
        let others = self.0.iter().filter(|(place, _)| !present.contains(place));
        let mut others: Vec<&Success> = others.map(|(_, success)| success).collect();
        others.shuffle(random);
        let looked_at = up_to(2 * most, others);
        let outputs = looked_at.iter().flat_map(|success| &success.outputs);
        let rows: Vec<ScoredRow> = outputs.map(|output| output.row(0, 0.0)).collect();
        let mut logprobs = logprobs(&rows)?.into_iter();
        let mut probable = Vec::new();
        for success in looked_at {
            let own = logprobs.by_ref().take(success.outputs.len());
            let own: Vec<f64> = own.flatten().map(f64::from).collect();
            let probability = (own.iter().sum::<f64>() / own.len() as f64).exp();
            if probability > section.low && probability <= section.high {
                probable.push(success);
            }
        }
        Ok(up_to(most, probable))
    }

    /// Writes the rollouts into a checkpoint's folder.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let bytes = postcard::to_stdvec(self).context("cannot write the replayed rollouts")?;
        Ok(std::fs::write(folder.join(FILE), bytes)?)
    }

    /// Reads the rollouts of a checkpoint's folder.
    pub fn restore(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let read = || -> Result<Self> { Ok(postcard::from_bytes(&std::fs::read(&path)?)?) };
        read().with_context(|| format!("cannot read {}", path.display()))
    }
}

/// Returns rollouts from the first on, as long as they have at most `most` outputs in all.
fn up_to(most: usize, successes: Vec<&Success>) -> Vec<&Success> {
    let mut outputs = 0;
    let fits = |success: &&Success| {
        outputs += success.outputs.len();
        outputs <= most
    };
    successes.into_iter().take_while(fits).collect()
}

impl Success {
    /// Returns the states of the value head, with values and targets 0. `trajectory` is the rollout's
    /// number within the step.
    pub fn states(&self, trajectory: usize) -> Vec<State> {
        let mut states: Vec<State> = Vec::new();
        for output in &self.outputs {
            if states
                .last()
                .is_some_and(|last| last.decision == output.decision)
            {
                continue;
            }
            states.push(State {
                trajectory,
                decision: output.decision,
                role: output.role.as_str().into(),
                row: Row {
                    prompt: output.prompt.as_slice().into(),
                    completions: Vec::new(),
                },
                value: 0.0,
                target: 0.0,
            });
        }
        states
    }

    /// Returns the rows of the update, and writes the targets of its states, whose values are
    /// predicted.
    pub fn rows(&self, states: &mut [State], algorithm: &dyn Algorithm) -> Vec<ScoredRow> {
        let place = |decision: Decision| self.rewards.iter().position(|(own, _)| *own == decision);
        let mut values = vec![None; self.rewards.len()];
        for state in &*states {
            if let Some(place) = place(state.decision) {
                values[place] = Some(state.value);
            }
        }
        let table = Rewards {
            sessions: vec![self.rewards.iter().map(|(_, reward)| *reward).collect()],
            returns: vec![1.0],
            values: vec![values],
            ..Rewards::default()
        };
        let given = algorithm.advantages(&[table]).remove(0);
        let mut trajectory = 0;
        for state in states {
            trajectory = state.trajectory;
            let target = place(state.decision).and_then(|place| given.value_targets[0][place]);
            state.target = target.unwrap_or(state.value);
        }
        let mut rows = Vec::new();
        for output in &self.outputs {
            let advantage = place(output.decision).and_then(|place| given.sessions[0][place]);
            rows.extend(advantage.map(|advantage| output.row(trajectory, advantage)));
        }
        rows
    }
}

impl Output {
    fn row(&self, trajectory: usize, advantage: f64) -> ScoredRow {
        let choices = self.choices.iter();
        ScoredRow {
            role: self.role.as_str().into(),
            row: Row {
                prompt: self.prompt.as_slice().into(),
                completions: vec![Sequence {
                    tokens: self.tokens.clone(),
                    choices: choices.map(|own| own.as_deref().map(Into::into)).collect(),
                }],
            },
            scored: vec![Scored {
                advantage: advantage as f32,
                group: trajectory as u64,
                trajectory: trajectory as u64,
                sampler_logprobs: self.logprobs.clone(),
            }],
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use memloom_algorithm::{AlgorithmName, Credit, Gae, Normalisation, Settings};
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const SECTION: ReplaySection = ReplaySection {
        share: 2.0,
        low: 0.5,
        high: 0.95,
        rollouts: 1000,
    };

    /// Returns a success with this number of outputs of one free token each, in one task.
    fn success(step: u64, outputs: u32) -> Success {
        let decision = |at: u32| Decision {
            session: 1,
            step: Some(at),
        };
        let output = |at: u32| Output {
            decision: decision(at),
            role: "actor".into(),
            prompt: vec![at],
            tokens: vec![1],
            choices: vec![None],
            logprobs: vec![-0.5],
        };
        Success {
            step,
            rewards: (0..outputs)
                .map(|at| (decision(at), (at + 1 == outputs).then_some(1.0)))
                .collect(),
            outputs: (0..outputs).map(output).collect(),
        }
    }

    /// Returns the steps of the successes that are drawn. `probability` is that of a token by the
    /// number of its row.
    fn drawn(
        replay: &Replay,
        present: &[Place],
        most: usize,
        probability: impl Fn(usize) -> f64,
    ) -> Vec<u64> {
        let logprobs = |rows: &[ScoredRow]| {
            let each = (0..rows.len()).map(|row| vec![probability(row).ln() as f32]);
            Ok(each.collect())
        };
        let present = present.iter().copied().collect();
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let drawn = replay.draw(&SECTION, &present, most, &mut random, logprobs);
        let mut steps: Vec<u64> = drawn.unwrap().into_iter().map(|it| it.step).collect();
        steps.sort_unstable();
        steps
    }

    /// zoo-b 5.8: .5, .51, .95 and .951 are out, in, in and out.
    #[test]
    fn what_is_neither_sure_nor_unlikely_is_replayed() {
        let replay = Replay(BTreeMap::from([((0, 7), success(3, 1))]));
        for (probability, step) in [
            (0.499, None),
            (0.51, Some(3)),
            (0.949, Some(3)),
            (0.951, None),
        ] {
            let found = drawn(&replay, &[], 10, |_| probability);
            assert_eq!(found, Vec::from_iter(step), "{probability}");
        }
        // The mean is geometric: of .9 and .2 it is .42.
        let replay = Replay(BTreeMap::from([((0, 7), success(3, 2))]));
        assert_eq!(drawn(&replay, &[], 10, |row| [0.9, 0.2][row]), [0; 0]);
    }

    #[test]
    fn no_more_outputs_are_replayed_than_asked_for_and_none_of_the_steps_own_episodes() {
        let four = (0..4).map(|at| ((0, at), success(at, 2)));
        let replay = Replay(four.collect());
        assert_eq!(drawn(&replay, &[], 5, |_| 0.7).len(), 2);
        assert_eq!(drawn(&replay, &[], 1, |_| 0.7), [0; 0]);
        let present = [(0, 0), (0, 2), (1, 3)];
        assert_eq!(drawn(&replay, &present, 8, |_| 0.7), [1, 3]);
    }

    /// The values 0.2 and 0.4, and the return 1, under a decay of 0.5.
    #[test]
    fn replayed_outputs_have_advantages_of_their_present_values() {
        let settings = Settings {
            credit: Credit::Session,
            normalisation: Normalisation::Z_SCORE,
            gae: Gae {
                discount: 1.0,
                decay: 0.5,
            },
            beta: 0.1,
            smoothing: 0.0,
        };
        let webrl = AlgorithmName::try_from("webrl".to_owned()).unwrap();
        let algorithm = webrl.build(&settings);
        let success = success(0, 2);
        let mut states = success.states(9);
        assert_eq!(states.len(), 2);
        (states[0].value, states[1].value) = (0.2, 0.4);
        let rows = success.rows(&mut states, &*algorithm);
        let advantages: Vec<f32> = rows.iter().map(|row| row.scored[0].advantage).collect();
        assert_eq!(advantages, [0.5, 0.6]);
        assert!(rows.iter().all(|row| row.scored[0].trajectory == 9));
        assert!(states.iter().all(|state| state.target == 1.0));
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let replay = Replay(BTreeMap::from([
            ((1, 7), success(3, 2)),
            ((0, 2), success(4, 1)),
        ]));
        let folder = tempfile::tempdir().unwrap();
        replay.save(folder.path()).unwrap();
        assert_eq!(Replay::restore(folder.path()).unwrap(), replay);
        let error = Replay::restore(&folder.path().join("none")).unwrap_err();
        assert!(
            format!("{error:#}").contains("replay.postcard"),
            "{error:#}"
        );
    }
}
