#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::{DemonstratedOperation, Task};
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> Selector {
    let mut selector = Selector::default();
    selector.configure(options, vec![]).unwrap();
    selector
}

fn counts(report: &Report) -> Vec<u32> {
    report.operations.iter().map(|(_, count)| *count).collect()
}

fn first_session() -> SessionContent {
    dialogue_session(1, &[("Anna", "I live in Rome."), ("Ben", "Nice, Anna!")])
}

#[test]
fn kept_turns_become_entries_as_the_manager_says() {
    let mut host = MockHost::scripted(Flat::default(), &["t1 keep t2 drop", "f1 insert"]);
    let report = configured("{}")
        .observe(&mut host, first_session(), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 0));
    assert_eq!(counts(&report), [1, 0, 0, 0]);
    let entry = host.bank.entries().remove(0);
    assert_eq!(
        (entry.text.as_str(), entry.speaker.as_str()),
        ("I live in Rome.", "Anna")
    );
    assert_eq!(entry.evidence, ["D1:1"]);
    assert_eq!(entry.time, "1 May 2023");
    assert_eq!(
        host.requests[0].messages[0].content,
        "@1 : I live in Rome. t1\n@2 : Nice, @1! t2"
    );
    assert_eq!(
        host.requests[1].messages[0].content,
        "@1 : I live in Rome. f1"
    );
    assert!(
        host.requests
            .iter()
            .all(|request| request.demonstration.is_none())
    );
}

#[test]
fn sessions_are_cut_into_chunks_without_empty_ones() {
    let lines = [("Anna", "hi"); 5];
    let script = ["t1 drop t2 drop", "t1 drop t2 drop", "t1 drop"];
    let mut host = MockHost::scripted(Flat::default(), &script);
    let mut selector = configured(r#"{"chunk_turns": 2}"#);
    let report = selector
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    assert_eq!(report.steps, 3);
    let silence = selector
        .observe(&mut host, dialogue_session(2, &[]), None)
        .unwrap();
    assert_eq!(silence.steps, 0);
}

#[test]
fn demonstrations_say_what_the_hints_mean() {
    let mut host = MockHost::demonstrated(Flat::default());
    let mut selector = configured("{}");
    let hints = vec![hint("D1:1", DemonstratedOperation::Insert)];
    selector
        .observe(&mut host, first_session(), Some(hints))
        .unwrap();
    assert_eq!(host.entry_texts(), ["I live in Rome."]);

    let second = dialogue_session(
        2,
        &[
            ("Anna", "I live in Oslo now."),
            ("Ben", "I live in Bonn."),
            ("Anna", "So what?"),
            ("Anna", "I ski."),
        ],
    );
    let hints = vec![
        hint("D2:1", DemonstratedOperation::Update("D1:1".into())),
        hint("D2:2", DemonstratedOperation::Update("D1:1".into())),
        hint("D2:4", DemonstratedOperation::Skip),
    ];
    let report = selector.observe(&mut host, second, Some(hints)).unwrap();
    let said: Vec<&str> = host.requests[2..]
        .iter()
        .filter_map(|request| request.demonstration.as_deref())
        .collect();
    assert_eq!(
        said,
        [
            "t1 keep t2 keep t3 drop t4 keep",
            "f1 update e1 f2 insert f3 skip"
        ]
    );
    assert_eq!(counts(&report), [1, 1, 0, 1]);
    assert_eq!(
        host.entry_texts(),
        ["I live in Oslo now.", "I live in Bonn."]
    );

    let third = dialogue_session(3, &[("Anna", "I do not live in Oslo.")]);
    let hints = vec![hint("D3:1", DemonstratedOperation::Delete("D2:1".into()))];
    let report = selector.observe(&mut host, third, Some(hints)).unwrap();
    assert_eq!(counts(&report), [0, 0, 1, 0]);
    assert_eq!(host.entry_texts(), ["I live in Bonn."]);
}

#[test]
fn what_the_model_says_counts_not_what_the_demonstrator_would() {
    let mut host = MockHost::scripted(Flat::default(), &["t1 drop t2 keep", "f1 insert"]);
    let hints = vec![hint("D1:1", DemonstratedOperation::Insert)];
    configured("{}")
        .observe(&mut host, first_session(), Some(hints))
        .unwrap();
    assert_eq!(host.entry_texts(), ["Nice, Anna!"]);
    assert_eq!(
        host.requests[0].demonstration.as_deref(),
        Some("t1 keep t2 drop")
    );
}

#[test]
fn outputs_that_cannot_be_read_change_nothing() {
    let mut host = MockHost::scripted(Flat::default(), &["keep it all"]);
    let report = configured("{}")
        .observe(&mut host, first_session(), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (1, 1));

    let mut host = MockHost::scripted(Flat::default(), &["t1 keep t2 keep", "f1 insert f2"]);
    let report = configured("{}")
        .observe(&mut host, first_session(), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (2, 1));
    assert!(host.entry_texts().is_empty());
}

#[test]
fn what_is_only_thought_of_does_not_count() {
    let thought = "<think>t1 keep t2 keep</think>t1 keep t2 drop";
    let managed = "f1 skip?</think> f1 insert";
    let mut host = MockHost::scripted(Flat::default(), &[thought, managed]);
    let report = configured("{}")
        .observe(&mut host, first_session(), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (2, 0));
    assert_eq!(host.entry_texts(), ["I live in Rome."]);

    let mut host = MockHost::scripted(Flat::default(), &["<think>\nt1 keep t2 keep"]);
    let report = configured("{}")
        .observe(&mut host, first_session(), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (1, 1));
}

#[test]
fn an_entry_that_the_chunk_deleted_already_is_refused_alone() {
    let script = ["t1 keep", "f1 insert", "t1 keep t2 keep t3 keep"];
    let more = ["f1 delete e1 f2 update e2 f3 insert"];
    let mut host = MockHost::scripted(Flat::default(), &[&script[..], &more].concat());
    let mut selector = configured("{}");
    selector
        .observe(
            &mut host,
            dialogue_session(1, &[("Anna", "I live in Rome.")]),
            None,
        )
        .unwrap();
    let lines = [
        ("Anna", "I left Rome."),
        ("Anna", "I live in Oslo."),
        ("Anna", "I ski."),
    ];
    let report = selector
        .observe(&mut host, dialogue_session(2, &lines), None)
        .unwrap();
    assert_eq!(report.refused, 1);
    assert_eq!(counts(&report), [1, 1, 1, 0]);
    assert_eq!(host.entry_texts(), ["I ski."]);
}

#[test]
fn facts_without_related_entries_may_be_inserted_unasked() {
    let mut selector = configured(r#"{"ask_manager": "related"}"#);
    let mut host = MockHost::scripted(Flat::default(), &["t1 keep t2 drop"]);
    let report = selector.observe(&mut host, first_session(), None).unwrap();
    assert_eq!((report.steps, counts(&report)), (1, vec![1, 0, 0, 0]));

    let script = ["t1 keep t2 keep", "f1 update e1"];
    let mut host = MockHost::scripted(host.bank, &script);
    let lines = [("Anna", "I ski."), ("Anna", "I live in Oslo.")];
    selector
        .observe(&mut host, dialogue_session(2, &lines), None)
        .unwrap();
    assert_eq!(
        host.requests[1].messages[0].content,
        "@1 : I live in Oslo. | @1 : I live in Rome. e1 f1"
    );
    assert_eq!(host.entry_texts(), ["I live in Oslo.", "I ski."]);
}

#[test]
fn without_an_extractor_the_manager_hears_every_turn() {
    let mut host = MockHost::scripted(Flat::default(), &["f1 insert f2 skip"]);
    let hints = vec![hint("D1:1", DemonstratedOperation::Insert)];
    let report = configured(r#"{"extractor": false, "ask_manager": "related"}"#)
        .observe(&mut host, first_session(), Some(hints))
        .unwrap();
    assert_eq!(report.steps, 1);
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    assert_eq!(host.entry_texts(), ["I live in Rome."]);
    let request = &host.requests[0];
    assert_eq!(request.role, "manager");
    assert_eq!(
        request.messages[0].content,
        "@1 : I live in Rome. f1\n@2 : Nice, @1! f2"
    );
    // The manager skips turns that the demonstrator drops.
    assert_eq!(request.demonstration.as_deref(), Some("f1 insert f2 skip"));
}

#[test]
fn task_sessions_are_not_lived_through() {
    let task = SessionContent::Task(Task {
        index: 1,
        time: String::new(),
        instruction: "tidy up".into(),
        actions: vec![],
        steps: 0,
    });
    let mut host = MockHost::scripted(Flat::default(), &[]);
    let Err(Error::Unsupported(why)) = configured("{}").observe(&mut host, task, None) else {
        panic!("accepted");
    };
    assert!(why.contains("selector"), "{why}");
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = MockHost::scripted(Flat::default(), &[]);
    let result = configured("{}").observe(&mut host, first_session(), None);
    assert_eq!(
        result,
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn every_word_of_a_grammar_is_a_control_word() {
    let control = configured("{}").describe().control_words;
    let lines: Vec<(&str, &str)> = vec![("Anna", "I live in Rome."); 16];
    let mut selector = configured(r#"{"chunk_turns": 16, "related": 4}"#);
    let mut host = MockHost::demonstrated(Flat::default());
    for index in 1..=2 {
        let hints =
            (1..=16).map(|turn| hint(&format!("D{index}:{turn}"), DemonstratedOperation::Insert));
        let hints = Some(hints.collect());
        selector
            .observe(&mut host, dialogue_session(index, &lines), hints)
            .unwrap();
    }
    for request in &host.requests {
        let grammar = request.grammar.as_deref().unwrap();
        for word in grammar
            .split([' ', '(', ')'])
            .filter(|word| !word.is_empty())
        {
            assert!(control.iter().any(|known| known == word), "{word}");
        }
    }
}

#[test]
fn who_has_spoken_survives_a_snapshot() {
    let mut host = MockHost::scripted(Flat::default(), &["t1 drop t2 drop"]);
    let mut selector = configured("{}");
    selector.observe(&mut host, first_session(), None).unwrap();
    let mut restored = configured("{}");
    restored.restore(&selector.snapshot()).unwrap();
    assert_eq!(restored.speakers, selector.speakers);
    assert_eq!(restored.snapshot(), selector.snapshot());
    assert!(restored.restore(b"?").is_err());
    assert_eq!(restored.speakers, selector.speakers);
}
