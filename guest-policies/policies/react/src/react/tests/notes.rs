//! Notes after tasks and dialogues.

use super::*;

#[test]
fn a_constrained_scribe_keeps_sentences() {
    let script = ["a1", "a2", "a2", "t1 drop t2 keep", "a2", "none"];
    let mut host =
        MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(3, 2, true));
    let reports = live(&mut configured(r#"{"constrained": true}"#), &mut host);
    assert_eq!(host.entry_texts(), ["the key is in box 2 ."]);
    let asked = &host.requests[3];
    assert_eq!(asked.role, "scribe");
    let lines = "user: there is only dust in box 1 . t1\nthe key is in box 2 . t2";
    assert_eq!(prompt(asked), lines);
    assert_eq!(
        asked.grammar.as_deref(),
        Some("t1 (keep | drop) t2 (keep | drop)")
    );
    assert_eq!((reports[1].malformed, count(&reports[1], "insert")), (1, 0));
}

fn report_dialogue() -> SessionContent {
    let lines = [
        ("Ben", "I moved the lamp to the study."),
        ("Cleo", "It rains."),
    ];
    dialogue_session(3, &lines)
}

#[test]
fn notes_decide_what_is_kept_of_a_dialogue() {
    let hints = || {
        Some(vec![hint(
            "D3:1",
            DemonstratedOperation::Update("D1:1".into()),
        )])
    };
    for (options, kept, outputs) in [
        (r#"{"notes": "none"}"#, 0, vec![]),
        (r#"{"notes": "observations"}"#, 2, vec![]),
        (r#"{"notes": "lessons"}"#, 1, vec!["keep: t1"]),
        (r#"{"constrained": true}"#, 1, vec!["t1 keep t2 drop"]),
    ] {
        let mut host = MockHost::demonstrated(Flat::default());
        let report = configured(options)
            .observe(&mut host, report_dialogue(), hints())
            .unwrap();
        assert_eq!(count(&report, "insert"), kept, "{options}");
        assert_eq!((report.steps, report.malformed), (outputs.len() as u32, 0));
        let said: Vec<&str> = host
            .requests
            .iter()
            .filter_map(|r| r.demonstration.as_deref())
            .collect();
        assert_eq!(said, outputs);
        if let Some(entry) = host.bank.entries().first() {
            assert_eq!(
                (&*entry.speaker, &*entry.text),
                ("Ben", "I moved the lamp to the study.")
            );
            assert_eq!(entry.evidence, ["D3:1"]);
        }
        let mut host = MockHost::demonstrated(Cases::default());
        let report = configured(options)
            .observe(&mut host, report_dialogue(), hints())
            .unwrap();
        assert_eq!((report.steps, count(&report, "insert")), (0, 0));
    }
}

#[test]
fn a_long_dialogue_is_read_in_parts_and_one_that_is_misread_keeps_nothing() {
    let lines = [("Ben", "It rains."); 17];
    let mut host = MockHost::scripted(Flat::default(), &["keep: all", "keep: t1"]);
    let report = configured("{}")
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    assert_eq!(
        (report.steps, report.malformed, count(&report, "insert")),
        (2, 1, 1)
    );
    assert_eq!(host.bank.entries()[0].evidence, ["D1:17"]);
    assert!(host.requests[0].demonstration.is_none());
}

#[test]
fn a_lesson_that_cannot_be_read_is_malformed_and_not_written() {
    let script = ["action: open box 1", "The key is in box 1."];
    let boxes = Boxes::new(1, 1, true);
    let mut host = MockHost::scripted(Flat::default(), &script).in_environment(boxes);
    let report = one(&mut configured("{}"), &mut host, 1);
    assert_eq!((report.steps, report.malformed), (2, 1));
    assert!(host.entry_texts().is_empty());
}

#[test]
fn what_is_said_of_the_agent_itself_is_no_note() {
    assert!(crate::notes::is_about_agent("You carry a key."));
    for sentence in ["your key is here.", "the key is here.", ""] {
        assert!(!crate::notes::is_about_agent(sentence), "{sentence}");
    }
}
