//! Dialogues, which are read before anything is asked.

use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::DemonstratedOperation;

use super::*;

const LINES: [(&str, &str); 3] = [
    ("Ann", "I moved. My city is Rome."),
    ("Ben", "I have a dog."),
    ("Ann", "How nice!"),
];

#[test]
fn a_dialogue_has_no_problem_yet_and_later_ones_go_on_with_the_memory() {
    let script = [
        "Ann: Rome.",
        "Ann: Rome. Ben: a dog.",
        "Rome again.",
        r"\boxed{Rome}",
    ];
    let mut host = MockHost::scripted(Page::default(), &script);
    let mut policy = configured(r#"{"section_words": 8}"#);
    let reports = [
        dialogue_session(1, &LINES),
        dialogue_session(2, &LINES[..1]),
    ]
    .map(|session| policy.observe(&mut host, session, None).unwrap());
    assert_eq!(reports.each_ref().map(|report| report.steps), [2, 1]);
    assert_eq!(
        prompt(&host.requests[0]),
        "Problem:\nNot known yet. Keep what may be asked about later.\n\n\
         Memory:\nNo memory yet.\n\nSection:\n1 May 2023\nAnn: I moved. My city is Rome."
    );
    assert_eq!(part(&host.requests[2], "Memory"), "Ann: Rome. Ben: a dog.");
    assert_eq!(
        host.bank.entries()[0].evidence,
        ["D1:1", "D1:2", "D1:3", "D2:1"]
    );
    let answer = policy.answer(&mut host, "Where does Ann live?").unwrap();
    assert_eq!((&*answer.text, answer.citations.len()), ("Rome", 4));
    let last = host.requests.last().unwrap();
    assert_eq!(
        prompt(last),
        "Problem:\nWhere does Ann live?\n\nMemory:\nRome again."
    );
}

#[test]
fn an_answer_of_another_form_is_empty() {
    for (options, said) in [("{}", "Rome"), (r#"{"boxed": false}"#, r"\boxed{Rome}")] {
        let mut host = MockHost::scripted(Page::default(), &[said]);
        let answer = configured(options).answer(&mut host, "Where?").unwrap();
        assert_eq!((&*answer.text, answer.citations.len()), ("", 0));
    }
}

#[test]
fn hinted_turns_are_kept_beside_what_there_was() {
    for options in ["{}", r#"{"constrained": true}"#] {
        let mut host = MockHost::demonstrated(Page::default());
        let mut policy = configured(options);
        for (session, turn) in [(1, "D1:1"), (2, "D2:2")] {
            let hints = vec![hint(turn, DemonstratedOperation::Insert)];
            let content = dialogue_session(session, &LINES);
            let report = policy.observe(&mut host, content, Some(hints)).unwrap();
            assert_eq!(report.malformed, 0);
        }
        let memory = "Ann: I moved.\nAnn: My city is Rome.\nBen: I have a dog.";
        assert_eq!(host.entry_texts(), [memory]);
    }
}

#[test]
fn evidence_of_constrained_memories_is_the_turns_of_what_was_kept() {
    let script = ["t1 drop t2 keep t3 drop t4 keep"];
    let mut host = MockHost::scripted(Page::default(), &script);
    let mut policy = configured(r#"{"constrained": true}"#);
    policy
        .observe(&mut host, dialogue_session(1, &LINES), None)
        .unwrap();
    assert_eq!(host.bank.entries()[0].evidence, ["D1:1", "D1:3"]);
    assert_eq!(
        host.entry_texts(),
        ["Ann: My city is Rome.\nAnn: How nice!"]
    );
}

#[test]
fn answers_are_demonstrated_by_the_sentence_that_fits_best() {
    for (options, shown) in [
        ("{}", r"\boxed{Ann: My city is Rome.}"),
        (r#"{"constrained": true}"#, "rome"),
    ] {
        let mut host = MockHost::demonstrated(Page::default());
        let mut policy = configured(options);
        let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, DemonstratedOperation::Insert));
        let content = dialogue_session(1, &LINES);
        policy
            .observe(&mut host, content, Some(hints.into()))
            .unwrap();
        policy.answer(&mut host, "Which city is Ann in?").unwrap();
        let last = host.requests.last().unwrap();
        assert_eq!(last.demonstration.as_deref(), Some(shown));
    }
}

#[test]
fn a_question_comes_last_where_the_environment_says_so() {
    let mut scroll = made_up(r#"{"question": "last", "tasks": 3, "hops": 1}"#, 2);
    let questions = scroll.questions().unwrap();
    let mut host = MockHost::demonstrated(Page::default());
    let mut policy = configured(r#"{"constrained": true}"#);
    for session in 1..=3 {
        let content = scroll.session(session).unwrap();
        let hints = scroll.demonstrate("expert", session, 1).unwrap();
        policy.observe(&mut host, content, Some(hints)).unwrap();
    }
    for question in questions {
        let answer = policy.answer(&mut host, &question.text).unwrap();
        assert_eq!(scroll.score(&question.id, &answer).unwrap().reward, 1.0);
        assert!(
            question
                .evidence
                .iter()
                .all(|turn| answer.citations.contains(turn))
        );
    }
}
