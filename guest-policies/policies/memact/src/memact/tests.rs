#![allow(clippy::unwrap_used, reason = "tests")]

use bank_flat::Flat;
use bank_tray::Tray;
use environment_quest::Quest;
use memloom_sdk::environment::DataFile;
use memloom_sdk::host::Request;
use memloom_sdk::text::word_count;
use memloom_sdk::{Bank, Environment, MockHost};

use super::*;

fn configured(options: &str) -> MemAct {
    let mut policy = MemAct::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Returns an open episode of a made-up world.
fn made_up(options: &str, index: u64) -> Quest {
    let mut quest = Quest::default();
    quest.load(vec![], options).unwrap();
    quest.open("train", index, 0).unwrap();
    quest
}

/// Returns an open episode of a file: what the gates of four gardens are made of, where the last one
/// is told of at length. Every search finds one document.
fn gates() -> Quest {
    let gate = |name: &str, made: &str, more: usize| {
        let contents = format!(
            "The gate of {name} is made of {made}.{}",
            " It is old.".repeat(more)
        );
        serde_json::json!({"title": name, "contents": contents}).to_string()
    };
    let question = r#"{"question": "What is the gate of Birch made of?", "answers": ["oak"]}"#;
    let lines = [
        gate("Alder", "iron, said h1", 0),
        gate("Birch", "oak", 0),
        gate("Clover", "bronze", 0),
        gate("Daisy", "stone", 7000),
        question.into(),
    ];
    let file = DataFile {
        name: "gates.jsonl".into(),
        bytes: lines.join("\n").into_bytes(),
    };
    let mut quest = Quest::default();
    let options = r#"{"top": 1, "turns": 40, "objectives": 1, "penalty": 0.1}"#;
    let report = quest.load(vec![file], options).unwrap();
    let split = report
        .splits
        .iter()
        .find(|split| split.episodes == Some(1))
        .unwrap();
    quest.open(&split.name, 0, 0).unwrap();
    quest
}

fn search(words: &str) -> String {
    format!(r#"{{"call": "search", "query": "{words}"}}"#)
}

fn fold(ids: &str, memory: &str) -> String {
    format!(r#"{{"call": "fold", "memory": "{memory}", "delete_ids": {ids}}}"#)
}

const ANSWER: &str = r#"{"call": "answer", "answers": ["oak"]}"#;

/// Plays the gardens with outputs.
fn played(options: &str, outputs: &[String]) -> (MockHost<Tray>, Report) {
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut host = MockHost::scripted(Tray::default(), &outputs).in_environment(gates());
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let report = configured(options)
        .observe(&mut host, content, None)
        .unwrap();
    (host, report)
}

/// Returns a metric of the first task.
fn metric<B: Bank>(host: &MockHost<B>, name: &str) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let score = host
        .environment
        .as_ref()
        .unwrap()
        .score("task-1", &nothing)
        .unwrap();
    score
        .metrics
        .into_iter()
        .find(|(other, _)| other == name)
        .unwrap()
        .1
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the user's message of a request.
fn prompt(request: &Request) -> &str {
    &request.messages[1].content
}

/// Returns four searches: of the records h1 to h4.
fn four() -> Vec<String> {
    ["Alder", "Birch", "Clover", "Birch oak"].map(search).into()
}

fn ids(host: &MockHost<Tray>) -> Vec<String> {
    host.bank
        .entries()
        .into_iter()
        .map(|entry| entry.id)
        .collect()
}

#[test]
fn a_prompt_has_the_questions_and_the_records_in_order() {
    let (host, report) = played("{}", &[search("Alder"), search("Birch"), ANSWER.into()]);
    assert_eq!(
        prompt(&host.requests[0]),
        "Questions:\nWhat is the gate of Birch made of?\n\nRecords:\n(none)"
    );
    let last = prompt(&host.requests[2]);
    let [first, second] = [
        "[h1] (day 1) search: Alder\n",
        "[h2] (day 1) search: Birch\n",
    ];
    assert!(
        last.find(first).unwrap() < last.find(second).unwrap(),
        "{last}"
    );
    assert_eq!(metric(&host, "return"), 1.0);
    let counts = ["act", "insert", "fold"].map(|name| count(&report, name));
    assert_eq!((report.steps, counts), (3, [3, 2, 0]));
    assert!(host.bank.entries()[0].evidence[0].starts_with("Doc "));
}

#[test]
fn b_a_fold_of_h1_and_h3_of_four_leaves_h2_h4_and_the_summary_last() {
    let outputs = [
        &four()[..],
        &[fold(r#"["h1","h3"]"#, "Two gates."), ANSWER.into()],
    ]
    .concat();
    let (host, report) = played("{}", &outputs);
    assert_eq!(ids(&host), ["h2", "h4", "h5"]);
    let last = prompt(&host.requests[5]);
    let places = ["[h2]", "[h4]", "[h5] (day 1) Two gates."].map(|it| last.find(it).unwrap());
    assert!(places.is_sorted());
    assert!(word_count(last) < word_count(prompt(&host.requests[4])));
    assert_eq!((count(&report, "fold"), report.refused), (1, 0));
    let mut restored = Tray::default();
    restored.restore(&host.bank.snapshot()).unwrap();
    assert_eq!(restored.snapshot(), host.bank.snapshot());
    assert_eq!(restored.entries(), host.bank.entries());
}

#[test]
fn c_the_prompt_after_a_fold_has_no_result_of_what_was_folded() {
    let outputs = [
        search("Alder"),
        fold(r#"["h1"]"#, "Seen Alder."),
        ANSWER.into(),
    ];
    let (host, _) = played("{}", &outputs);
    assert!(prompt(&host.requests[1]).contains("made of iron"));
    assert!(!prompt(&host.requests[2]).contains("made of iron"));
    assert!(prompt(&host.requests[2]).contains("Seen Alder."));
}

#[test]
fn d_a_bad_fold_is_refused_with_its_reason_and_leaves_the_tray_as_it_is() {
    for (call, why) in [
        (fold(r#"["h1"]"#, ""), "fold: `memory` is missing or empty"),
        (fold("[]", "x"), "fold: `delete_ids` is missing or empty"),
        (fold(r#"["h9"]"#, "x"), "h9"),
        (fold(r#"["h1", "h9"]"#, "x"), "h9"),
        // The task itself is no record.
        (fold(r#"["task-1"]"#, "x"), "task-1"),
        (
            "I fold h1.".into(),
            "The last reply had no call that can be read.",
        ),
    ] {
        let is_malformed = !call.starts_with('{');
        let (host, report) = played(
            "{}",
            &[search("Alder"), call, search("Birch"), ANSWER.into()],
        );
        let after = prompt(&host.requests[2]);
        let (records, note) = after.rsplit_once("\n\n").unwrap();
        assert_eq!(records, prompt(&host.requests[1]), "{why}");
        assert!(note.contains(why), "{note}");
        assert_eq!(report.steps, 4);
        let counts = (report.refused, report.malformed);
        assert_eq!(counts, (u32::from(!is_malformed), u32::from(is_malformed)));
        // The reason is shown once.
        assert!(!prompt(&host.requests[3]).contains(note));
    }
    // An id that stands twice counts once.
    let (host, report) = played(
        "{}",
        &[search("Alder"), fold(r#"["h1","h1"]"#, "x"), ANSWER.into()],
    );
    assert_eq!((ids(&host), report.refused), (vec!["h2".to_string()], 0));
}

#[test]
fn e_a_result_that_names_h1_is_not_taken_for_it() {
    let outputs = [
        search("Birch"),
        search("Alder"),
        fold(r#"["h1"]"#, "Birch has oak."),
        ANSWER.into(),
    ];
    let (host, _) = played("{}", &outputs);
    assert_eq!(ids(&host), ["h2", "h3"]);
    assert!(host.entry_texts()[0].contains("iron, said h1."));
}

#[test]
fn f_a_summary_of_a_summary_keeps_the_evidence() {
    let outputs = [
        search("Alder"),
        search("Birch"),
        fold(r#"["h1","h2"]"#, "Two gates."),
        search("Clover"),
        fold(r#"["h3","h4"]"#, "Three gates."),
        ANSWER.into(),
    ];
    let (host, _) = played("{}", &outputs);
    let entries = host.bank.entries();
    assert_eq!((entries.len(), &*entries[0].text), (1, "Three gates."));
    assert_eq!(entries[0].evidence.len(), 3);
}

#[test]
fn g_at_20000_tokens_the_task_is_given_up_and_costs_the_penalty() {
    let options = r#"{"result_tokens": 30000}"#;
    let (host, report) = played(options, &[search("Daisy")]);
    assert_eq!((report.steps, count(&report, "act")), (1, 2));
    assert!((metric(&host, "return") + 0.1).abs() < 1e-6);
    let mut environment = host.environment.unwrap();
    let over = "quest: the task of session 1 is over: read a session to go on";
    assert_eq!(
        environment.act("search: x"),
        Err(Error::Invalid(over.into()))
    );
}

#[test]
fn g_after_the_last_output_the_task_is_given_up() {
    let (host, report) = played(r#"{"turns": 2}"#, &four()[..2]);
    assert_eq!((report.steps, count(&report, "act")), (2, 3));
    assert!((metric(&host, "return") + 0.1).abs() < 1e-6);
}

#[test]
fn the_control_is_told_of_no_fold_and_carries_none_out() {
    let outputs = [search("Alder"), fold(r#"["h1"]"#, "x"), ANSWER.into()];
    let (host, report) = played(r#"{"fold": false}"#, &outputs);
    assert!(!host.requests[0].messages[0].content.contains("fold"));
    assert!(
        prompt(&host.requests[2]).ends_with("The last call failed. fold: there is no such call")
    );
    assert_eq!((report.refused, ids(&host)), (1, vec!["h1".to_string()]));
    let (host, _) = played("{}", &[ANSWER.into()]);
    assert!(
        host.requests[0].messages[0]
            .content
            .contains(r#""call": "fold""#)
    );
}

#[test]
fn folding_is_suggested_and_then_required() {
    let outputs = [
        search("Alder"),
        search("Birch"),
        fold(r#"["h1"]"#, "x"),
        ANSWER.into(),
    ];
    let (host, report) = played(r#"{"suggest_at": 1}"#, &outputs);
    assert!(!prompt(&host.requests[0]).contains("The context has"));
    assert!(prompt(&host.requests[1]).ends_with("Fold records that are no longer needed."));
    assert_eq!(report.refused, 0);
    let (host, report) = played(r#"{"require_at": 1}"#, &outputs);
    assert!(
        prompt(&host.requests[1]).ends_with("Fold records now, or answer: nothing else is done.")
    );
    assert!(
        prompt(&host.requests[2]).contains("The last call failed. search: the context is full")
    );
    assert_eq!((report.refused, ids(&host)), (1, vec!["h2".to_string()]));
}

#[test]
fn tools_stand_in_the_request_where_they_are_asked_for() {
    let answer = r#"FINAL_ANSWER: {"Q1": "oak"}"#;
    let (host, _) = played(r#"{"calls": "tools"}"#, &[answer.into()]);
    assert_eq!(host.requests[0].tools.len(), 2);
    assert!(
        host.requests[0].messages[0]
            .content
            .contains("FINAL_ANSWER")
    );
    assert_eq!(metric(&host, "return"), 1.0);
}

/// Follows a demonstrator through a made-up episode.
fn follow(who: &'static str, options: &str, index: u64) -> (MockHost<Tray>, Report) {
    let world = r#"{"notes": true, "turns": 12}"#;
    let host = MockHost::demonstrated(Tray::default());
    let mut host = host.in_environment(made_up(world, index));
    host.demonstrator = Some((who, 1));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let report = configured(options)
        .observe(&mut host, content, None)
        .unwrap();
    (host, report)
}

#[test]
fn demonstrations_follow_the_advice_and_fold_where_it_is_suggested() {
    for index in 0..10 {
        for (options, folds) in [("{}", false), (r#"{"suggest_at": 1}"#, true)] {
            let (host, report) = follow("expert", options, index);
            assert_eq!((report.malformed, report.refused), (0, 0));
            assert_eq!(metric(&host, "return"), 1.0);
            assert_eq!(count(&report, "fold") > 0, folds);
        }
    }
    let (host, _) = follow("expert", r#"{"suggest_at": 1}"#, 1);
    let last = host.bank.entries().remove(0);
    assert!(last.text.starts_with("The "), "{}", last.text);
    for who in ["everything", "nothing", "demonstrator"] {
        let (_, report) = follow(who, "{}", 2);
        assert_eq!((report.malformed, report.refused), (0, 0));
    }
}

#[test]
fn a_bank_that_cannot_fold_is_refused_by_name_unless_nothing_is_folded() {
    for (options, accepted) in [("{}", false), (r#"{"fold": false}"#, true)] {
        let mut host = MockHost::scripted(Flat::default(), &[ANSWER]).in_environment(gates());
        let content = host.environment.as_mut().unwrap().session(1).unwrap();
        let result = configured(options).observe(&mut host, content, None);
        let refused = Err(Error::Unsupported(
            "memact folds records, and the bank flat has no operation `fold`: use tray, or set \
             `fold` to false"
                .into(),
        ));
        assert!(
            result == refused || accepted && result.is_ok(),
            "{result:?}"
        );
    }
}

#[test]
fn each_task_begins_without_records() {
    let outputs = [search("Alder"), ANSWER.into(), ANSWER.into()];
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut host = MockHost::scripted(Tray::default(), &outputs).in_environment(gates());
    let mut policy = configured("{}");
    for deleted in [0, 1] {
        let content = host.environment.as_mut().unwrap().session(1).unwrap();
        let report = policy.observe(&mut host, content, None).unwrap();
        assert_eq!(count(&report, "delete"), deleted);
    }
    assert!(prompt(&host.requests[2]).ends_with("Records:\n(none)"));
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&MemAct::default().snapshot()), Ok(()));
    assert!(policy.restore(&Tray::default().snapshot()).is_err());
}
