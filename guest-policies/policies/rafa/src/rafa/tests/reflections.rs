//! Reflections on failed tasks.

use super::*;

const OPTIONS: &str = r#"{"depth": 1, "breadth": 1}"#;
const KEEP: &str = r#"{"depth": 1, "breadth": 1, "keep": true}"#;

/// A host whose model pulls the left lever and numbers its reflections.
fn reflecting(right: &'static str) -> MockHost<Cases> {
    let mut count = 0;
    let model = move |request: &Request| {
        Ok(match &*request.role {
            "proposer" => "action: pull left".into(),
            "critic" => "value = 1".into(),
            "reflector" => {
                count += 1;
                format!("So.\nreflection: lesson {count}")
            }
            _ => String::new(),
        })
    };
    MockHost::new(Cases::default(), model).in_environment(Levers::new(true, right, 1))
}

fn plans(host: &MockHost<Cases>) -> Vec<String> {
    let entries = host.bank.entries().into_iter();
    entries.map(|entry| entry.fields[0].1.clone()).collect()
}

/// Returns the lessons in the last prompt of a role.
fn shown<'h>(host: &'h MockHost<Cases>, role: &str) -> Vec<&'h str> {
    let last = asked(host, role).pop().unwrap();
    let lines = prompt(last).lines();
    lines.filter_map(|line| line.strip_prefix("- ")).collect()
}

#[test]
fn after_a_fourth_failure_only_the_last_three_reflections_are_shown() {
    let mut host = reflecting("right");
    for session in 1..=5 {
        let report = one(OPTIONS, &mut host, session).unwrap();
        let counts = ["act", "insert", "delete"].map(|name| count(&report, name));
        assert_eq!((counts, report.refused), ([1, 1, 0], 0));
    }
    let last = ["lesson 2", "lesson 3", "lesson 4"];
    for role in ["proposer", "simulator", "critic", "reflector"] {
        assert_eq!(shown(&host, role), last, "{role}");
    }
    let prompt = prompt(asked(&host, "critic")[1]);
    assert!(
        prompt.starts_with("Lessons from failed tries:\n- lesson 1\nTask: Open gate 1.\n"),
        "{prompt}"
    );
    let case = host.bank.entries().remove(0);
    let fields: Vec<&str> = case.fields[..5].iter().map(|(_, value)| &**value).collect();
    assert_eq!(fields, ["lesson 1", "failure", "0", "", "1"]);
}

#[test]
fn a_solved_task_leaves_no_reflections_and_those_of_other_tasks_stay_unseen() {
    let mut host = reflecting("right");
    for session in [1, 2, 11] {
        one(OPTIONS, &mut host, session).unwrap();
    }
    assert_eq!(plans(&host), ["lesson 1", "lesson 2", "lesson 3"]);
    host.environment = Some(Box::new(Levers::new(true, "left", 1)));
    let report = one(OPTIONS, &mut host, 3).unwrap();
    assert_eq!(shown(&host, "critic"), ["lesson 1", "lesson 2"]);
    assert_eq!((count(&report, "delete"), count(&report, "insert")), (2, 0));
    assert_eq!(plans(&host), ["lesson 3"]);
}

#[test]
fn reflections_that_are_kept_outlive_their_task_and_are_shown_in_like_ones() {
    let mut host = reflecting("right");
    for session in [1, 2] {
        one(KEEP, &mut host, session).unwrap();
    }
    host.environment = Some(Box::new(Levers::new(true, "left", 1)));
    let report = one(KEEP, &mut host, 11).unwrap();
    assert_eq!(shown(&host, "critic"), ["lesson 1", "lesson 2"]);
    assert_eq!(count(&report, "delete"), 0);
    assert_eq!(plans(&host), ["lesson 1", "lesson 2"]);
}

#[test]
fn a_reflection_without_its_line_is_malformed_and_nothing_is_kept() {
    let mut host = MockHost::scripted(
        Cases::default(),
        &[
            "action: pull left",
            "It opens.",
            "value = 1",
            "It was wrong.",
        ],
    )
    .in_environment(Levers::new(true, "right", 1));
    let report = one(OPTIONS, &mut host, 1).unwrap();
    assert_eq!((report.malformed, count(&report, "insert")), (1, 0));
    assert_eq!(plans(&host), [""; 0]);
}

#[test]
fn a_bank_without_plans_is_refused_by_name_unless_nothing_is_reflected() {
    let outputs = ["action: pull left", "It opens.", "value = 1"];
    let mut host =
        MockHost::scripted(Flat::default(), &outputs).in_environment(Levers::new(true, "right", 1));
    let why = "rafa keeps reflections as cases, and entries of the bank flat have no field `plan`: use \
               cases, or set `reflections` to 0";
    assert_eq!(
        one(OPTIONS, &mut host, 1),
        Err(Error::Unsupported(why.into()))
    );
    let options = r#"{"depth": 1, "breadth": 1, "reflections": 0}"#;
    assert_eq!(one(options, &mut host, 1).unwrap().steps, 3);
}
