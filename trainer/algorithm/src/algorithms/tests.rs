#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use serde_json::Value;

use super::ppo::by_value;
use super::*;
use crate::algorithm::Credit;
use crate::gae::Gae;
use crate::loss::LogRatioLoss;
use crate::loss::preference::Preference;
use crate::loss::regression::Regression;
use crate::normalise::Normalisation;
use crate::reward::session_score;
use crate::rewards::{Advantages, Rewards};

/// The defaults of a run file, but for `discount`.
pub(super) const SETTINGS: Settings = Settings {
    credit: Credit::Session,
    normalisation: Normalisation::Z_SCORE,
    gae: Gae {
        discount: 0.99,
        decay: 0.95,
    },
    beta: 0.3,
    smoothing: 0.1,
};

/// The loss of pairs under these.
const PREFERENCE: Preference = Preference {
    beta: 0.3,
    smoothing: 0.1,
};

pub(super) fn build(name: &str, settings: &Settings) -> Box<dyn Algorithm> {
    AlgorithmName::try_from(name.to_owned())
        .unwrap()
        .build(settings)
}

/// The algorithms that compare rollouts with one another, without a value head or pairs.
fn comparing() -> impl Iterator<Item = AlgorithmName> {
    let plain = |name: &AlgorithmName| {
        let algorithm = name.build(&SETTINGS);
        !algorithm.needs_critic() && algorithm.log_ratio_loss().is_none()
    };
    AlgorithmName::all().filter(plain)
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
        match case["estimator"].as_str().unwrap() {
            "reinforce++" => assert_reinforce_plus_plus(&case),
            "local" => assert_local(&case),
            "gae" => assert_gae(&case),
            "whiten" => assert_whitening(&case),
            "pair" => assert_pair(&case),
            // The losses' tests look at them.
            "value-loss" | "preference" => {}
            _ => assert_comparison(&case),
        }
    }
}

fn assert_pair(case: &Value) {
    let rewards: Vec<f64> = read(&case["rewards"]);
    let want: Option<Vec<f64>> = read(&case["advantages"]);
    assert_eq!(build("dpo", &SETTINGS).group_advantages(&rewards), want);
}

fn normalisation(case: &Value) -> Normalisation {
    Normalisation {
        by_std: read(&case["std"]),
        leave_one_out: read(&case["leave_one_out"]),
    }
}

fn assert_reinforce_plus_plus(case: &Value) {
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
    let credited = build("reinforce++", &SETTINGS).advantages(&episodes);
    let want = case["advantages"].as_array().unwrap();
    assert_eq!(credited.len(), want.len());
    for (credited, want) in credited.iter().zip(want) {
        assert_close(&credited.sessions, want, "reinforce++");
    }
}

fn assert_local(case: &Value) {
    let rewards: Vec<f64> = read(&case["rewards"]);
    let got = normalisation(case).apply(&rewards);
    let want: Option<Vec<f64>> = read(&case["advantages"]);
    let row = |values: Option<Vec<f64>>| -> Vec<Option<f64>> {
        values.into_iter().flatten().map(Some).collect()
    };
    assert_close(&[row(got)], &serde_json::json!([row(want)]), "local");
}

fn assert_gae(case: &Value) {
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
    let credited = by_value(&rewards, gae);
    let row = |key: &str| serde_json::json!([case[key]]);
    assert_close(&credited.sessions, &row("advantages"), "gae");
    assert_close(&credited.value_targets, &row("returns"), "gae");
}

/// PPO with what GAE does left out is whitening.
fn assert_whitening(case: &Value) {
    let rewards: Vec<f64> = read(&case["values"]);
    let rewards = Rewards {
        sessions: vec![rewards.iter().copied().map(Some).collect()],
        values: vec![vec![Some(0.0); rewards.len()]],
        ..Rewards::default()
    };
    let mut settings = SETTINGS;
    settings.gae.discount = 0.0;
    let credited = build("ppo", &settings).advantages(&[rewards]).remove(0);
    let mut advantages = credited.sessions;
    if credited.without_variance > 0 {
        // The reference masks nothing: equal values become 0.
        advantages[0].iter_mut().for_each(|cell| {
            assert_eq!(cell.replace(0.0), None);
        });
    }
    let want = serde_json::json!([case["advantages"]]);
    assert_close(&advantages, &want, "whiten");
}

fn assert_comparison(case: &Value) {
    let rewards = Rewards {
        sessions: read(&case["rewards"]),
        returns: read(&case["returns"]),
        states: by_session(serde_json::from_value(case["names"].clone()).unwrap_or_default()),
        ..Rewards::default()
    };
    let (name, credit) = match case["estimator"].as_str().unwrap() {
        "trajectory" => ("grpo", Credit::Session),
        "session" => ("session-grpo", Credit::Session),
        "suffix" => ("logo-grpo", Credit::Suffix),
        "rloo" => ("rloo", Credit::Session),
        "group-in-group" => ("gigpo", Credit::Session),
        other => panic!("an estimator called {other}"),
    };
    let settings = Settings {
        credit,
        normalisation: normalisation(case),
        ..SETTINGS
    };
    let credited = build(name, &settings).advantages(&[rewards]);
    let what = case.to_string();
    assert_close(&credited[0].sessions, &case["advantages"], &what);
}

/// Makes the names of states differ between sessions.
fn by_session(names: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let named = |names: Vec<String>| {
        let numbered = names.into_iter().enumerate();
        numbered.map(|(at, name)| format!("{at}:{name}")).collect()
    };
    names.into_iter().map(named).collect()
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
                    states: by_session(states),
                    values: foreseen,
                }
            },
        )
    })
}

fn one(name: AlgorithmName, rewards: &Rewards) -> Vec<Vec<Option<f64>>> {
    let episodes = std::slice::from_ref(rewards);
    let mut given: Vec<Advantages> = name.build(&SETTINGS).advantages(episodes);
    given.remove(0).sessions
}

proptest! {
    #[test]
    fn shuffling_rollouts_shuffles_advantages(rewards in rewards(5), by in 1..5usize) {
        let mut turned = rewards.clone();
        turned.sessions.rotate_left(by);
        turned.returns.rotate_left(by);
        turned.states.rotate_left(by);
        turned.values.rotate_left(by);
        // Of equals, a pair takes the first.
        for algorithm in AlgorithmName::all().filter(|name| name.as_str() != "dpo") {
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
        for algorithm in comparing().filter(|name| name.as_str() != "rloo") {
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
        states: by_session(vec![vec!["a".into(); 3]; 2]),
        ..Rewards::default()
    };
    let episodes = [rewards];
    let credited = build("logo-grpo", &SETTINGS).advantages(&episodes);
    let row = &credited[0].sessions[0];
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
fn a_predicted_reward_gives_no_advantage_and_a_silent_session_has_none() {
    let rewards = Rewards {
        sessions: vec![vec![Some(0.5), Some(9.0), Some(0.25)]],
        // Says nothing in the second session.
        values: vec![vec![Some(0.75), None, Some(0.25)]],
        ..Rewards::default()
    };
    let gae = Gae {
        discount: 1.0,
        decay: 0.5,
    };
    let credited = by_value(&rewards, gae);
    assert_eq!(credited.sessions, [[Some(0.0), None, Some(0.0)]]);
    assert_eq!(credited.value_targets, [[Some(0.75), None, Some(0.25)]]);
}

#[test]
fn a_name_that_no_algorithm_has_is_refused_with_those_that_there_are() {
    let error = AlgorithmName::try_from("groop".to_owned()).unwrap_err();
    assert_eq!(
        error,
        "there is no algorithm \"groop\"; there are: logo-grpo, local-grpo, session-grpo, grpo, \
         rloo, reinforce++, gigpo, ppo, dpo, webrl"
    );
}

#[test]
fn rerolls_a_critic_state_names_and_losses_are_for_those_that_need_them() {
    for name in AlgorithmName::all() {
        let algorithm = name.build(&SETTINGS);
        let needs = (
            algorithm.needs_rerolls(),
            algorithm.needs_critic(),
            algorithm.needs_state_names(),
            algorithm.log_ratio_loss(),
        );
        let expected = match name.as_str() {
            "logo-grpo" | "local-grpo" => (true, false, false, None),
            "ppo" => (false, true, false, None),
            "gigpo" => (false, false, true, None),
            "dpo" => (
                true,
                false,
                false,
                Some(LogRatioLoss::Preference(PREFERENCE)),
            ),
            "webrl" => (
                false,
                true,
                false,
                Some(LogRatioLoss::Regression(Regression { beta: 0.3 })),
            ),
            _ => (false, false, false, None),
        };
        assert_eq!(needs, expected, "{}", name.as_str());
        let group = algorithm.group_advantages(&[1.0, 0.0]);
        assert!(group.is_some_and(|group| group[0] > 0.0 && group[1] < 0.0));
        assert_eq!(algorithm.group_advantages(&[1.0, 1.0]), None);
        let compares = name.as_str() != "local-grpo";
        assert_eq!(algorithm.needs_rollouts(), compares);
    }
}

/// zoo-b T1 and T2: a tour (1), a report (2), a hunt (3) and a search (4), of which four of eight
/// rollouts kept the report and find the lamp.
#[test]
fn a_task_credits_the_sessions_whose_memory_it_needed() {
    let rollout = |keeps: bool| {
        let found = f64::from(u8::from(keeps));
        let tasks: [(f64, &[u32]); 2] = [(1.0, &[1, 3]), (found, &[1, 2, 4])];
        (1..=4)
            .map(|session| session_score(&tasks, session))
            .collect::<Vec<_>>()
    };
    let table = Rewards {
        sessions: (0..8).map(|number| rollout(number < 4)).collect(),
        ..Rewards::default()
    };
    let sums = table.sessions[7].clone();
    assert_eq!(sums, [Some(0.5), Some(0.0), Some(1.0), Some(0.0)]);
    let credited = build("logo-grpo", &SETTINGS).advantages(&[table]).remove(0);
    for (number, advantages) in credited.sessions.iter().enumerate() {
        let sign = if number < 4 { 1.0 } else { -1.0 };
        for session in [1, 2, 4] {
            let advantage = advantages[session - 1].unwrap();
            assert!((advantage - sign * 0.935).abs() < 1e-3, "{advantage}");
        }
        assert_eq!(advantages[2], None);
    }
}

/// zoo-a T2: four answers from one bank, of which one is right.
#[test]
fn answers_from_one_bank_are_compared_with_each_other() {
    let settings = Settings {
        normalisation: Normalisation {
            by_std: false,
            leave_one_out: false,
        },
        ..SETTINGS
    };
    let advantages = build("logo-grpo", &settings).group_advantages(&[1.0, 0.0, 0.0, 0.0]);
    assert_eq!(advantages.unwrap(), [0.75, -0.25, -0.25, -0.25]);
}

/// zoo-a T1: two sessions paying .5 and -.1, and a rollout that stops at once.
#[test]
fn returns_of_two_rollouts_are_one_deviation_apart() {
    let table = Rewards {
        returns: vec![0.2, 0.0],
        sessions: vec![vec![Some(0.2)], vec![Some(0.0)]],
        ..Rewards::default()
    };
    let credited = build("grpo", &SETTINGS).advantages(&[table]).remove(0);
    let advantages: Vec<f64> = credited.sessions.iter().map(|s| s[0].unwrap()).collect();
    for (advantage, wanted) in advantages.iter().zip([0.5f64.sqrt(), -(0.5f64.sqrt())]) {
        assert!((advantage - wanted).abs() < 1e-3, "{advantage}");
    }
}

#[test]
fn group_in_group_compares_a_task_s_turns_in_the_same_state() {
    // Two rollouts of one task. The first meets the state `hall` twice, the second once, at another
    // turn.
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rewards = Rewards {
        sessions: vec![vec![None, None, Some(1.0)], vec![None, Some(0.0)]],
        returns: vec![1.0, 0.0],
        states: vec![names(&["start", "hall", "hall"]), names(&["start", "hall"])],
        ..Rewards::default()
    };
    let settings = Settings {
        normalisation: Normalisation {
            by_std: false,
            leave_one_out: false,
        },
        ..SETTINGS
    };
    let credited = build("gigpo", &settings).advantages(&[rewards]).remove(0);
    let third = 1.0 / 3.0;
    let want = [
        vec![0.5 + 0.5, 0.5 + third, 0.5 + third],
        vec![-0.5 - 0.5, -0.5 - 2.0 * third],
    ];
    for (row, want) in credited.sessions.iter().zip(want) {
        let found: Vec<f64> = row.iter().flatten().copied().collect();
        assert_eq!(found.len(), want.len());
        for (found, want) in found.iter().zip(want) {
            assert!((found - want).abs() < 1e-12, "{found} {want}");
        }
    }
}

#[test]
fn ppo_judges_each_turn_of_a_task() {
    // gamma = 1, lambda = 1: an advantage is the return less the value.
    let rewards = Rewards {
        sessions: vec![vec![None, None, Some(1.0)], vec![Some(0.0)]],
        returns: vec![1.0, 0.0],
        values: vec![vec![Some(0.25), Some(0.5), Some(0.75)], vec![Some(0.25)]],
        ..Rewards::default()
    };
    let gae = Gae {
        discount: 1.0,
        decay: 1.0,
    };
    let given = ppo::by_value(&rewards, gae);
    assert_eq!(
        given.sessions,
        [vec![Some(0.75), Some(0.5), Some(0.25)], vec![Some(-0.25)]]
    );
    assert_eq!(given.value_targets[0], [Some(1.0); 3]);
}

/// zoo-a 4.7: two rollouts of two chunks.
#[test]
fn outputs_are_compared_with_all_outputs_of_an_episode() {
    let output = |reward: f64, words: f64, accepted: f64, judged: f64| {
        Some(reward + accepted + 0.05 * (1.0 - words) + 0.1 * judged)
    };
    let rewards = Rewards {
        sessions: vec![
            vec![output(0.5, 0.2, 1.0, 1.0), output(0.5, 0.2, 0.5, 0.0)],
            vec![output(1.0, 0.4, 0.0, 0.5), output(1.0, 0.4, 1.0, 1.0)],
        ],
        returns: vec![0.5, 1.0],
        ..Rewards::default()
    };
    let settings = Settings {
        credit: Credit::Step,
        ..SETTINGS
    };
    let credited = build("logo-grpo", &settings)
        .advantages(&[rewards])
        .remove(0);
    let found: Vec<f64> = credited
        .sessions
        .iter()
        .flatten()
        .flatten()
        .copied()
        .collect();
    for (found, want) in found.iter().zip([0.3241, -0.8368, -0.7594, 1.2721]) {
        assert!((found - want).abs() < 1e-4, "{found} {want}");
    }
    assert_eq!((found.len(), credited.groups), (4, 1));
}
