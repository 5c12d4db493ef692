//! `memloom study retrieval`, on made-up conversations and a small random encoder.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::process::Output;

use memloom_tests::{TinyRun, component, memloom, refusal, root};
use serde_json::{Value, json};

/// Returns a conversation in the form of LoCoMo, of 23 turns.
fn conversation() -> Value {
    let turn = |number: usize, text: &str| json!({"speaker": "Ann", "dia_id": format!("D1:{number}"), "text": text});
    let mut turns = vec![
        turn(1, "the dog is in the garden"),
        turn(2, "anna lives in rome"),
        turn(3, "where is the"),
    ];
    turns.extend((4..=23).map(|number| turn(number, &format!("ben may garden {number}"))));
    let question = |text: &str, evidence: &[&str], category: u32| json!({"question": text, "answer": "a", "evidence": evidence, "category": category});
    json!([{
        "sample_id": "c1",
        "conversation": {"speaker_a": "Ann", "speaker_b": "Bo",
            "session_1_date_time": "noon", "session_1": turns},
        "qa": [
            question("A dog?", &["D1:1"], 4),
            question("A dog?", &["D1:1", "D1:2"], 1),
            question("where is the", &["D1:3"], 5),
            question("Who?", &[], 3),
        ],
    }])
}

fn study(arguments: &[&str], with_encoder: bool) -> Output {
    let run = TinyRun::new();
    let data = run.folder.path().join("data.json");
    std::fs::write(&data, conversation().to_string()).unwrap();
    let environment = component("locomo");
    let mut command = memloom();
    command
        .args(["study", "retrieval"])
        .arg(run.folder.path().join("run.toml"))
        .arg("--data")
        .arg(&data)
        .args(["--set", "environment.options={categories=[1, 2, 3, 4, 5]}"])
        .args([
            "--set",
            &format!("components.environment=\"{}\"", environment.display()),
        ]);
    if with_encoder {
        let folder = root().join("trainer/engine/src/sentence_encoder/fixtures/tiny-bert");
        command.args(["--set", &format!("embedder.path=\"{}\"", folder.display())]);
    }
    command.args(arguments).output().unwrap()
}

fn report() -> Value {
    let output = study(&["--json"], true);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn words_and_vectors_find_the_evidence_that_they_can_find() {
    let report = report();
    assert_eq!(report["episodes"], json!(["c1"]));
    assert_eq!(
        (&report["entries"], &report["limit"]),
        (&json!(23), &json!(10))
    );
    let rows = report["recall"].as_array().unwrap();
    let row = |name: &str| {
        let found = rows.iter().find(|row| row["category"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {report:#}"))
    };
    assert_eq!(rows.len(), 4, "{report:#}");
    assert_eq!(row("all")["questions"], 3);
    // One turn shares a word with the question; ten of the others are no better by words.
    assert_eq!(row("single-hop")["bm25"]["value"], 1.0);
    assert_eq!(row("multi-hop")["bm25"]["value"], 0.5);
    // All words are too common to search by, but the text is the turn's own.
    let twisted = row("adversarial");
    assert_eq!(twisted["bm25"]["value"], 0.0);
    assert_eq!(twisted["cosine"]["value"], 1.0);
    assert_eq!(twisted["fused"]["value"], 1.0);
    // Recall of 1, ½ and 0: resamples of three questions reach both ends.
    assert_eq!(
        row("all")["bm25"],
        json!({"value": 0.5, "low": 0.0, "high": 1.0})
    );
}

#[test]
fn two_studies_of_one_seed_agree_to_the_last_digit() {
    assert_eq!(report()["recall"], report()["recall"]);
}

#[test]
fn people_see_a_table() {
    let output = study(&[], true);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(
        shown.contains("BM25") && shown.contains("fused by rank"),
        "{shown}"
    );
    let row = shown
        .lines()
        .find(|line| line.starts_with("adversarial"))
        .unwrap();
    assert!(row.contains("100.0 [100.0, 100.0]"), "{row}");
}

#[test]
fn a_study_without_an_embedder_is_refused() {
    let refusal = refusal(&study(&[], false));
    assert!(refusal.contains("set embedder.path"), "{refusal}");
}
