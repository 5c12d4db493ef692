//! Prompts and outputs that exceed the context are counted, and the run goes on.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_tests::{TinyRun, assert_same, memloom, refusal};
use serde_json::Value;

/// Returns a run with a context that only some of the prompts fit.
fn narrow(settings: &[&str]) -> TinyRun {
    let mut run = TinyRun::new();
    for setting in ["backbone.context=110", "evaluation.held_out_episodes=8"] {
        run.settings.push(setting.into());
    }
    run.settings.extend(settings.iter().map(|s| (*s).into()));
    run
}

fn total(lines: &[Value], key: &str) -> u64 {
    lines.iter().map(|line| line[key].as_u64().unwrap()).sum()
}

#[test]
fn a_context_that_some_prompts_outgrow_is_counted_and_the_run_goes_on() {
    let (one, other) = (narrow(&[]), narrow(&[]));
    one.finish(&[]);
    other.finish(&[]);
    assert_same(&one, &other);
    let steps = one.steps();
    assert_eq!(steps.len(), 6);
    let (asked, unread) = (total(&steps, "steps"), total(&steps, "context_overflows"));
    assert!(unread > 0 && unread < asked, "{unread} of {asked}");
    assert!(total(&steps, "context_cuts") > 0 && total(&steps, "trained_steps") > 0);
    for step in &steps {
        let trained = step["trained_steps"].as_u64().unwrap();
        let read = step["steps"].as_u64().unwrap() - step["context_overflows"].as_u64().unwrap();
        assert!(trained <= read, "{step}");
        assert!(
            step["first_ratio_deviation"].as_f64() < Some(1e-5),
            "{step}"
        );
    }
    let bytes = std::fs::read(one.out().join("summary.json")).unwrap();
    let summary: Value = serde_json::from_slice(&bytes).unwrap();
    let after = &summary["held_out"]["after"];
    assert!(after["context_overflows"].as_f64() > Some(0.0), "{after}");
    let page = one.folder.path().join("page.html");
    let report = memloom()
        .arg("report")
        .arg(one.out())
        .arg("--out")
        .arg(&page)
        .output();
    assert!(report.unwrap().status.success());
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("<h3>Context overflows"));
    assert!(html.contains("Prompts beyond the context"));
}

#[test]
fn runs_with_overflows_end_under_value_heads_rerolls_from_chunks_and_masks() {
    for settings in [
        &["algorithm.name=ppo"][..],
        &[
            "algorithm.reroll_from=chunk",
            "algorithm.local_probability=1.0",
        ],
        &["warm_start.steps=0", "algorithm.mask_truncated=true"],
    ] {
        let run = narrow(settings);
        run.finish(&["--set", "stage=[{horizon=3, steps=6}]"]);
        let steps = run.steps();
        assert_eq!(steps.len(), 6, "{settings:?}");
        assert!(total(&steps, "context_overflows") > 0, "{settings:?}");
    }
}

#[test]
fn rerolls_leave_rollouts_with_overflows_as_they_were_and_overflow_too() {
    let first = |settings: &[&str]| {
        let run = narrow(settings);
        run.finish(&[
            "--set",
            "backbone.context=95",
            "--set",
            "stage=[{horizon=6, steps=1}]",
        ]);
        run.steps().remove(0)
    };
    let overflows = |step: &Value| step["context_overflows"].as_u64().unwrap();
    let alone = first(&["algorithm.local_probability=0.0"]);
    assert!(overflows(&alone) > 0, "{alone}");
    let rerolled = first(&[
        "algorithm.local_probability=1.0",
        "algorithm.reroll_from=chunk",
    ]);
    assert!(rerolled["rerolled"].as_u64() > Some(0), "{rerolled}");
    assert!(overflows(&rerolled) > overflows(&alone), "{rerolled}");
    for key in ["reward", "score", "cost", "bank_words", "m_fail"] {
        assert_eq!(rerolled[key], alone[key], "{key}");
    }
}

#[test]
fn an_episode_with_overflows_replays() {
    let run = narrow(&[]);
    run.finish(&["--set", "run.max_steps=1"]);
    let trace = run.folder.path().join("one.trace");
    let file = run.folder.path().join("run.toml");
    let play = memloom()
        .args(["play", "--set", "backbone.context=100"])
        .args(["--horizon", "8", "--trace"])
        .args([&trace, &file])
        .output()
        .unwrap();
    assert!(play.status.success(), "{play:?}");
    let replay = |arguments: &[&str]| {
        let output = memloom()
            .arg("replay")
            .arg(&trace)
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(replay(&["--show"]).contains(r#"extractor -> """#));
    assert!(replay(&[]).contains("are as recorded"));
}

#[test]
fn a_context_that_nothing_fits_names_the_key() {
    for (settings, place) in [
        (&["backbone.context=6"][..], "a warm-start step"),
        (
            &["backbone.context=6", "warm_start.steps=0"],
            "step 1 of stage 1",
        ),
    ] {
        let run = narrow(settings);
        let output = run.train().output().unwrap();
        let said = refusal(&output);
        for part in ["none of the", place, "backbone.context", "6 tokens"] {
            assert!(said.contains(part), "no {part:?} in: {said}");
        }
    }
}
