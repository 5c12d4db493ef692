#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use memloom_algorithm::reward::BankWords;
use memloom_algorithm::{AlgorithmName, Credit, Gae, Normalisation, Rewards, Settings};
use memloom_engine::generation::{FinishReason, Sample};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::rollout::batcher::RolloutId;
use crate::rollout::outcome::{RolloutCounts, RolloutResult};
use crate::train::credit::Unit;
use crate::train::decision::Decision;
use crate::train::value_states;

/// Returns a step with this number of free tokens. Its prompt is one token.
fn step(session: u32, prompt: u32, free: usize) -> Step {
    Step {
        session,
        step: 0,
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

fn earned(outcome: usize, session: u32, advantage: f64) -> Earned {
    Earned {
        outcome,
        unit: Unit::Decision(Decision::session(session)),
        group: 0,
        advantage,
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
            shaped: BTreeMap::new(),
            spent: BTreeMap::new(),
            guest_seconds: 0.0,
        },
    }
}

fn random() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
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
            beta: 0.1,
            smoothing: 0.0,
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
        let given: Vec<Earned> = advantages
            .iter()
            .enumerate()
            .map(|(number, advantage)| earned(number, 1, *advantage))
            .collect();
        let outcomes: Vec<Outcome> = trajectories
            .iter()
            .enumerate()
            .map(|(number, (chunks, _))| {
                let steps = chunks.iter().map(|(prompt, free)| step(1, *prompt, *free));
                outcome(number, steps.collect())
            })
            .collect();
        let rows = rows(&outcomes, &given, Choosing::default(), &mut random()).unwrap();
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
    let states = value_states::states(&[outcome(0, steps)], |_, _| false);
    let found: Vec<(u32, &[u32])> = states
        .iter()
        .map(|state| (state.decision.session, &*state.row.prompt))
        .collect();
    assert_eq!(found, [(1, &[2][..])]);
}

#[test]
fn each_output_of_a_task_has_a_state_of_its_own() {
    let at = |session, number| Step {
        step: number,
        ..step(session, 10 * session + number, 3)
    };
    let steps = vec![at(1, 0), at(1, 1), at(2, 0), at(2, 1), at(2, 2)];
    let states = value_states::states(&[outcome(0, steps)], |_, session| session == 2);
    let found: Vec<(u32, Option<u32>, u32)> = states
        .iter()
        .map(|state| {
            let Decision { session, step } = state.decision;
            (session, step, state.row.prompt[0])
        })
        .collect();
    let want = [
        (1, None, 10),
        (2, Some(0), 20),
        (2, Some(1), 21),
        (2, Some(2), 22),
    ];
    assert_eq!(found, want);
}

#[test]
fn a_log_probability_that_is_no_number_is_named() {
    let mut bad = step(3, 1, 2);
    bad.sample.logprobs[1] = f32::NAN;
    let outcomes = [outcome(0, vec![step(3, 1, 1)]), outcome(1, vec![bad])];
    let error = rows(
        &outcomes,
        &[earned(0, 3, 1.0), earned(1, 3, -1.0)],
        Choosing::default(),
        &mut random(),
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

/// Returns the number of trained steps of each of these rollouts of one episode, each as the
/// advantage of its steps and their number.
fn trained(rollouts: &[(f64, usize)], choosing: Choosing<'_>, seed: u64) -> Vec<usize> {
    let numbered = || rollouts.iter().enumerate();
    let outcomes: Vec<Outcome> = numbered()
        .map(|(number, (_, steps))| {
            let steps = (0..*steps).map(|at| step(1, (10 * number + at) as u32, 1));
            outcome(number, steps.collect())
        })
        .collect();
    let given: Vec<Earned> = numbered()
        .map(|(number, (advantage, _))| earned(number, 1, *advantage))
        .collect();
    let random = &mut ChaCha8Rng::seed_from_u64(seed);
    let rows = rows(&outcomes, &given, choosing, random).unwrap();
    let mut counts = vec![0; rollouts.len()];
    for scored in rows.iter().flat_map(|row| &row.scored) {
        counts[scored.trajectory as usize] += 1;
    }
    counts
}

#[test]
fn steps_are_dealt_in_rounds_one_of_each_trajectory() {
    let rollouts = [(1.0, 1), (1.0, 2), (-1.0, 5)];
    let choosing = Choosing {
        most_steps: Some(6),
        ..Choosing::default()
    };
    for seed in 0..20 {
        assert_eq!(trained(&rollouts, choosing, seed), [1, 2, 3]);
    }
    assert_eq!(trained(&rollouts, Choosing::default(), 1), [1, 2, 5]);
    let two = Choosing {
        most_steps: Some(2),
        ..choosing
    };
    let hands: BTreeSet<Vec<usize>> = (0..20).map(|seed| trained(&rollouts, two, seed)).collect();
    assert!(hands.len() > 1 && hands.iter().all(|hand| hand.iter().sum::<usize>() == 2));
}

#[test]
fn steps_with_a_small_advantage_are_left_out() {
    let choosing = Choosing {
        least_advantage: 0.25,
        ..Choosing::default()
    };
    let rollouts = [(0.25, 2), (-0.1, 3), (-0.9, 1)];
    assert_eq!(trained(&rollouts, choosing, 1), [2, 0, 1]);
    // zoo-b 5.6: LOOP leaves out what is nearer to the others than .01.
    let choosing = Choosing {
        least_advantage: 0.01,
        ..Choosing::default()
    };
    let rollouts = [(-0.004, 1), (-0.004, 1), (0.02, 2)];
    assert_eq!(trained(&rollouts, choosing, 1), [0, 0, 2]);
}

#[test]
fn only_whole_pairs_are_trained_on() {
    let choosing = Choosing {
        pairs: true,
        ..Choosing::default()
    };
    // A member beside the pair has a sign of 0.
    assert_eq!(
        trained(&[(1.0, 2), (0.0, 3), (-1.0, 1)], choosing, 1),
        [2, 0, 1]
    );
    // The rejected member put out nothing.
    assert_eq!(
        trained(&[(1.0, 2), (0.0, 3), (-1.0, 0)], choosing, 1),
        [0, 0, 0]
    );
}
