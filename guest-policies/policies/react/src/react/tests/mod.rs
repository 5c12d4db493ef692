#![allow(clippy::unwrap_used, reason = "tests")]

mod boxes;
mod demonstrations;
mod notes;
mod outputs;
mod remembering;

use self::boxes::{Boxes, open};
use super::*;
use bank_cases::Cases;
use bank_flat::Flat;
use memloom_sdk::host::Request;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::random::Random;
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> React {
    let mut policy = React::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Lives through both tasks.
fn live<B: Bank>(policy: &mut React, host: &mut MockHost<B>) -> Vec<Report> {
    let reports = [1, 2].map(|index| one(policy, host, index));
    reports.into()
}

fn one<B: Bank>(policy: &mut React, host: &mut MockHost<B>, index: u32) -> Report {
    let content = host.environment.as_mut().unwrap().session(index).unwrap();
    policy.observe(host, content, None).unwrap()
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the score of the second task.
fn brought<B: Bank>(host: &MockHost<B>) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    environment.score("task-2", &nothing).unwrap().reward
}

/// Chooses the action of the request that names the box of which its memory says that the key is
/// in it; else the box that was not opened yet.
fn reader(request: &Request) -> Result<String, String> {
    let all: String = request
        .messages
        .iter()
        .map(|m| format!("{}\n", m.content))
        .collect();
    let known = all.lines().find_map(|line| {
        let (_, rest) = line.split_once("the key is in box ")?;
        rest.split(' ').next()
    });
    let next = 1 + request.messages.len() / 2;
    let number = known.map_or(next, |number| number.parse().unwrap());
    let wanted = format!("{} a", open(number));
    let last = request.messages.last().unwrap();
    let word = last.content.lines().find(|line| line.starts_with(&wanted));
    Ok(word
        .and_then(|line| line.rsplit(' ').next())
        .unwrap_or("more")
        .into())
}

fn prompt(request: &Request) -> String {
    let lines = request
        .messages
        .iter()
        .map(|m| format!("{}: {}", m.role, m.content));
    lines.collect::<Vec<_>>().join("\n---\n")
}

const WORDS: &str = r#"{"constrained": true, "notes": "observations", "window": 9}"#;

#[test]
fn what_was_seen_in_one_task_helps_in_the_next() {
    let forgetful = r#"{"constrained": true, "notes": "none", "window": 9}"#;
    for (options, successes) in [(WORDS, 5.0), (forgetful, 1.0)] {
        let rewards = (1..=5).map(|key| {
            let boxes = Boxes::new(5, key, true);
            let mut host = MockHost::new(Flat::default(), reader).in_environment(boxes);
            live(&mut configured(options), &mut host);
            brought(&host)
        });
        assert_eq!(rewards.sum::<f32>(), successes, "{options}");
    }
}

#[test]
fn a_constrained_prompt_has_few_words() {
    let mut host = MockHost::new(Flat::default(), reader).in_environment(Boxes::new(3, 2, true));
    let reports = live(&mut configured(WORDS), &mut host);
    // Having seen the key, this reader opens no other box.
    assert_eq!(
        prompt(&host.requests[1]),
        "user: look into all boxes .\n---\nassistant: open box 1\n---\n\
         user: there is only dust in box 1 .\nlook into all boxes .\n\
         open box 1 a1\nopen box 2 a2\nopen box 3 a3"
    );
    assert_eq!(
        prompt(host.requests.last().unwrap()),
        "user: bring the key .\nnotes :\nthe key is in box 2 .\n\
         open box 1 a1\nopen box 2 a2\nopen box 3 a3"
    );
    let request = &host.requests[0];
    assert_eq!((request.role.as_str(), request.max_tokens), ("actor", 2));
    assert_eq!(request.grammar.as_deref(), Some("(a1 | a2 | a3)"));
    assert_eq!(
        (reports[0].steps, reports[0].malformed, reports[0].refused),
        (3, 0, 0)
    );
    assert_eq!(
        (count(&reports[0], "act"), count(&reports[0], "insert")),
        (3, 2)
    );
    assert_eq!(host.entry_texts()[1], "the key is in box 2 .");
    assert_eq!(host.bank.entries()[1].first_session, 1);
}

#[test]
fn thoughts_may_come_before_an_action_and_a_lesson_after_the_task() {
    let script = [
        "I begin with the first.\naction: open box 1",
        "action: a2",
        "Where was it?\nlesson: The key is in box 2.",
        "The notes say box 2.\naction: Open box 2",
        "lesson: None.",
    ];
    let mut host =
        MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(2, 2, true));
    let reports = live(&mut configured(r#"{"thoughts": 100}"#), &mut host);
    assert_eq!(host.entry_texts(), ["The key is in box 2."]);
    assert_eq!([reports[0].steps, reports[1].steps], [3, 2]);
    assert_eq!(
        [count(&reports[0], "insert"), count(&reports[1], "insert")],
        [1, 0]
    );
    let roles: Vec<&str> = host.requests.iter().map(|r| r.role.as_str()).collect();
    assert_eq!(roles, ["actor", "actor", "scribe", "actor", "scribe"]);
    let requests = &host.requests;
    assert!(requests.iter().all(|request| request.grammar.is_none()));
    assert_eq!([requests[0].max_tokens, requests[2].max_tokens], [164, 188]);
    assert!(requests[0].messages[0].content.contains("Think first"));
    let turns = prompt(&requests[1]);
    assert!(
        turns.ends_with(
            "---\nuser: Task: look into all boxes .\n---\n\
             assistant: I begin with the first.\naction: open box 1\n---\n\
             user: there is only dust in box 1 .\nTask: look into all boxes .\n\
             a1: open box 1\na2: open box 2"
        ),
        "{turns}"
    );
    let story = &requests[2].messages[1].content;
    assert!(
        story.contains("> open box 2\nthe key is in box 2 .\nThe task has ended."),
        "{story}"
    );
    let opening = &requests[3].messages[1].content;
    assert_eq!(
        opening,
        "Task: bring the key .\n\nNotes from earlier sessions:\n\
         [m1] (1 May 2023) The key is in box 2.\n\na1: open box 1\na2: open box 2"
    );
}

#[test]
fn own_instructions_replace_the_built_in_ones() {
    for (options, instruction) in [
        (r#"{"instruction": "Be brave."}"#, Some("Be brave.")),
        (
            r#"{"instruction": "Be brave.", "constrained": true}"#,
            Some("Be brave."),
        ),
        (r#"{"constrained": true}"#, None),
    ] {
        let mut host = MockHost::new(Flat::default(), |_| Ok("a1".into()))
            .in_environment(Boxes::new(1, 1, true));
        one(&mut configured(options), &mut host, 2);
        let first = &host.requests[0].messages[0];
        let system = (first.role == "system").then_some(&*first.content);
        assert_eq!(system, instruction);
    }
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(React::default().describe().control_words.is_empty());
    let words = configured(r#"{"constrained": true}"#)
        .describe()
        .control_words;
    for word in ["a1", "a64", "more", "keep", "drop", "t16"] {
        assert!(words.iter().any(|listed| listed == word), "{word}");
    }
    assert_eq!(words.len(), 64 + 1 + 2 + 16);
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = MockHost::scripted(Flat::default(), &[]).in_environment(Boxes::new(1, 1, true));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let result = configured("{}").observe(&mut host, content, None);
    assert_eq!(
        result,
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&configured(WORDS).snapshot()), Ok(()));
    assert!(policy.restore(&Flat::default().snapshot()).is_err());
    assert!(policy.restore(b"?").is_err());
}
