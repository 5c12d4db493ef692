#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_algorithm::reward::BankWords;
use memloom_algorithm::{AlgorithmName, Credit, Gae, Normalisation, Rewards, Settings};
use memloom_engine::generation::{FinishReason, Sample};
use proptest::prelude::*;

use super::*;
use crate::rollout::batcher::RolloutId;
use crate::rollout::outcome::{RolloutCounts, RolloutResult};
use crate::train::value_states;

/// Returns a step with this number of free tokens. Its prompt is one token.
fn step(session: u32, prompt: u32, free: usize) -> Step {
    Step {
        session,
        role: "extractor".into(),
        prompt: [prompt].into(),
        question: None,
        temperature: None,
        sample: Sample {
            tokens: vec![1; free],
            logprobs: vec![-0.5; free],
            choices: vec![None; free],
            finish: FinishReason::Stop,
        },
    }
}

fn outcome(rollout: usize, steps: Vec<Step>) -> Outcome {
    Outcome {
        id: RolloutId {
            episode: 0,
            rollout,
            reroll: None,
        },
        steps,
        states: Vec::new(),
        points: Default::default(),
        result: RolloutResult {
            lived: 1,
            scores: Vec::new(),
            answers: Vec::new(),
            dropped: BTreeMap::new(),
            words: BankWords::default(),
            evidence: Default::default(),
            counts: RolloutCounts::default(),
            guest_seconds: 0.0,
        },
    }
}

/// Returns a strategy for a session's steps: a prompt out of a few and a number of free
/// tokens for each.
fn chunks() -> impl Strategy<Value = Vec<(u32, usize)>> {
    prop::collection::vec((0..3u32, 1..200usize), 1..6)
}

proptest! {
    #[test]
    fn rows_hold_each_step_once_with_its_trajectory_s_advantage_among_trajectories(
        trajectories in prop::collection::vec((chunks(), -1.0..1.0f64), 2..6),
    ) {
        let rewards: Vec<f64> = trajectories.iter().map(|(_, reward)| *reward).collect();
        let table = Rewards {
            sessions: rewards.iter().map(|reward| vec![Some(*reward)]).collect(),
            ..Rewards::default()
        };
        let settings = Settings {
            credit: Credit::Session,
            normalisation: Normalisation::Z_SCORE,
            gae: Gae { discount: 1.0, decay: 1.0 },
        };
        let algorithm = AlgorithmName::LOGO_GRPO.build(&settings);
        let credited = algorithm.advantages(&[table]).remove(0).sessions;
        let advantages: Vec<f64> = credited.iter().map(|sessions| sessions[0].unwrap()).collect();
        // Each trajectory counts once in the mean and the deviation, however many steps it has.
        let count = advantages.len() as f64;
        prop_assert!(advantages.iter().sum::<f64>().abs() < 1e-9 * count);
        let squares: f64 = advantages.iter().map(|advantage| advantage * advantage).sum();
        let scale = (squares / count).sqrt();
        prop_assert!((0.5..1.01).contains(&scale), "{}", scale);
        let given: Vec<(usize, Unit, f64)> = advantages
            .iter()
            .enumerate()
            .map(|(number, advantage)| (number, Unit::Session(1), *advantage))
            .collect();
        let outcomes: Vec<Outcome> = trajectories
            .iter()
            .enumerate()
            .map(|(number, (chunks, _))| {
                let steps = chunks.iter().map(|(prompt, free)| step(1, *prompt, *free));
                outcome(number, steps.collect())
            })
            .collect();
        let rows = rows(&outcomes, &given, None, false).unwrap();
        let mut found: Vec<Vec<usize>> = vec![Vec::new(); trajectories.len()];
        for row in &rows {
            prop_assert_eq!(row.row.completions.len(), row.scored.len());
            for (scored, completion) in row.scored.iter().zip(&row.row.completions) {
                let number = scored.trajectory as usize;
                prop_assert_eq!(scored.advantage, advantages[number] as f32);
                prop_assert_eq!(scored.sampler_logprobs.len(), completion.tokens.len());
                found[number].push(scored.sampler_logprobs.len());
            }
        }
        for (found, (chunks, _)) in found.iter_mut().zip(&trajectories) {
            let mut lengths: Vec<usize> = chunks.iter().map(|(_, free)| *free).collect();
            lengths.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(&*found, &lengths);
        }
    }
}

#[test]
fn a_prompt_that_overflowed_is_no_state_of_the_value_head() {
    let overflow = |session| {
        let mut step = step(session, 7, 0);
        step.sample.finish = FinishReason::Overflow;
        step
    };
    let steps = vec![overflow(1), step(1, 2, 3), step(1, 3, 3), overflow(2)];
    let states = value_states::states(&[outcome(0, steps)]);
    let found: Vec<(u32, &[u32])> = states
        .iter()
        .map(|state| (state.session, &*state.row.prompt))
        .collect();
    assert_eq!(found, [(1, &[2][..])]);
}

#[test]
fn a_log_probability_that_is_no_number_is_named() {
    let mut bad = step(3, 1, 2);
    bad.sample.logprobs[1] = f32::NAN;
    let outcomes = [outcome(0, vec![step(3, 1, 1)]), outcome(1, vec![bad])];
    let error = rows(
        &outcomes,
        &[(0, Unit::Session(3), 1.0), (1, Unit::Session(3), -1.0)],
        None,
        false,
    );
    assert_eq!(
        format!("{:#}", error.err().unwrap()),
        "rollout 1: a log-probability in session 3 is NaN"
    );
}

#[test]
fn a_question_that_one_rollout_lost_counts_for_none_of_its_episode() {
    let score = |reward| {
        Some(memloom_runtime::types::Score {
            reward,
            metrics: Vec::new(),
        })
    };
    let with_scores = |episode, rollout| {
        let mut outcome = outcome(rollout, Vec::new());
        outcome.id.episode = episode;
        outcome.result.scores = vec![score(0.5), score(1.0), None];
        outcome.result.answers = vec![Vec::new(); 3];
        outcome
    };
    let mut outcomes = [with_scores(0, 0), with_scores(0, 1), with_scores(1, 0)];
    outcomes[1].result.scores[1] = None;
    outcomes[1].result.dropped.insert(1, "down".into());
    let dropped = crate::rollout::drop_together(&mut outcomes);
    assert_eq!(dropped, BTreeMap::from([((0, 1), "down".into())]));
    let kept = outcomes.map(|outcome| {
        let scores = outcome.result.scores.iter();
        scores.map(Option::is_some).collect::<Vec<_>>()
    });
    assert_eq!(
        kept,
        [
            vec![true, false, false],
            vec![true, false, false],
            vec![true, true, false]
        ]
    );
}
