//! Same seed, same bytes; killed and resumed, the same bytes.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use memloom_tests::{TinyRun, assert_same};

#[test]
fn the_same_seed_gives_the_same_metrics_and_checkpoint() {
    let (one, other) = (TinyRun::new(), TinyRun::new());
    one.finish(&[]);
    other.finish(&[]);
    assert_same(&one, &other);
}

#[test]
fn another_seed_gives_another_run() {
    let (one, mut other) = (TinyRun::new(), TinyRun::new());
    other.settings.push("run.seed=6".into());
    one.finish(&[]);
    other.finish(&[]);
    let weights = |run: &TinyRun| run.weights("final");
    assert_ne!(weights(&one), weights(&other));
}

#[test]
fn killed_at_several_moments_and_resumed_it_ends_in_the_same_checkpoint() {
    let whole = TinyRun::new();
    let began = std::time::Instant::now();
    whole.finish(&[]);
    let took = began.elapsed();
    let killed = TinyRun::new();
    let mut kills = 0;
    for part in 1..=6 {
        let mut arguments = Vec::new();
        if killed.out().join("run.toml").exists() {
            arguments.push("--resume");
        }
        let mut child = killed
            .train()
            .args(arguments)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(
            took.mul_f64(f64::from(part) / 7.0)
                .max(Duration::from_millis(50)),
        );
        // `kill` sends SIGKILL: nothing can be tidied up.
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    assert!(kills >= 3, "only {kills} kills came in time");
    killed.finish(&["--resume"]);
    assert_same(&whole, &killed);
}

#[test]
fn a_run_that_stopped_at_max_steps_goes_on_where_it_stopped() {
    let (whole, parts) = (TinyRun::new(), TinyRun::new());
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=2"]);
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(parts.out().join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["steps"], 2);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
}

#[test]
fn products_in_16_bits_keep_whole_weights_and_are_resumed_as_they_were() {
    let [whole, parts, exact] = ["bfloat16", "bfloat16", "float32"].map(|compute| {
        let mut run = TinyRun::new();
        run.settings.push(format!("backbone.compute={compute}"));
        run
    });
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=2"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    exact.finish(&[]);
    let (rounded, exact) = (whole.weights("final"), exact.weights("final"));
    assert_eq!(rounded.len(), exact.len());
    assert_ne!(rounded, exact);
    // What sampling and learning compute differs by no more than it would in 32 bits.
    for step in whole.steps() {
        let deviation = step["first_ratio_deviation"].as_f64().unwrap();
        assert!(deviation < 1e-3, "{deviation}");
    }
}

#[test]
fn value_heads_and_weights_by_role_are_resumed_as_they_were() {
    let [whole, parts] = [(); 2].map(|()| {
        let mut run = TinyRun::new();
        run.settings.push("algorithm.name=ppo".into());
        run.settings.push("backbone.separate_roles=true".into());
        run
    });
    whole.finish(&[]);
    parts.finish(&["--set", "run.max_steps=3"]);
    parts.finish(&["--resume"]);
    assert_same(&whole, &parts);
    let roles = ["final/extractor", "final/manager"].map(|folder| whole.weights(folder));
    assert_ne!(roles[0], roles[1]);
    let judged = whole.steps();
    assert!(
        judged
            .iter()
            .all(|step| step["value_loss"].as_f64() > Some(0.0))
    );
}

#[test]
fn the_first_update_sees_the_policy_that_sampled() {
    let run = TinyRun::new();
    run.finish(&[]);
    let steps = run.steps();
    assert_eq!(steps.len(), 6);
    let trained = steps
        .iter()
        .filter(|step| step["trained_steps"] != 0)
        .count();
    assert!(trained > 0, "no step had a gradient");
    for step in &steps {
        assert!(
            step["first_ratio_deviation"].as_f64().unwrap() < 1e-5,
            "{step}"
        );
        assert!(step["first_kl"].as_f64().unwrap().abs() < 1e-5, "{step}");
    }
}

#[test]
fn rerolls_change_nothing_in_the_rollouts_that_they_start_from() {
    let first = |settings: &[&str]| {
        let mut run = TinyRun::new();
        run.settings = settings
            .iter()
            .map(|setting| (*setting).to_owned())
            .collect();
        run.settings.push("run.max_steps=1".into());
        run.finish(&[]);
        run.steps().remove(0)
    };
    let alone = first(&["algorithm.local_probability=0.0"]);
    assert_eq!(alone["local_groups"], 0);
    for settings in [
        &["algorithm.local_probability=1.0"][..],
        &[
            "algorithm.local_probability=1.0",
            "algorithm.reroll_from=chunk",
        ],
        &[
            "algorithm.local_probability=1.0",
            "algorithm.anchors=lowest-reward",
        ],
    ] {
        let step = first(settings);
        assert!(step["rerolled"].as_u64() > Some(0), "{settings:?}");
        for key in ["reward", "score", "cost", "bank_words", "m_fail"] {
            assert_eq!(step[key], alone[key], "{settings:?}: {key}");
        }
    }
}
