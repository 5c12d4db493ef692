//! Scores beside those that `tests/reference/benchmarks.py` computes for the same answers.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use environment_longmemeval::LongMemEval;
use memloom_sdk::Environment;
use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Answer;
use serde::Deserialize;

const MINIATURE: &str = include_str!("miniature.json");
const REFERENCE: &str = include_str!("../../../../tests/reference/benchmarks.json");

#[derive(Deserialize)]
struct Case {
    environment: String,
    question: String,
    answer: String,
    #[serde(default)]
    citations: Vec<String>,
    reward: f64,
    metrics: BTreeMap<String, f64>,
}

#[test]
fn metrics_are_the_references_to_the_last_digit() {
    let mut environment = LongMemEval::default();
    let file = DataFile {
        name: "miniature.json".into(),
        bytes: MINIATURE.into(),
    };
    environment.load(vec![file], r#"{"merge": 1}"#).unwrap();
    let mut places = BTreeMap::new();
    for index in 0..12 {
        let episode = environment.open("held-out", index, 0).unwrap();
        places.insert(episode.id, index);
    }
    let cases: Vec<Case> = serde_json::from_str(REFERENCE).unwrap();
    let own = cases
        .iter()
        .filter(|case| case.environment == "longmemeval");
    let mut compared = 0;
    for case in own {
        environment
            .open("held-out", places[&case.question], 0)
            .unwrap();
        let answer = Answer {
            text: case.answer.clone(),
            citations: case.citations.clone(),
        };
        let score = environment.score(&case.question, &answer).unwrap();
        let what = format!("{} {:?}", case.question, case.answer);
        assert_eq!(score.reward, case.reward as f32, "{what}");
        let found: BTreeMap<String, f32> = score.metrics.into_iter().collect();
        for (name, value) in &case.metrics {
            assert_eq!(found[name], *value as f32, "{name} of {what}");
            compared += 1;
        }
    }
    assert!(compared > 150, "{compared}");
}
