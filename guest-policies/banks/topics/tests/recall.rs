//! The recall of topics while the reranker learns, on `chronicle` with an embedder that words of one
//! attribute mislead. The following command prints it:
//! `cargo test --release -p bank-topics --test recall -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use bank_topics::Topics;
use environment_chronicle::Chronicle;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::types::{
    CustomOperation, DemonstratedOperation, Insertion, Moment, Operation, Question, SessionContent,
};
use memloom_sdk::{Bank, Environment};
use memloom_search::hashed;

/// The number of questions.
const QUESTIONS: usize = 300;
/// The sessions of an episode, and its people: enough for more topics than a query's candidates.
const OPTIONS: &str = r#"{"sessions": 24, "people": 8}"#;
/// The word of the attribute, and the one that the embedder takes it for in questions.
const MISLED: [&str; 2] = ["hobby", "pet"];

/// Returns the embedding of a text: its hashed words, where a question's word is taken for another.
fn embed(text: &str) -> Vec<f32> {
    let [word, other] = MISLED;
    match text.ends_with('?') {
        true => hashed(&text.replace(word, other), 64),
        false => hashed(text, 64),
    }
}

/// Tells the bank an episode as its expert keeps it, and returns the questions about the attribute.
fn tell(bank: &mut Topics, index: u64) -> Vec<Question> {
    let mut chronicle = Chronicle::default();
    chronicle.load(vec![], OPTIONS).unwrap();
    let sessions = chronicle.open("train", index, 0).unwrap().sessions;
    let forgotten = bank
        .entries()
        .into_iter()
        .map(|entry| Operation::Delete(entry.id));
    let mut operations: Vec<Operation> = forgotten.collect();
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for session in 1..=sessions {
        let hints = chronicle.demonstrate("expert", session, 0).unwrap();
        let SessionContent::Dialogue(dialogue) = chronicle.session(session).unwrap() else {
            panic!("a task");
        };
        let at = Moment {
            session,
            time: dialogue.time,
        };
        for hint in hints {
            let turn = dialogue
                .turns
                .iter()
                .find(|turn| turn.id == hint.turn)
                .unwrap();
            let text = format!("{}: {}", turn.speaker, turn.text);
            let vector = Some(embed(&text));
            operations.push(match &hint.operation {
                DemonstratedOperation::Update(before) => {
                    let arguments = serde_json::json!({
                        "id": ids[before], "text": text, "evidence": [hint.turn]
                    });
                    Operation::Custom(CustomOperation {
                        name: "merge".into(),
                        arguments: arguments.to_string(),
                        vector,
                    })
                }
                DemonstratedOperation::Delete(before) => Operation::Delete(ids[before].clone()),
                _ => Operation::Insert(Insertion {
                    vector,
                    ..Insertion::new(text, &*turn.speaker, vec![hint.turn.clone()])
                }),
            });
            let results = bank.apply(at.clone(), std::mem::take(&mut operations));
            let written: Vec<String> = results.into_iter().map(Result::unwrap).collect();
            ids.insert(hint.turn, written.last().unwrap().clone());
        }
    }
    let mut questions = chronicle.questions().unwrap();
    questions.retain(|asked| asked.text.contains(MISLED[0]) && !asked.evidence.is_empty());
    questions
}

fn shown(bank: &Topics, question: &str, options: &str) -> Vec<Hit> {
    let query = Query {
        vector: Some(embed(question)),
        threshold: -2.0,
        options: options.into(),
        ..Query::new(question, 20)
    };
    bank.retrieve(&query).unwrap()
}

/// Returns the share of a question's evidence that hits have.
fn recall(hits: &[Hit], question: &Question) -> f64 {
    let has = |turn: &&String| hits.iter().any(|hit| hit.entry.evidence.contains(turn));
    let found = question.evidence.iter().filter(has).count();
    found as f64 / question.evidence.len() as f64
}

/// Asks all questions, and returns the recall among the best five of each before its citations.
fn recalls(options: &str) -> Vec<f64> {
    let mut bank = Topics::default();
    bank.configure(options).unwrap();
    let mut recalls = Vec::new();
    for index in 0.. {
        for question in tell(&mut bank, index) {
            if recalls.len() == QUESTIONS {
                return recalls;
            }
            let best = shown(&bank, &question.text, r#"{"rerank": {}}"#);
            assert_eq!(best.len(), 5);
            recalls.push(recall(&best, &question));
            let seed = recalls.len();
            let sample = format!(r#"{{"rerank": {{"seed": {seed}}}}}"#);
            let sample = shown(&bank, &question.text, &sample);
            let ids = |hits: &[Hit], cited: bool| -> Vec<String> {
                let useful = |hit: &&Hit| {
                    let evidence = &question.evidence;
                    !cited
                        || evidence
                            .iter()
                            .any(|turn| hit.entry.evidence.contains(turn))
                };
                let hits = hits.iter().filter(useful);
                hits.map(|hit| hit.entry.id.clone()).collect()
            };
            let arguments = serde_json::json!({
                "query": question.text, "shown": ids(&sample, false), "cited": ids(&sample, true)
            });
            let at = Moment {
                session: 1,
                time: String::new(),
            };
            let cited = Operation::Custom(CustomOperation {
                name: "cited".into(),
                arguments: arguments.to_string(),
                vector: Some(embed(&question.text)),
            });
            assert!(bank.apply(at, vec![cited])[0].is_ok());
        }
    }
    recalls
}

fn mean(recalls: &[f64]) -> f64 {
    recalls.iter().sum::<f64>() / recalls.len() as f64
}

#[test]
fn over_300_questions_recall_at_5_rises_by_a_tenth_where_the_embedder_misleads() {
    let learning = recalls(r#"{"eta": 0.02}"#);
    let frozen = recalls(r#"{"eta": 0}"#);
    let thirds = |all: &[f64]| [0, 100, 200].map(|from| mean(&all[from..from + 100]));
    let ([first, second, last], unmoved) = (thirds(&learning), thirds(&frozen));
    println!("learning {first:.3} {second:.3} {last:.3}, frozen {unmoved:.3?}");
    assert!(last >= first + 0.1, "{first} {second} {last}");
    assert!(last >= unmoved[2] + 0.1, "{last} {unmoved:?}");
    assert_eq!(recalls(r#"{"eta": 0.02}"#), learning);
}
