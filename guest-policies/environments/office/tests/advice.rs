//! Advice of demonstrators is always among the actions that are listed.

#![allow(clippy::unwrap_used, reason = "tests")]

use environment_office::Office;
use memloom_sdk::Environment;
use memloom_sdk::types::SessionContent;

/// Some of these demonstrators delete the wrong one of two contacts, and remember the id of the
/// other, which is gone in the next session.
#[test]
fn advice_is_listed_after_what_is_remembered_is_gone() {
    let options = r#"{"difficulty": 1, "templates": 2, "people": 3, "rows": 4, "sessions": 4}"#;
    let mut office = Office::default();
    office.load(vec![], options).unwrap();
    for seed in 0..300 {
        let episode = office.open("train", 4026, 0).unwrap();
        for session in 1..=episode.sessions {
            let SessionContent::Task(task) = office.session(session).unwrap() else {
                panic!("a session without a task");
            };
            let mut actions = task.actions;
            while !actions.is_empty() {
                let action = office.advise("demonstrator", seed).unwrap();
                assert!(
                    actions.contains(&action),
                    "seed {seed}, session {session}: {action} is not in {actions:?}"
                );
                actions = office.act(&action).unwrap().actions;
            }
        }
    }
}
