#![allow(clippy::unwrap_used, reason = "tests")]

mod acceptance;
mod constrained;
mod demonstrations;

use bank_page::Page;
use environment_quest::Quest;
use memloom_sdk::environment::DataFile;
use memloom_sdk::host::Request;
use memloom_sdk::types::{Session, Task};
use memloom_sdk::{Bank, Environment, MockHost};

use super::*;

fn configured(options: &str) -> Mem1 {
    let mut policy = Mem1::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Returns an open episode of a made-up world.
fn made_up(options: &str, index: u64) -> Quest {
    let mut quest = Quest::default();
    quest.load(vec![], options).unwrap();
    quest.open("train", index, 0).unwrap();
    quest
}

/// Returns an open episode of a file: what the gates of four gardens are made of. Every search
/// finds one document.
fn gates(turns: u32) -> Quest {
    let gate = |name: &str, made: &str| {
        let contents = format!("The gate of {name} is made of {made}.");
        serde_json::json!({"title": name, "contents": contents}).to_string()
    };
    let question = |name: &str, made: &str| {
        let question = format!("What is the gate of {name} made of?");
        serde_json::json!({"question": question, "answers": [made]}).to_string()
    };
    let gardens = [
        ("Alder", "iron"),
        ("Birch", "oak"),
        ("Clover", "bronze"),
        ("Daisy", "stone"),
    ];
    let mut lines: Vec<String> = gardens
        .iter()
        .map(|(name, made)| gate(name, made))
        .collect();
    lines.extend(gardens.iter().map(|(name, made)| question(name, made)));
    let file = DataFile {
        name: "gates.jsonl".into(),
        bytes: lines.join("\n").into_bytes(),
    };
    let mut quest = Quest::default();
    let options = format!(r#"{{"top": 1, "turns": {turns}, "objectives": 1}}"#);
    let report = quest.load(vec![file], &options).unwrap();
    let split = report
        .splits
        .iter()
        .find(|split| split.episodes > Some(0))
        .unwrap();
    quest.open(&split.name, 0, 0).unwrap();
    quest
}

/// Observes the first session of the host's environment.
fn one(policy: &mut Mem1, host: &mut MockHost<Page>) -> Report {
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    policy.observe(host, content, None).unwrap()
}

/// Returns the score of the first task.
fn reward(host: &MockHost<Page>) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    environment.score("task-1", &nothing).unwrap().reward
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns all that a request shows.
fn shown(request: &Request) -> String {
    let messages = request.messages.iter();
    let contents: Vec<&str> = messages.map(|message| &*message.content).collect();
    contents.join("\n")
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(configured("{}").describe().control_words.is_empty());
    let constrained = configured(r#"{"constrained": true}"#);
    assert_eq!(constrained.describe().control_words, ["done"]);
}

#[test]
fn dialogue_and_questions_are_refused() {
    let mut host = MockHost::scripted(Page::default(), &[]);
    let dialogue = SessionContent::Dialogue(Session {
        index: 4,
        time: "now".into(),
        turns: vec![],
    });
    assert_eq!(
        configured("{}").observe(&mut host, dialogue, None),
        Err(Error::Unsupported(
            "mem1 acts in tasks and reads no dialogue: session 4 is one".into()
        ))
    );
    assert_eq!(
        configured("{}").answer(&mut host, "Who?"),
        Err(Error::Unsupported(
            "mem1 answers within its tasks alone: ask it no questions".into()
        ))
    );
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = MockHost::scripted(Page::default(), &[]).in_environment(gates(6));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    assert_eq!(
        configured("{}").observe(&mut host, content, None),
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&Mem1::default().snapshot()), Ok(()));
    assert!(policy.restore(&Page::default().snapshot()).is_err());
}
