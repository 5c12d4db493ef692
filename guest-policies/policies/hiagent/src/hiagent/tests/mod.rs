#![allow(clippy::unwrap_used, reason = "tests")]

mod acceptance;
mod constrained;
mod demonstrations;

use bank_flat::Flat;
use bank_tray::Tray;
use environment_blocks::Blocks;
use memloom_sdk::host::Request;
use memloom_sdk::types::{Session, Task};
use memloom_sdk::{Bank, Environment, MockHost};

use super::*;

fn configured(options: &str) -> HiAgent {
    let mut policy = HiAgent::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Returns an open episode.
fn blocks(options: &str, index: u64) -> Blocks {
    let mut blocks = Blocks::default();
    blocks.load(vec![], options).unwrap();
    blocks.open("train", index, 0).unwrap();
    blocks
}

/// Returns actions that are possible one after another and lead nowhere.
fn idle(options: &str, count: usize) -> Vec<String> {
    let mut blocks = blocks(options, 0);
    blocks.session(1).unwrap();
    let acts = (0..count).map(|_| {
        let action = blocks.advise("nothing", 1).unwrap();
        assert!(!blocks.act(&action).unwrap().done);
        action
    });
    acts.collect()
}

/// Returns a host with a script of outputs in the first episode of a world.
fn scripted(world: &str, outputs: &[String]) -> MockHost<Tray> {
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    MockHost::scripted(Tray::default(), &outputs).in_environment(blocks(world, 0))
}

/// Observes a session of the host's environment.
fn observed<B: Bank>(policy: &mut HiAgent, host: &mut MockHost<B>, session: u32) -> Report {
    let content = host.environment.as_mut().unwrap().session(session).unwrap();
    policy.observe(host, content, None).unwrap()
}

/// Returns a metric of the first task.
fn metric<B: Bank>(host: &MockHost<B>, name: &str) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    let score = environment.score("task-1", &nothing).unwrap();
    let mut metrics = score.metrics.into_iter();
    metrics.find(|(other, _)| other == name).unwrap().1
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

/// Returns an output that names a subgoal and acts.
fn begin(subgoal: &str, action: &str) -> String {
    format!("Subgoal: {subgoal}\nAction: {action}")
}

fn go_on(action: &str) -> String {
    format!("Action: {action}")
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(configured("{}").describe().control_words.is_empty());
    let words = configured(r#"{"constrained": true}"#)
        .describe()
        .control_words;
    for word in [
        "subgoal", "action", "retrieve", "1", "reached", "not", "done",
    ] {
        assert!(words.iter().any(|other| other == word), "{word}");
    }
}

#[test]
fn dialogue_and_questions_are_refused() {
    let mut host = MockHost::scripted(Tray::default(), &[]);
    let dialogue = SessionContent::Dialogue(Session {
        index: 4,
        time: "now".into(),
        turns: vec![],
    });
    assert_eq!(
        configured("{}").observe(&mut host, dialogue, None),
        Err(Error::Unsupported(
            "hiagent acts in tasks and reads no dialogue: session 4 is one".into()
        ))
    );
    assert_eq!(
        configured("{}").answer(&mut host, "Who?"),
        Err(Error::Unsupported(
            "hiagent acts in tasks alone: ask it no questions".into()
        ))
    );
}

#[test]
fn a_bank_without_groups_is_refused_unless_nothing_is_grouped() {
    let action = go_on(&idle("{}", 1)[0]);
    let host = |outputs: &[&str]| {
        MockHost::scripted(Flat::default(), outputs).in_environment(blocks("{}", 0))
    };
    let mut flat = host(&[]);
    let content = flat.environment.as_mut().unwrap().session(1).unwrap();
    assert_eq!(
        configured("{}").observe(&mut flat, content, None),
        Err(Error::Unsupported(
            "hiagent groups its acts, and the bank flat has no operation `open-group`: use tray, or \
             set `summarise` and `retrieve` to false"
                .into()
        ))
    );
    let options = r#"{"summarise": false, "retrieve": false, "steps": 1}"#;
    let mut flat = host(&[&action]);
    let report = observed(&mut configured(options), &mut flat, 1);
    assert_eq!((count(&report, "act"), flat.entry_texts().len()), (1, 1));
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = scripted("{}", &[]);
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    assert_eq!(
        configured("{}").observe(&mut host, content, None),
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn each_task_begins_without_records_and_counts_its_subgoals_from_1() {
    let world = r#"{"tasks": 2}"#;
    let actions = idle(world, 2);
    let one = [
        begin("a", &actions[0]),
        begin("b", &actions[1]),
        "Fine.".into(),
    ];
    let outputs = [one.clone(), one].concat();
    let mut host = scripted(world, &outputs);
    let mut policy = configured(r#"{"steps": 2}"#);
    let first = observed(&mut policy, &mut host, 1);
    assert_eq!(host.entry_texts().len(), 3);
    let second = observed(&mut policy, &mut host, 2);
    assert_eq!([&first, &second].map(|it| count(it, "delete")), [0, 4]);
    assert_eq!([first.refused, second.refused], [0, 0]);
    assert!(shown(&host.requests[3]).ends_with("What was done:\n(nothing yet)"));
    assert!(shown(&host.requests[4]).contains("Subgoal 1, open: a\n"));
    assert_eq!(host.entry_texts().len(), 3);
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&HiAgent::default().snapshot()), Ok(()));
    assert!(policy.restore(&Tray::default().snapshot()).is_err());
}
