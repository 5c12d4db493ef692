#![allow(clippy::unwrap_used, reason = "tests")]

mod acceptance;
mod constrained;
mod demonstrations;
mod dialogues;
mod tasks;

use super::*;
use bank_flat::Flat;
use bank_page::Page;
use environment_scroll::Scroll;
use memloom_sdk::environment::DataFile;
use memloom_sdk::host::Request;
use memloom_sdk::{Bank, Environment, MockHost};

/// Returns a policy with options, and with the closed language of made-up texts.
fn configured(options: &str) -> MemAgent {
    let mut policy = MemAgent::default();
    let lexicon = Scroll::default().describe().lexicon;
    policy.configure(options, lexicon).unwrap();
    policy
}

/// Returns an open episode of made-up texts.
fn made_up(options: &str, index: u64) -> Scroll {
    let mut scroll = Scroll::default();
    scroll.load(vec![], options).unwrap();
    scroll.open("train", index, 0).unwrap();
    scroll
}

/// Returns an open episode of a file's text.
fn of_file(text: &str, options: &str) -> Scroll {
    let item = serde_json::json!({"context": text, "input": "Who is it?", "answers": ["Ann"]});
    let file = DataFile {
        name: "texts.jsonl".into(),
        bytes: item.to_string().into_bytes(),
    };
    let mut scroll = Scroll::default();
    let report = scroll.load(vec![file], options).unwrap();
    let mut splits = report.splits.iter();
    let split = splits.find(|split| split.episodes == Some(1)).unwrap();
    scroll.open(&split.name, 0, 0).unwrap();
    scroll
}

/// Observes a session of the host's environment.
fn one<B: Bank>(policy: &mut MemAgent, host: &mut MockHost<B>, index: u32) -> Report {
    let content = host.environment.as_mut().unwrap().session(index).unwrap();
    policy.observe(host, content, None).unwrap()
}

/// Returns the score of the question about the first task.
fn reward<B: Bank>(host: &MockHost<B>) -> f32 {
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

/// Returns the text of the last message of a request.
fn prompt(request: &Request) -> &str {
    &request.messages.last().unwrap().content
}

/// Returns a part of a text prompt: what follows its heading, up to the next one.
fn part<'a>(request: &'a Request, heading: &str) -> &'a str {
    let (_, rest) = prompt(request)
        .split_once(&format!("{heading}:\n"))
        .unwrap();
    let ends = ["\n\nMemory:\n", "\n\nSection:\n"];
    let end = ends.iter().filter_map(|end| rest.find(end)).min();
    &rest[..end.unwrap_or(rest.len())]
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(MemAgent::default().describe().control_words.is_empty());
    assert!(configured("{}").describe().control_words.is_empty());
    let words = configured(r#"{"constrained": true}"#)
        .describe()
        .control_words;
    for word in [
        "keep", "drop", "t1", "t16", "done", "unknown", "rome", "dog",
    ] {
        assert!(words.iter().any(|listed| listed == word), "{word}");
    }
    assert_eq!(words.len(), 2 + 16 + 2 + 64);
}

#[test]
fn constrained_outputs_need_a_closed_language() {
    let mut policy = configured("{}");
    assert_eq!(
        policy.configure(r#"{"constrained": true}"#, vec![]),
        Err(Error::Invalid(
            "memagent's options: `constrained` chooses among the values of an environment's \
             closed language, and this one has none: leave it out"
                .into()
        ))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&MemAgent::default().snapshot()), Ok(()));
    assert!(policy.restore(&Page::default().snapshot()).is_err());
    assert!(policy.restore(b"?").is_err());
}
