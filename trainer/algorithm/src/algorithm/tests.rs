#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const ALL: [Algorithm; 7] = [
    Algorithm::LogoGrpo,
    Algorithm::SessionGrpo,
    Algorithm::Grpo,
    Algorithm::Rloo,
    Algorithm::ReinforcePlusPlus,
    Algorithm::GroupInGroup,
    Algorithm::Ppo,
];

/// Those that compare rollouts with one another, where values play no part.
fn comparing() -> impl Iterator<Item = Algorithm> {
    ALL.into_iter().filter(|algorithm| !algorithm.judges())
}

fn rule(algorithm: Algorithm) -> Rule {
    Rule {
        algorithm,
        credit: Credit::Session,
        normalisation: Normalisation::Z_SCORE,
        gae: Gae {
            discount: 0.99,
            decay: 0.95,
        },
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn assert_close(got: &[Vec<Option<f64>>], want: &Value, what: &str) {
    let want: Vec<Vec<Option<f64>>> = read(want);
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().flatten().zip(want.iter().flatten()) {
        match (got, want) {
            (Some(got), Some(want)) => {
                assert!(
                    (got - want).abs() <= 1e-5 * want.abs().max(1.0),
                    "{what}: {got} instead of {want}"
                );
            }
            (got, want) => assert_eq!(got, want, "{what}"),
        }
    }
}

#[test]
fn advantages_are_the_references() {
    let text = include_str!("../../../../tests/reference/advantages.json");
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(cases.len() > 50);
    for case in cases {
        let estimator: String = read(&case["estimator"]);
        if estimator == "reinforce++" {
            let returns: Vec<Vec<f64>> = read(&case["returns"]);
            let sessions: Vec<usize> = read(&case["sessions"]);
            let episodes: Vec<Rewards> = returns
                .into_iter()
                .zip(sessions)
                .map(|(returns, sessions)| Rewards {
                    sessions: vec![vec![None; sessions]; returns.len()],
                    returns,
                    ..Rewards::default()
                })
                .collect();
            let credited = rule(Algorithm::ReinforcePlusPlus).apply(&episodes);
            for (credited, want) in credited.iter().zip(case["advantages"].as_array().unwrap()) {
                assert_close(&credited.advantages, want, &estimator);
            }
            continue;
        }
        if estimator == "local" {
            let normalisation = Normalisation {
                by_std: read(&case["std"]),
                leave_one_out: read(&case["leave_one_out"]),
            };
            let rewards: Vec<f64> = read(&case["rewards"]);
            let got = normalisation.apply(&rewards);
            let want: Option<Vec<f64>> = read(&case["advantages"]);
            let row = |values: Option<Vec<f64>>| -> Vec<Option<f64>> {
                values.into_iter().flatten().map(Some).collect()
            };
            assert_close(&[row(got)], &serde_json::json!([row(want)]), &estimator);
            continue;
        }
        if estimator == "gae" {
            let gae = Gae {
                discount: read(&case["gamma"]),
                decay: read(&case["lambda"]),
            };
            let values: Vec<f64> = read(&case["values"]);
            let rewards = Rewards {
                sessions: vec![read(&case["rewards"])],
                values: vec![values.iter().copied().map(Some).collect()],
                ..Rewards::default()
            };
            let credited = rewards.by_value(gae);
            let row = |key: &str| serde_json::json!([case[key]]);
            assert_close(&credited.advantages, &row("advantages"), &estimator);
            assert_close(&credited.targets, &row("returns"), &estimator);
            continue;
        }
        if estimator == "whiten" {
            // With what GAE does left out, what is left of PPO's rule is whitening.
            let rewards: Vec<f64> = read(&case["values"]);
            let rewards = Rewards {
                sessions: vec![rewards.iter().copied().map(Some).collect()],
                values: vec![vec![Some(0.0); rewards.len()]],
                ..Rewards::default()
            };
            let mut rule = rule(Algorithm::Ppo);
            rule.gae.discount = 0.0;
            let credited = rule.apply(&[rewards]).remove(0);
            let mut advantages = credited.advantages;
            if credited.without_variance > 0 {
                // The reference masks nothing: equal values become 0.
                advantages[0].iter_mut().for_each(|cell| {
                    assert_eq!(cell.replace(0.0), None);
                });
            }
            assert_close(
                &advantages,
                &serde_json::json!([case["advantages"]]),
                &estimator,
            );
            continue;
        }
        // The loss's tests look at it.
        if estimator == "value-loss" {
            continue;
        }
        let rewards = Rewards {
            sessions: read(&case["rewards"]),
            returns: read(&case["returns"]),
            states: serde_json::from_value(case["names"].clone()).unwrap_or_default(),
            ..Rewards::default()
        };
        let normalisation = Normalisation {
            by_std: read(&case["std"]),
            leave_one_out: read(&case["leave_one_out"]),
        };
        let (algorithm, what) = match estimator.as_str() {
            "trajectory" => (Algorithm::Grpo, Credit::Session),
            "session" => (Algorithm::SessionGrpo, Credit::Session),
            "suffix" => (Algorithm::LogoGrpo, Credit::Suffix),
            "rloo" => (Algorithm::Rloo, Credit::Session),
            "group-in-group" => (Algorithm::GroupInGroup, Credit::Session),
            other => panic!("an estimator called {other}"),
        };
        let rule = Rule {
            credit: what,
            normalisation,
            ..rule(algorithm)
        };
        let credited = rule.apply(&[rewards]);
        assert_close(
            &credited[0].advantages,
            &case["advantages"],
            &format!("{case}"),
        );
    }
}

/// A reward in hundredths: two that differ, differ by far more than what is added
/// to a standard deviation.
fn reward() -> impl Strategy<Value = f64> {
    (-100..100i32).prop_map(|hundredths| f64::from(hundredths) / 100.0)
}

/// Rewards of `n` rollouts over some sessions, some without a question.
fn rewards(n: usize) -> impl Strategy<Value = Rewards> {
    (1..6usize).prop_flat_map(move |sessions| {
        let asked = prop::collection::vec(any::<bool>(), sessions);
        let values = prop::collection::vec(prop::collection::vec(reward(), sessions), n);
        let returns = prop::collection::vec(reward(), n);
        let states = prop::collection::vec(prop::collection::vec("[ab]", sessions), n);
        let foreseen = prop::collection::vec(
            prop::collection::vec(prop::option::of(reward()), sessions),
            n,
        );
        (asked, values, returns, states, foreseen).prop_map(
            |(asked, values, returns, states, foreseen)| {
                let row = |row: Vec<f64>| -> Vec<Option<f64>> {
                    row.into_iter()
                        .zip(&asked)
                        .map(|(value, asked)| asked.then_some(value))
                        .collect()
                };
                Rewards {
                    sessions: values.into_iter().map(row).collect(),
                    returns,
                    states,
                    values: foreseen,
                }
            },
        )
    })
}

fn one(algorithm: Algorithm, rewards: &Rewards) -> Vec<Vec<Option<f64>>> {
    let episodes = std::slice::from_ref(rewards);
    rule(algorithm).apply(episodes).remove(0).advantages
}

proptest! {
    #[test]
    fn shuffling_rollouts_shuffles_advantages(rewards in rewards(5), by in 1..5usize) {
        let mut turned = rewards.clone();
        turned.sessions.rotate_left(by);
        turned.returns.rotate_left(by);
        turned.states.rotate_left(by);
        turned.values.rotate_left(by);
        for algorithm in ALL {
            let mut straight = one(algorithm, &rewards);
            straight.rotate_left(by);
            for (a, b) in straight.iter().flatten().zip(one(algorithm, &turned).iter().flatten()) {
                match (a, b) {
                    (Some(a), Some(b)) => prop_assert!((a - b).abs() < 1e-9),
                    (a, b) => prop_assert_eq!(a, b),
                }
            }
        }
    }

    #[test]
    fn a_session_s_advantages_sum_to_zero(rewards in rewards(4)) {
        for algorithm in comparing() {
            let advantages = one(algorithm, &rewards);
            for session in 0..advantages[0].len() {
                let column: Option<Vec<f64>> = advantages.iter().map(|row| row[session]).collect();
                if let Some(column) = column {
                    prop_assert!(column.iter().sum::<f64>().abs() < 1e-6, "{algorithm:?}");
                }
            }
        }
    }

    #[test]
    fn scaling_rewards_changes_nothing_where_the_std_divides(rewards in rewards(4), scale in 1.0..50.0f64) {
        let mut scaled = rewards.clone();
        scaled.sessions.iter_mut().flatten().flatten().for_each(|reward| *reward *= scale);
        scaled.returns.iter_mut().for_each(|value| *value *= scale);
        for algorithm in comparing().filter(|algorithm| *algorithm != Algorithm::Rloo) {
            for (a, b) in one(algorithm, &rewards).iter().flatten().zip(one(algorithm, &scaled).iter().flatten()) {
                if let (Some(a), Some(b)) = (a, b) {
                    prop_assert!((a - b).abs() < 1e-2 * a.abs().max(1.0), "{algorithm:?}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn sessions_without_a_question_carry_nothing_and_are_counted() {
    let rewards = Rewards {
        sessions: vec![
            vec![Some(1.0), None, Some(0.5)],
            vec![Some(0.0), None, Some(0.5)],
        ],
        returns: vec![1.0, 0.0],
        states: vec![vec!["a".into(); 3]; 2],
        ..Rewards::default()
    };
    let episodes = [rewards];
    let credited = rule(Algorithm::LogoGrpo).apply(&episodes);
    let row = &credited[0].advantages[0];
    assert!(row[0].unwrap() > 0.7 && row[1].is_none() && row[2].is_none());
    assert_eq!(
        (
            credited[0].groups,
            credited[0].without_variance,
            credited[0].without_question
        ),
        (2, 1, 1)
    );
}

#[test]
fn what_was_foreseen_earns_nothing_and_silence_is_nobody_s_deed() {
    let rewards = Rewards {
        sessions: vec![vec![Some(0.5), Some(9.0), Some(0.25)]],
        // Says nothing in the second session.
        values: vec![vec![Some(0.75), None, Some(0.25)]],
        ..Rewards::default()
    };
    let credited = rewards.by_value(Gae {
        discount: 1.0,
        decay: 0.5,
    });
    assert_eq!(credited.advantages, [[Some(0.0), None, Some(0.0)]]);
    assert_eq!(credited.targets, [[Some(0.75), None, Some(0.25)]]);
}
