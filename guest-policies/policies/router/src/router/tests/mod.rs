#![allow(clippy::unwrap_used, reason = "tests")]

mod acceptance;
mod constrained;
mod own;
mod remembering;

use std::collections::BTreeMap;

use bank_cases::Cases;
use bank_flat::Flat;
use environment_counsel::Counsel;
use memloom_sdk::host::Request;
use memloom_sdk::{Bank, Environment, MockHost};

use super::*;

/// Questions of one relation, which only advisers know.
const ASKED: &str = r#"{"tools": ["ask"], "domains": 2, "hops": 1, "told": false, "slack": 5,
    "actions": "open", "price_weight": 0.6}"#;

fn configured(options: &str) -> Router {
    let mut policy = Router::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

fn opened(options: &str, index: u64, horizon: u32) -> Counsel {
    let mut counsel = Counsel::default();
    counsel.load(vec![], options).unwrap();
    counsel.open("train", index, horizon).unwrap();
    counsel
}

fn scripted(outputs: &[&str], environment: Counsel) -> MockHost<Flat> {
    MockHost::scripted(Flat::default(), outputs).in_environment(environment)
}

/// Observes a session of the host's environment.
fn one<B: Bank>(
    policy: &mut Router,
    host: &mut MockHost<B>,
    session: u32,
) -> Result<Report, Error> {
    let content = host.environment.as_mut().unwrap().session(session)?;
    policy.observe(host, content, None)
}

/// Lives through sessions 1 to `sessions`.
fn live<B: Bank>(options: &str, host: &mut MockHost<B>, sessions: u32) -> Vec<Report> {
    let mut policy = configured(options);
    let sessions = 1..=sessions;
    sessions
        .map(|session| one(&mut policy, host, session).unwrap())
        .collect()
}

/// Returns the metrics of a task.
fn metrics<B: Bank>(host: &MockHost<B>, session: u32) -> BTreeMap<String, f32> {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    let score = environment.score(&format!("task-{session}"), &nothing);
    score.unwrap().metrics.into_iter().collect()
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the last message of a request.
fn last(request: &Request) -> &str {
    &request.messages.last().unwrap().content
}

/// The first task of an episode: an adviser and his price, if there are any, the fact that is asked for,
/// and the answer.
struct First {
    adviser: String,
    price: f32,
    question: String,
    gold: String,
}

impl First {
    fn new(options: &str, index: u64) -> Self {
        let mut counsel = opened(options, index, 4);
        let Ok(SessionContent::Task(task)) = counsel.session(1) else {
            panic!("session 1 is no task");
        };
        let rest = task.instruction.split_once(" is the ").unwrap().1;
        let (question, rest) = rest.split_once("? ").unwrap();
        let (adviser, rest) = rest.split_once(" costs ").unwrap_or(("", "0"));
        let told = counsel.act("answer nobody").unwrap().text;
        let gold = told.trim_end_matches('.').split_once(" is ").unwrap().1;
        let gold = gold.rsplit_once(" is ").unwrap().1;
        Self {
            adviser: adviser.into(),
            price: rest[..1].parse().unwrap(),
            question: question.into(),
            gold: gold.into(),
        }
    }

    fn ask(&self) -> String {
        let Self {
            adviser, question, ..
        } = self;
        format!("<think>hm</think>\n<search>{adviser}: {question}</search>")
    }

    fn right(&self) -> String {
        format!("<think>hm</think>\n<answer>{}</answer>", self.gold)
    }
}

#[test]
fn questions_are_refused() {
    let mut host = scripted(&[], opened(ASKED, 1, 4));
    let why = "router answers within its tasks alone: ask it no questions";
    assert_eq!(
        configured("{}").answer(&mut host, "Who?"),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&Router::default().snapshot()), Ok(()));
    assert!(policy.restore(&Flat::default().snapshot()).is_err());
}

#[test]
fn the_expert_is_followed_through_questions_in_text_and_under_a_grammar() {
    for (environment, policy) in [
        (r#"{"actions": "open"}"#, r#"{"notes": "all"}"#),
        ("{}", r#"{"notes": "all", "constrained": true}"#),
        (
            r#"{"tools": [], "actions": "open"}"#,
            r#"{"information": "searcher"}"#,
        ),
        (
            r#"{"tools": [], "actions": "open"}"#,
            r#"{"information": "own"}"#,
        ),
    ] {
        let mut host =
            MockHost::demonstrated(Flat::default()).in_environment(opened(environment, 2, 8));
        host.demonstrator = Some(("expert", 1));
        let reports = live(policy, &mut host, 8);
        let faults = reports
            .iter()
            .map(|report| report.malformed + report.refused);
        assert_eq!(faults.sum::<u32>(), 0, "{policy}");
        if !environment.contains("[]") {
            let right = [1, 3, 4, 5, 7, 8].map(|session| metrics(&host, session)["success"]);
            assert!(right.iter().sum::<f32>() >= 5.0, "{policy}: {right:?}");
        }
    }
}
