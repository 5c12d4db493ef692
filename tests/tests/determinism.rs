//! Determinism: the same seed gives the same bytes, also after kills and resumptions.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
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

/// An event of a run, seen in its folder.
type Event = (&'static str, fn(&TinyRun) -> bool);

/// Events in the order in which a run reaches them.
const EVENTS: [Event; 7] = [
    ("the second warm-start step", |run| {
        lines(run, "warm-start", 0) >= 2
    }),
    ("the start of the first checkpoint", |run| {
        let entries = std::fs::read_dir(run.out().join("checkpoints"));
        entries.is_ok_and(|mut entries| entries.next().is_some())
    }),
    ("the first validation", |run| {
        lines(run, "validation", 0) >= 1
    }),
    ("the first step", |run| lines(run, "step", 0) >= 1),
    ("the last step of the first stage", |run| {
        lines(run, "step", 0) >= 3
    }),
    ("the first step of the second stage", |run| {
        lines(run, "step", 1) >= 1
    }),
    ("the second step of the second stage", |run| {
        lines(run, "step", 1) >= 2
    }),
];

/// Returns the number of complete lines of a kind in a run's metrics so far. Lines of the warm
/// start have no stage.
fn lines(run: &TinyRun, kind: &str, stage: u64) -> usize {
    let text = std::fs::read_to_string(run.out().join("metrics.jsonl")).unwrap_or_default();
    let complete = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let lines = complete.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let own =
        lines.filter(|line| line["kind"] == kind && line["stage"].as_u64().unwrap_or(0) == stage);
    own.count()
}

/// Starts or resumes a run, and kills it as soon as the event is seen.
fn kill_at(run: &TinyRun, (name, reached): Event) {
    let mut command = run.train();
    if run.out().join("run.toml").exists() {
        command.arg("--resume");
    }
    let mut child = command
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !reached(run) {
        let ended = child.try_wait().unwrap();
        assert!(
            ended.is_none(),
            "the run ended before {name}: {:?}",
            ended.unwrap()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL: the run cannot tidy up.
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert_eq!(
        status.signal(),
        Some(9),
        "the run ended by itself after {name}"
    );
}

#[test]
fn killed_at_named_events_and_resumed_it_ends_in_the_same_checkpoint() {
    let (whole, killed) = (TinyRun::new(), TinyRun::new());
    whole.finish(&[]);
    for event in EVENTS {
        kill_at(&killed, event);
    }
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
    // Sampling and learning compute in the same precision, so the ratios deviate no more than in
    // 32 bits.
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
