//! `memloom zoo`: systems in environments, one table.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::process::Output;

use memloom_tests::{TinyRun, component, memloom, refusal};

/// Writes a zoo over a tiny run, of a policy that reads and one that acts.
fn zoo() -> TinyRun {
    let run = TinyRun::new();
    let text = format!(
        r#"
base = "run.toml"
out = "{out}"
seeds = [5, 6]

[systems.selector]
only = ["chronicle"]

[systems.react]
only = ["house"]
[systems.react.components]
policy = "{react}"
[systems.react.policy.options]
constrained = true
notes = "observations"

[systems.react-without-memory]
only = ["house"]
[systems.react-without-memory.components]
policy = "{react}"
[systems.react-without-memory.policy.options]
constrained = true
memory_words = 0

[environments.chronicle]

[environments.house.components]
environment = "{house}"
[environments.house.environment.options]
rooms = 2
objects = 6
distractors = 0
mix = ["find"]
"#,
        out = run.folder.path().join("zoo").display(),
        react = component("react").display(),
        house = component("house").display(),
    );
    fs::write(run.folder.path().join("zoo.toml"), text).unwrap();
    run
}

fn memloom_zoo(run: &TinyRun, arguments: &[&str]) -> Output {
    let small = ["--set", "warm_start.steps=2", "--set", "stage.0.steps=1"];
    memloom()
        .arg("zoo")
        .arg(run.folder.path().join("zoo.toml"))
        .args(small)
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn systems_are_trained_once_and_compared_in_each_environment() {
    let run = zoo();
    let first = memloom_zoo(&run, &["--json"]);
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(first.status.success(), "{said}");
    let report: serde_json::Value = serde_json::from_slice(&first.stdout).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let names: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row["environment"], row["system"]))
        .collect();
    assert_eq!(
        names,
        [
            r#""chronicle" "selector""#,
            r#""house" "react""#,
            r#""house" "react-without-memory""#,
        ]
    );
    for row in rows {
        assert_eq!(row["seeds"], serde_json::json!([5, 6]));
        assert!(row["after"]["reward"]["low"].is_number(), "{row}");
        let acts = row["environment"] == "house";
        assert_eq!(row["peak_tokens"].is_number(), acts, "{row}");
    }
    let out = run.folder.path().join("zoo");
    let page = fs::read_to_string(out.join("zoo.html")).unwrap();
    assert!(page.contains("<h2>house</h2>") && page.contains("<th>react-without-memory</th>"));
    assert_eq!(
        fs::read(out.join("zoo.json")).unwrap().trim_ascii(),
        first.stdout.trim_ascii()
    );

    // What is lost is trained again, and nothing else.
    let kept = fs::metadata(out.join("house-react-5/summary.json")).unwrap();
    fs::remove_dir_all(out.join("chronicle-selector-6")).unwrap();
    let again = memloom_zoo(&run, &[]);
    assert!(again.status.success());
    let same = fs::metadata(out.join("house-react-5/summary.json")).unwrap();
    assert_eq!(kept.modified().unwrap(), same.modified().unwrap());
    assert!(out.join("chronicle-selector-6/summary.json").exists());
    let text = String::from_utf8(again.stdout).unwrap();
    assert!(
        text.contains("house: 2 held-out episodes, seeds 5, 6"),
        "{text}"
    );
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn a_finished_run_of_another_file_is_no_part_of_a_zoo() {
    let run = zoo();
    assert!(memloom_zoo(&run, &[]).status.success());
    let why = refusal(&memloom_zoo(&run, &["--set", "algorithm.rollouts=4"]));
    assert!(why.contains("chronicle-selector-5"), "{why}");
}

#[test]
fn a_pair_that_cannot_be_run_is_named_before_any_begins() {
    let run = zoo();
    let path = run.folder.path().join("zoo.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("memory_words = 0", "words = 0")).unwrap();
    let why = refusal(&memloom_zoo(&run, &[]));
    assert!(why.contains("react-without-memory in house"), "{why}");
    assert!(!run.folder.path().join("zoo").exists());
}
