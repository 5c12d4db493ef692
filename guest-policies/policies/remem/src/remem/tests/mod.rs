#![allow(clippy::unwrap_used, reason = "tests")]

mod constrained;
mod doors;
mod outputs;
mod prompts;
mod streams;

use self::doors::{Doors, door, with};
use super::*;
use bank_cases::Cases;
use bank_flat::Flat;
use memloom_sdk::host::Request;
use memloom_sdk::types::Task;
use memloom_sdk::{Bank, Environment, MockHost};

fn configured(options: &str) -> ReMem {
    let mut policy = ReMem::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Lives through sessions 1 to `sessions`.
fn live<B: Bank>(options: &str, host: &mut MockHost<B>, sessions: u32) -> Vec<Report> {
    let mut policy = configured(options);
    let sessions = 1..=sessions;
    sessions
        .map(|index| one(&mut policy, host, index).unwrap())
        .collect()
}

fn one<B: Bank>(policy: &mut ReMem, host: &mut MockHost<B>, index: u32) -> Result<Report, Error> {
    let content = host.environment.as_mut().unwrap().session(index)?;
    policy.observe(host, content, None)
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the score of a question.
fn reward<B: Bank>(host: &MockHost<B>, question: &str) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    environment.score(question, &nothing).unwrap().reward
}

/// Returns the rewards of doors 1 to `doors`.
fn rewards(host: &MockHost<Cases>, doors: u32) -> Vec<f32> {
    let doors = 1..=doors;
    doors
        .map(|number| reward(host, &number.to_string()))
        .collect()
}

/// Returns the messages of a request, but the instructions.
fn prompt(request: &Request) -> String {
    let messages = request.messages.iter().filter(|m| m.role != "system");
    let lines = messages.map(|m| format!("{}: {}", m.role, m.content));
    lines.collect::<Vec<_>>().join("\n---\n")
}

/// Uses the key that an experience in the prompt speaks of, else the red one.
fn reader(request: &Request) -> Result<String, String> {
    let knows = prompt(request).contains("blue key");
    Ok(format!(
        "Action: {}",
        with(if knows { "blue" } else { "red" })
    ))
}

fn doors(outputs: &[&str]) -> MockHost<Cases> {
    MockHost::scripted(Cases::default(), outputs).in_environment(Doors::new(false))
}

fn field(bank: &Cases, id: &str, name: &str) -> String {
    let entries = bank.entries();
    let entry = entries.iter().find(|entry| entry.id == id).unwrap();
    let found = entry.fields.iter().find(|(other, _)| other == name);
    found.unwrap().1.clone()
}

#[test]
fn a_an_actor_that_reads_what_failed_succeeds_from_the_second_task_on_and_never_without_memory() {
    for (memory, expected) in [
        ("rag", [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("recent", [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("refine", [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("none", [0.0; 6]),
    ] {
        let options = format!(r#"{{"memory": "{memory}", "store": "all"}}"#);
        let mut host = MockHost::new(Cases::default(), reader).in_environment(Doors::new(false));
        live(&options, &mut host, 6);
        assert_eq!(rewards(&host, 6), expected, "{memory}");
    }
}

#[test]
fn b_of_six_tasks_of_which_the_first_fails_five_are_kept_or_all() {
    let outputs = [&["Action: use red key"][..], &["Action: use blue key"; 5]].concat();
    for (store, kept) in [("success", 5), ("all", 6)] {
        let mut host = doors(&outputs);
        let reports = live(&format!(r#"{{"store": "{store}"}}"#), &mut host, 6);
        assert_eq!(host.bank.entries().len(), kept);
        let inserted: u32 = reports.iter().map(|report| count(report, "insert")).sum();
        assert_eq!(inserted as usize, kept);
        let last = host.bank.entries().pop().unwrap();
        assert_eq!(last.text, door(6));
        let named = ["plan", "outcome", "score", "steps"].map(|it| field(&host.bank, &last.id, it));
        assert_eq!(named, ["use blue key -> It opens.", "success", "1", "1"]);
    }
}

#[test]
fn a_task_that_comes_again_and_is_done_alike_is_one_case_with_two_uses() {
    let mut host = doors(&["Action: use blue key"; 2]);
    let mut policy = configured(r#"{"memory": "rag"}"#);
    for _ in 0..2 {
        one(&mut policy, &mut host, 1).unwrap();
    }
    // Once for each time that it was done, and once since it was shown.
    assert_eq!(host.bank.entries().len(), 1);
    assert_eq!(field(&host.bank, "c1", "uses"), "3");
}

#[test]
fn c_pruned_experiences_leave_the_prompt_and_stay_in_the_bank_with_fewer_uses() {
    let outputs = [
        &["Action: use blue key"; 4][..],
        &["Think-Prune: 2-3,9", "Action: use blue key"],
    ]
    .concat();
    let mut host = doors(&outputs);
    let options = r#"{"memory": "refine", "store": "success"}"#;
    let mut policy = configured(options);
    for index in 1..=4 {
        one(&mut policy, &mut host, index).unwrap();
    }
    let before = host.bank.entries();
    let report = one(&mut policy, &mut host, 5).unwrap();
    let [asked, after] = [4, 5].map(|at| prompt(&host.requests[at]));
    for number in 1..=4 {
        let heading = format!("[Experience #{number}]");
        assert!(asked.contains(&heading), "{asked}");
        assert_eq!(
            after.contains(&heading),
            [1, 4].contains(&number),
            "{after}"
        );
    }
    assert!(
        after.ends_with(
            "---\nassistant: Think-Prune: 2, 3, 9\n---\n\
             user: Dropped: 2, 3. Unknown: 9. Go on."
        ),
        "{after}"
    );
    assert_eq!((report.refused, count(&report, "prune")), (1, 1));
    assert_eq!(host.bank.entries().len(), 5);
    let goals: Vec<&str> = asked
        .lines()
        .filter_map(|line| line.strip_prefix("Goal: "))
        .collect();
    for (place, goal) in goals.iter().enumerate() {
        let case = before.iter().find(|entry| entry.text == **goal).unwrap();
        let [was, is] = [
            case.fields[6].1.clone(),
            field(&host.bank, &case.id, "uses"),
        ]
        .map(|uses| uses.parse::<u32>().unwrap());
        // The others were shown in a task that succeeded.
        match place {
            1 | 2 => assert_eq!(is, was - 1),
            _ => assert_eq!(is, was + 1),
        }
    }
}

#[test]
fn d_no_task_is_shown_an_experience_of_itself_or_of_a_later_one() {
    for memory in ["recent", "rag", "refine"] {
        let mut host = MockHost::new(Cases::default(), |_| Ok("Action: use blue key".into()))
            .in_environment(Doors::new(false));
        live(&format!(r#"{{"memory": "{memory}"}}"#), &mut host, 8);
        let mut shown = 0;
        for (session, request) in (1..).zip(&host.requests) {
            let prompt = prompt(request);
            let goals = prompt
                .lines()
                .filter_map(|line| line.strip_prefix("Goal: "));
            for goal in goals {
                assert!((1..session).any(|earlier| door(earlier) == goal), "{goal}");
                shown += 1;
            }
        }
        assert_eq!(shown, 1 + 2 + 3 + 4 * 4);
    }
}

#[test]
fn f_other_experiences_give_other_prompts_and_the_same_ones_the_same() {
    let mut host = doors(&["Action: use blue key"; 3]);
    live("{}", &mut host, 3);
    let forked = |more: bool| {
        let mut bank = Cases::default();
        bank.restore(&host.bank.snapshot()).unwrap();
        if more {
            let pruned = memloom_sdk::types::Operation::Delete("c2".into());
            let at = Moment {
                session: 3,
                time: "day 3".into(),
            };
            bank.apply(at, vec![pruned])[0].clone().unwrap();
        }
        let mut fork =
            MockHost::scripted(bank, &["Action: use blue key"]).in_environment(Doors::new(false));
        one(&mut configured("{}"), &mut fork, 4).unwrap();
        fork.requests
    };
    assert_eq!(forked(false), forked(false));
    assert_eq!(forked(true), forked(true));
    assert_ne!(prompt(&forked(false)[0]), prompt(&forked(true)[0]));
}

#[test]
fn h_a_rollout_that_keeps_a_case_gains_more_after_session_1_than_one_that_does_not() {
    // The actor succeeds at first by chance, and later where a success is shown.
    let after_first = |first: &'static str| {
        let mut has_acted = false;
        let actor = move |request: &Request| {
            let knows = prompt(request).contains("use blue key -> It opens.");
            let key = if knows { "blue" } else { "red" };
            let key = if has_acted { key } else { first };
            has_acted = true;
            Ok(format!("Action: {}", with(key)))
        };
        let mut host = MockHost::new(Cases::default(), actor).in_environment(Doors::new(false));
        live(r#"{"memory": "rag"}"#, &mut host, 4);
        let rewards = rewards(&host, 4);
        (host.bank.entries().len(), rewards[1..].iter().sum::<f32>())
    };
    assert_eq!(after_first("blue"), (4, 3.0));
    assert_eq!(after_first("red"), (0, 0.0));
}

#[test]
fn a_bank_without_cases_is_refused_by_name_unless_nothing_is_kept() {
    let mut host = MockHost::scripted(Flat::default(), &["Action: use blue key"])
        .in_environment(Doors::new(false));
    let refused = one(&mut configured("{}"), &mut host, 1);
    let why = "remem keeps cases, and the bank flat has no operation `outcome`: use cases, or set \
               `memory` to \"none\"";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
    let report = one(&mut configured(r#"{"memory": "none"}"#), &mut host, 1).unwrap();
    let counts = ["act", "prune", "outcome", "insert"].map(|name| count(&report, name));
    assert_eq!((counts, host.bank.entries().len()), ([1, 0, 0, 0], 0));
}

#[test]
fn dialogue_and_questions_are_refused() {
    let mut host = doors(&[]);
    let dialogue = memloom_sdk::mock_host::dialogue_session(1, &[("Ben", "It rains.")]);
    let mut policy = configured("{}");
    let why = "remem acts in task sessions and does not read dialogue";
    assert_eq!(
        policy.observe(&mut host, dialogue, None),
        Err(Error::Unsupported(why.into()))
    );
    let why = "remem answers within its tasks alone: ask it no questions";
    assert_eq!(
        policy.answer(&mut host, "Which key?"),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let failed = one(&mut configured("{}"), &mut doors(&[]), 1);
    assert_eq!(
        failed,
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&ReMem::default().snapshot()), Ok(()));
    assert!(policy.restore(&Cases::default().snapshot()).is_err());
}
