#![allow(clippy::unwrap_used, reason = "tests")]

mod chunks;
mod outputs;
mod speaker;
mod sums;

use self::speaker::Speaker;
use super::*;
use environment_sums::Sums;
use memloom_sdk::Environment;
use memloom_sdk::host::FinishReason;

/// Chunks of 64 tokens, 32 of them carried, 4 of these from the beginning.
const SMALL: &str = r#"{"context": 64, "state": 32, "head": 4, "chunks": 3}"#;

fn configured(options: &str) -> Delethink {
    let mut policy = Delethink::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Returns the environment with the first training episode open.
fn opened(options: &str) -> Sums {
    let mut sums = Sums::default();
    sums.load(vec![], options).unwrap();
    sums.open("train", 0, 0).unwrap();
    sums
}

/// Lives through a session and returns the report.
fn live(policy: &mut Delethink, host: &mut Speaker, session: u32) -> Report {
    let content = host.environment().session(session).unwrap();
    policy.observe(host, content, None).unwrap()
}

fn reward(host: &mut Speaker, session: u32) -> f32 {
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    let question = format!("task-{session}");
    host.environment().score(&question, &silent).unwrap().reward
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}
