//! Values that the publications of DPO, WebRL and LOOP lead to.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::tests::{SETTINGS, build};
use crate::algorithm::Settings;
use crate::gae::Gae;
use crate::rewards::Rewards;

/// zoo-b 5.16: the first of the best, and the first of the worst.
#[test]
fn a_pair_is_the_first_of_the_best_and_the_first_of_the_worst() {
    let dpo = build("dpo", &SETTINGS);
    let signs = dpo.group_advantages(&[0.1, 0.9, 0.9, 0.4]).unwrap();
    assert_eq!(signs, [-1.0, 1.0, 0.0, 0.0]);
    assert_eq!(dpo.group_advantages(&[0.5; 3]), None);
    let rewards = Rewards {
        sessions: vec![
            vec![Some(0.1), Some(0.5), None],
            vec![Some(0.9), Some(0.5), None],
        ],
        returns: vec![0.3, 0.7],
        ..Rewards::default()
    };
    let given = dpo.advantages(&[rewards]).remove(0);
    assert_eq!(
        given.sessions,
        [[Some(-1.0), None, None], [Some(1.0), None, None]]
    );
    assert_eq!(
        (given.groups, given.without_variance, given.without_question),
        (2, 1, 1)
    );
}

/// zoo-b 5.8: between the prediction of the next value and the return.
#[test]
fn webrl_mixes_the_next_value_with_the_return() {
    let settings = Settings {
        gae: Gae {
            discount: 1.0,
            decay: 0.5,
        },
        ..SETTINGS
    };
    let run = |settings: &Settings, sessions: &[Option<f64>], values: &[Option<f64>]| {
        let rewards = Rewards {
            sessions: vec![sessions.to_vec()],
            values: vec![values.to_vec()],
            returns: vec![1.0],
            ..Rewards::default()
        };
        build("webrl", settings).advantages(&[rewards]).remove(0)
    };
    let given = run(&settings, &[None, Some(1.0)], &[Some(0.4), Some(0.6)]);
    assert!((given.sessions[0][0].unwrap() - 0.4).abs() < 1e-12);
    let discounted = Settings {
        gae: Gae {
            discount: 0.9,
            decay: 0.5,
        },
        ..SETTINGS
    };
    let given = run(&discounted, &[None, None, Some(1.0)], &[Some(0.0); 3]);
    let targets: Vec<f64> = given.value_targets[0].iter().flatten().copied().collect();
    for (got, want) in targets.iter().zip([0.81, 0.9, 1.0]) {
        assert!((got - want).abs() < 1e-12, "{targets:?}");
    }
    let given = run(&settings, &[Some(0.3), Some(1.0)], &[None, Some(0.6)]);
    assert_eq!(given.sessions[0][0], None);
    assert_eq!(given.value_targets[0], [None, Some(1.0)]);
}

/// zoo-b 5.6: rewards (1, .5, .5, 0, 0, 0), and five equal ones beside a slightly better one.
#[test]
fn loop_compares_each_rollout_with_the_mean_of_the_others() {
    let advantages = |returns: &[f64]| {
        let rewards = Rewards {
            sessions: vec![vec![None]; returns.len()],
            returns: returns.to_vec(),
            ..Rewards::default()
        };
        let given = build("rloo", &SETTINGS).advantages(&[rewards]).remove(0);
        let first = given.sessions.iter().map(|sessions| sessions[0].unwrap());
        first.collect::<Vec<f64>>()
    };
    let assert_near = |got: Vec<f64>, want: [f64; 6]| {
        let near = got
            .iter()
            .zip(want)
            .all(|(got, want)| (got - want).abs() < 1e-9);
        assert!(near, "{got:?}");
    };
    assert_near(
        advantages(&[1.0, 0.5, 0.5, 0.0, 0.0, 0.0]),
        [0.8, 0.2, 0.2, -0.4, -0.4, -0.4],
    );
    assert_near(
        advantages(&[0.5, 0.5, 0.5, 0.5, 0.5, 0.52]),
        [-0.004, -0.004, -0.004, -0.004, -0.004, 0.02],
    );
}
