#![allow(clippy::unwrap_used, reason = "tests")]

mod compact;
mod gates;
mod keeping;
mod office;
mod plans;

use self::gates::Gates;
use super::*;
use bank_cases::Cases;
use bank_flat::Flat;
use memloom_sdk::host::Request;
use memloom_sdk::types::{Insertion, Operation};
use memloom_sdk::{Bank, Environment, MockHost};

const RED: &str = "action: use red key";
const BLUE: &str = "action: use blue key";

/// Returns a plan of steps that follows cases.
fn plan(steps: &[&str], cases: &[usize]) -> String {
    let steps = (1..).zip(steps);
    let steps = steps.map(|(id, step)| serde_json::json!({"id": id, "description": step}));
    let steps: Vec<_> = steps.collect();
    serde_json::json!({"cases": cases, "plan": steps}).to_string()
}

fn configured(options: &str) -> Casebook {
    let mut policy = Casebook::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

fn at_gates(gates: Gates, outputs: &[&str]) -> MockHost<Cases> {
    MockHost::scripted(Cases::default(), outputs).in_environment(gates)
}

/// Returns a host at gates with two tries each and without listed actions.
fn gates(outputs: &[&str]) -> MockHost<Cases> {
    at_gates(Gates::new(false, 2), outputs)
}

fn one<B: Bank>(
    policy: &mut Casebook,
    host: &mut MockHost<B>,
    index: u32,
) -> Result<Report, Error> {
    let content = host.environment.as_mut().unwrap().session(index)?;
    policy.observe(host, content, None)
}

/// Lives through some sessions.
fn live(options: &str, host: &mut MockHost<Cases>, sessions: &[u32]) -> Vec<Report> {
    let mut policy = configured(options);
    let sessions = sessions.iter();
    sessions
        .map(|&index| one(&mut policy, host, index).unwrap())
        .collect()
}

/// Puts a case into the bank.
fn case(bank: &mut Cases, goal: &str, plan: &str, outcome: &str) {
    let fields = [("plan", plan), ("outcome", outcome)];
    let fields = fields.map(|(name, value)| (name.to_string(), value.to_string()));
    let insertion = Insertion {
        fields: fields.into(),
        ..Insertion::new(goal, "", vec![])
    };
    let at = Moment {
        session: 1,
        time: "day 1".into(),
    };
    let results = bank.apply(at, vec![Operation::Insert(insertion)]);
    assert!(results[0].is_ok());
}

fn field(bank: &Cases, id: &str, name: &str) -> String {
    let entries = bank.entries();
    let entry = entries.iter().find(|entry| entry.id == id).unwrap();
    let found = entry.fields.iter().find(|(other, _)| other == name);
    found.unwrap().1.clone()
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the messages of a request, but the instructions.
fn prompt(request: &Request) -> String {
    let messages = request.messages.iter().filter(|m| m.role != "system");
    let lines = messages.map(|m| format!("{}: {}", m.role, m.content));
    lines.collect::<Vec<_>>().join("\n---\n")
}

#[test]
fn a_bank_without_cases_is_refused_by_name_unless_nothing_is_kept() {
    let host = |outputs: &[&str]| {
        MockHost::scripted(Flat::default(), outputs).in_environment(Gates::default())
    };
    let refused = one(&mut configured("{}"), &mut host(&[]), 1);
    let why = "casebook keeps cases, and the bank flat has no operation `outcome`: use cases, or set \
               `memory` to \"none\"";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
    let mut host = host(&[&plan(&["open it"], &[]), BLUE]);
    let report = one(&mut configured(r#"{"memory": "none"}"#), &mut host, 1).unwrap();
    let counts = ["act", "outcome", "insert"].map(|name| count(&report, name));
    assert_eq!((counts, host.bank.entries().len()), ([1, 0, 0], 0));
}

#[test]
fn dialogue_and_questions_are_refused() {
    let mut host = gates(&[]);
    let dialogue = memloom_sdk::mock_host::dialogue_session(1, &[("Ben", "It rains.")]);
    let mut policy = configured("{}");
    let why = "casebook acts in task sessions and does not read dialogue";
    assert_eq!(
        policy.observe(&mut host, dialogue, None),
        Err(Error::Unsupported(why.into()))
    );
    let why = "casebook answers within its tasks alone: ask it no questions";
    assert_eq!(
        policy.answer(&mut host, "Which key?"),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let failed = one(&mut configured("{}"), &mut gates(&[]), 1);
    assert_eq!(
        failed,
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&Casebook::default().snapshot()), Ok(()));
    let why = "casebook: this is a snapshot of \"cases\"";
    assert_eq!(
        policy.restore(&Cases::default().snapshot()),
        Err(Error::Invalid(why.into()))
    );
}
