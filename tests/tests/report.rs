//! Reports about runs: a self-contained page, and event files.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use memloom_tests::{TinyRun, memloom, refusal};

/// Writes a report and returns the page.
fn report(runs: &[&Path], page: &Path) -> String {
    let output = memloom()
        .arg("report")
        .args(runs)
        .arg("--out")
        .arg(page)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "memloom report failed:\n{errors}");
    fs::read_to_string(page).unwrap()
}

#[test]
fn a_page_has_every_section_and_needs_nothing_else() {
    let run = TinyRun::new();
    run.finish(&[]);
    let page = run.folder.path().join("page.html");
    let html = report(&[&run.out()], &page);
    for section in [
        "Summary",
        "Reward and memory",
        "What the policy does",
        "Updates",
        "Speed and memory",
        "Warm start",
        "Sample episodes",
    ] {
        assert!(html.contains(&format!("<h2>{section}</h2>")), "{section}");
    }
    for chart in [
        "Reward",
        "M-Fail",
        "Operations",
        "Groups",
        "Entropy",
        "Memory",
    ] {
        assert!(html.contains(&format!("<h3>{chart}")), "{chart}");
    }
    assert!(html.contains("2 sessions</text>"), "stages are told apart");
    assert!(html.contains("<td>finished</td>"));
    assert!(html.contains("Session 1: "), "entries have histories");
    for foreign in ["http", "<script", "<link", "<img", "NaN", "inf\""] {
        assert!(!html.contains(foreign), "{foreign} in the page");
    }
    assert_eq!(
        report(&[&run.out()], &page),
        html,
        "same folder, same bytes"
    );
}

#[test]
fn samples_tell_what_each_session_did_to_the_bank() {
    let run = TinyRun::new();
    run.finish(&[]);
    let bytes = fs::read(run.out().join("samples.json")).unwrap();
    let samples: Vec<serde_json::Value> = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(samples.len(), 2);
    for sample in &samples {
        assert_eq!(sample["sessions"].as_array().unwrap().len(), 3);
        assert!(!sample["questions"].as_array().unwrap().is_empty());
        let outputs = sample["outputs"].as_array().unwrap();
        for entry in sample["entries"].as_array().unwrap() {
            let first = &entry["changes"][0];
            assert!(first["before"].is_null(), "{entry}");
            let output = &outputs[first["output"].as_u64().unwrap() as usize];
            assert_eq!(output["session"], first["session"], "{entry}");
            assert_eq!(output["role"], "manager", "{entry}");
        }
    }
}

#[test]
fn a_run_that_was_stopped_has_a_report_too_and_several_share_one() {
    let (whole, cut) = (TinyRun::new(), TinyRun::new());
    whole.finish(&[]);
    cut.finish(&["--set", "run.seed=6", "--set", "run.max_steps=2"]);
    // A kill in the middle of a line leaves it cut.
    fs::remove_file(cut.out().join("summary.json")).unwrap();
    fs::remove_file(cut.out().join("samples.json")).unwrap();
    let metrics = cut.out().join("metrics.jsonl");
    let lines = fs::read_to_string(&metrics).unwrap();
    fs::write(&metrics, &lines[..lines.len() - 9]).unwrap();
    let page = whole.folder.path().join("both.html");
    let html = report(&[&whole.out(), &cut.out()], &page);
    assert!(html.contains("not finished: 2 steps so far"));
    assert!(html.contains("<tr><th>run.seed</th><td>5</td><td>6</td></tr>"));
    assert!(html.contains("None yet: a run writes them when it ends."));
}

#[test]
fn a_finished_run_has_an_event_file_that_a_report_does_not_change() {
    let run = TinyRun::new();
    run.finish(&[]);
    let path = run.out().join("tensorboard/events.out.tfevents.0.memloom");
    let events = fs::read(&path).unwrap();
    for tag in [
        "step/reward",
        "validation/f1",
        "warm-start/loss",
        "timing/step/seconds",
    ] {
        let found = events
            .windows(tag.len())
            .any(|bytes| bytes == tag.as_bytes());
        assert!(found, "{tag}");
    }
    report(&[&run.out()], &run.folder.path().join("page.html"));
    assert!(fs::read(&path).unwrap() == events);
}

#[test]
fn what_cannot_be_reported_is_refused_with_its_name() {
    let run = TinyRun::new();
    let nowhere = run.folder.path().join("nowhere");
    let output = memloom().arg("report").arg(&nowhere).output().unwrap();
    let error = refusal(&output);
    assert!(
        error.contains("nowhere") && error.contains("not a run folder?"),
        "{error}"
    );
    let output = memloom()
        .arg("report")
        .args([&nowhere, &nowhere])
        .output()
        .unwrap();
    assert!(refusal(&output).contains("--out FILE"));
}
