#![allow(clippy::unwrap_used, reason = "tests")]

mod acceptance;
mod demonstrations;
mod forms;
mod hunts;
mod maze;
mod seeker;

use self::maze::Maze;
use super::*;
use bank_flat::Flat;
use bank_graph::Graph;
use environment_house::House;
use memloom_sdk::host::Request;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::{DemonstratedOperation, Operation};
use memloom_sdk::{Bank, Environment, MockHost};

/// The options of a small model.
const WORDS: &str = r#"{"constrained": true, "plan": false, "items": "names", "episodes": 0}"#;

/// The options of a text model that is asked for triples and actions alone.
const FEW: &str = r#"{"plan": false, "items": "names", "episodes": 0}"#;

fn configured(options: &str) -> Ariadne {
    let mut policy = Ariadne::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

fn one<B: Bank>(policy: &mut Ariadne, host: &mut MockHost<B>, index: u32) -> Report {
    let environment = host.environment.as_mut().unwrap();
    let content = environment.session(index).unwrap();
    let hints = environment.demonstrate("expert", index, 1).unwrap();
    policy.observe(host, content, Some(hints)).unwrap()
}

/// Returns a host with a maze, and a model that says these outputs.
fn in_maze(listed: bool, steps: u32, outputs: &[&str]) -> MockHost<Graph> {
    MockHost::scripted(Graph::default(), outputs).in_environment(Maze::new(listed, steps))
}

fn linked(bank: &mut Graph, texts: &[&str]) {
    let links = texts.iter().map(|text| {
        let parts: Vec<&str> = text.split(", ").collect();
        let arguments = serde_json::json!({
            "subject": parts[0], "relation": parts[1], "object": parts[2],
        });
        Operation::custom("link", arguments.to_string())
    });
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    let results = bank.apply(at, links.collect());
    assert!(results.iter().all(Result::is_ok));
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

fn prompt(request: &Request) -> String {
    let lines = request.messages.iter();
    let lines = lines.map(|message| format!("{}: {}", message.role, message.content));
    lines.collect::<Vec<_>>().join("\n---\n")
}

fn action(action: &str) -> String {
    serde_json::json!({"reason_for_action": "why not", "action_to_take": action}).to_string()
}

/// Returns a house with an open episode.
fn house(options: &str, index: u64) -> House {
    let mut house = House::default();
    house.load(vec![], options).unwrap();
    house.open("held-out", index, 0).unwrap();
    house
}

/// Returns the mean of a metric over the tasks of a category.
fn mean(environment: &dyn Environment, category: &str, metric: &str) -> (f32, f32) {
    let silence = Answer {
        text: String::new(),
        citations: vec![],
    };
    let questions = environment.questions().unwrap().into_iter();
    let tasks = questions.filter(|it| it.text.is_empty() && it.category == category);
    let values: Vec<f32> = tasks
        .map(|task| {
            let score = environment.score(&task.id, &silence).unwrap();
            let found = score.metrics.iter().find(|(name, _)| name == metric);
            found.unwrap().1
        })
        .collect();
    (values.iter().sum(), values.len() as f32)
}

#[test]
fn a_bank_that_is_no_graph_is_refused_by_its_name() {
    let mut host = MockHost::scripted(Flat::default(), &[]).in_environment(Maze::new(true, 1));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let why = "ariadne keeps a graph, and the bank flat has no operation `link`: set components.bank to \
               graph";
    assert_eq!(
        configured("{}").observe(&mut host, content, None),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn a_small_model_needs_listed_actions() {
    let mut host = in_maze(false, 1, &["t1 keep"]);
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let Err(Error::Unsupported(why)) = configured(WORDS).observe(&mut host, content, None) else {
        panic!("accepted");
    };
    assert!(why.contains("session 1 lists none"), "{why}");
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(Ariadne::default().describe().control_words.is_empty());
    let words = configured(WORDS).describe().control_words;
    assert_eq!(words.len(), 2 + 16);
    assert_eq!(configured(WORDS).describe().roles.len(), 6);
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&configured(WORDS).snapshot()), Ok(()));
    assert!(policy.restore(&Graph::default().snapshot()).is_err());
    assert!(policy.restore(b"?").is_err());
}
