#![allow(clippy::unwrap_used, reason = "tests")]

mod constrained;
mod levers;
mod plans;
mod reflections;
mod worlds;

use bank_cases::Cases;
use bank_flat::Flat;
use memloom_sdk::host::Request;
use memloom_sdk::{Bank, Environment, MockHost};

use self::levers::Levers;
use super::*;

fn configured(options: &str) -> Rafa {
    let mut policy = Rafa::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Observes a session of the host's environment.
fn one<B: Bank>(options: &str, host: &mut MockHost<B>, session: u32) -> Result<Report, Error> {
    let content = host.environment.as_mut().unwrap().session(session)?;
    configured(options).observe(host, content, None)
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the prompt of a request without instructions.
fn prompt(request: &Request) -> &str {
    &request.messages.last().unwrap().content
}

/// Returns the requests to a role.
fn asked<'h, B>(host: &'h MockHost<B>, role: &str) -> Vec<&'h Request> {
    let requests = host.requests.iter();
    requests.filter(|request| request.role == role).collect()
}

/// Returns the actions of a prompt, done and imagined.
fn acts(request: &Request) -> Vec<&str> {
    let lines = prompt(request).lines();
    lines.filter_map(|line| line.strip_prefix("> ")).collect()
}

/// A model that proposes the levers in turn, sees nothing ahead, and values states by a function of the
/// acts that lead to them.
fn planner(value: fn(&[&str]) -> String) -> impl FnMut(&Request) -> Result<String, String> {
    move |request| {
        Ok(match &*request.role {
            "proposer" => {
                let proposed = prompt(request).split_once("Proposed already:");
                let proposed = proposed.map_or(0, |(_, lines)| lines.trim().lines().count());
                format!("action: pull {}", levers::LEVERS[proposed])
            }
            "simulator" => "It may open.".into(),
            "critic" => value(&acts(request)),
            _ => "reflection: pull another lever".into(),
        })
    }
}

#[test]
fn dialogue_and_questions_are_refused() {
    let mut host = MockHost::scripted(Cases::default(), &[]);
    let dialogue = memloom_sdk::mock_host::dialogue_session(1, &[("Ben", "It rains.")]);
    let why = "rafa acts in task sessions and does not read dialogue";
    assert_eq!(
        configured("{}").observe(&mut host, dialogue, None),
        Err(Error::Unsupported(why.into()))
    );
    let why = "rafa answers within its tasks alone: ask it no questions";
    assert_eq!(
        configured("{}").answer(&mut host, "Which?"),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host =
        MockHost::scripted(Cases::default(), &[]).in_environment(Levers::new(true, "left", 1));
    let why = "the script has no further output";
    assert_eq!(one("{}", &mut host, 1), Err(Error::Invalid(why.into())));
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&Rafa::default().snapshot()), Ok(()));
    assert!(policy.restore(&Cases::default().snapshot()).is_err());
}
