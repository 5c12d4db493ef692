//! Scores beside those that `tests/reference/benchmarks.py` computes for the same answers.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use environment_chunks::Chunks;
use memloom_sdk::Environment;
use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Answer;
use serde::Deserialize;

const ROWS: &str = include_str!("memoryagentbench.jsonl");
const FILMS: &str = include_str!("entity2id.json");
const REFERENCE: &str = include_str!("../../../../tests/reference/benchmarks.json");

#[derive(Deserialize)]
struct Case {
    environment: String,
    #[serde(default)]
    source: String,
    question: String,
    answer: String,
    reward: f64,
    metrics: BTreeMap<String, f64>,
}

#[test]
fn metrics_are_the_references_to_the_last_digit() {
    let mut chunks = Chunks::default();
    let files = [("rows.jsonl", ROWS), ("entity2id.json", FILMS)].map(|(name, text)| DataFile {
        name: name.into(),
        bytes: text.into(),
    });
    let report = chunks.load(files.into(), "{}").unwrap();
    let mut places = BTreeMap::new();
    for index in 0..report.splits[2].episodes.unwrap() {
        let episode = chunks.open("held-out", index, 0).unwrap();
        places.insert(episode.id, index);
    }
    let cases: Vec<Case> = serde_json::from_str(REFERENCE).unwrap();
    let own = cases.iter().filter(|case| case.environment == "chunks");
    let mut compared = 0;
    for case in own {
        let row = format!("{}/0", case.source);
        chunks.open("held-out", places[&row], 0).unwrap();
        let answer = Answer {
            text: case.answer.clone(),
            citations: vec![],
        };
        let score = chunks.score(&case.question, &answer).unwrap();
        let what = format!("{row} {:?}", case.answer);
        assert_eq!(score.reward, case.reward as f32, "{what}");
        let found: BTreeMap<String, f32> = score.metrics.into_iter().collect();
        for (name, value) in &case.metrics {
            assert_eq!(found[name], *value as f32, "{name} of {what}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}
