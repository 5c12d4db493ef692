#![allow(clippy::unwrap_used, reason = "tests")]

mod boxes;

use self::boxes::{Boxes, open};
use super::*;
use bank_cases::Cases;
use bank_flat::Flat;
use memloom_sdk::host::Request;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::random::Random;
use memloom_sdk::types::{DemonstratedOperation, Entry, Operation};
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> React {
    let mut policy = React::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Lives through both tasks.
fn live<B: Bank>(policy: &mut React, host: &mut MockHost<B>) -> Vec<Report> {
    let reports = [1, 2].map(|index| one(policy, host, index));
    reports.into()
}

fn one<B: Bank>(policy: &mut React, host: &mut MockHost<B>, index: u32) -> Report {
    let content = host.environment.as_mut().unwrap().session(index).unwrap();
    policy.observe(host, content, None).unwrap()
}

fn count(report: &Report, name: &str) -> u32 {
    let found = report.operations.iter().find(|(other, _)| other == name);
    found.map_or(0, |(_, count)| *count)
}

/// Returns the score of the second task.
fn brought<B: Bank>(host: &MockHost<B>) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    environment.score("task-2", &nothing).unwrap().reward
}

/// Chooses the action of the request that names the box of which its memory says that the key is
/// in it; else the box that was not opened yet.
fn reader(request: &Request) -> Result<String, String> {
    let all: String = request
        .messages
        .iter()
        .map(|m| format!("{}\n", m.content))
        .collect();
    let known = all.lines().find_map(|line| {
        let (_, rest) = line.split_once("the key is in box ")?;
        rest.split(' ').next()
    });
    let next = 1 + request.messages.len() / 2;
    let number = known.map_or(next, |number| number.parse().unwrap());
    let wanted = format!("{} a", open(number));
    let last = request.messages.last().unwrap();
    let word = last.content.lines().find(|line| line.starts_with(&wanted));
    Ok(word
        .and_then(|line| line.rsplit(' ').next())
        .unwrap_or("more")
        .into())
}

fn prompt(request: &Request) -> String {
    let lines = request
        .messages
        .iter()
        .map(|m| format!("{}: {}", m.role, m.content));
    lines.collect::<Vec<_>>().join("\n---\n")
}

const WORDS: &str = r#"{"constrained": true, "notes": "observations", "window": 9}"#;

#[test]
fn what_was_seen_in_one_task_helps_in_the_next() {
    let forgetful = r#"{"constrained": true, "notes": "none", "window": 9}"#;
    for (options, successes) in [(WORDS, 5.0), (forgetful, 1.0)] {
        let rewards = (1..=5).map(|key| {
            let boxes = Boxes::new(5, key, true);
            let mut host = MockHost::new(Flat::default(), reader).in_environment(boxes);
            live(&mut configured(options), &mut host);
            brought(&host)
        });
        assert_eq!(rewards.sum::<f32>(), successes, "{options}");
    }
}

#[test]
fn a_constrained_prompt_has_few_words() {
    let mut host = MockHost::new(Flat::default(), reader).in_environment(Boxes::new(3, 2, true));
    let reports = live(&mut configured(WORDS), &mut host);
    // Having seen the key, this reader opens no other box.
    assert_eq!(
        prompt(&host.requests[1]),
        "user: look into all boxes .\n---\nassistant: open box 1\n---\n\
         user: there is only dust in box 1 .\nlook into all boxes .\n\
         open box 1 a1\nopen box 2 a2\nopen box 3 a3"
    );
    assert_eq!(
        prompt(host.requests.last().unwrap()),
        "user: bring the key .\nnotes :\nthe key is in box 2 .\n\
         open box 1 a1\nopen box 2 a2\nopen box 3 a3"
    );
    let request = &host.requests[0];
    assert_eq!((request.role.as_str(), request.max_tokens), ("actor", 2));
    assert_eq!(request.grammar.as_deref(), Some("(a1 | a2 | a3)"));
    assert_eq!(
        (reports[0].steps, reports[0].malformed, reports[0].refused),
        (3, 0, 0)
    );
    assert_eq!(
        (count(&reports[0], "act"), count(&reports[0], "insert")),
        (3, 2)
    );
    assert_eq!(host.entry_texts()[1], "the key is in box 2 .");
    assert_eq!(host.bank.entries()[1].first_session, 1);
}

#[test]
fn thoughts_may_come_before_an_action_and_a_lesson_after_the_task() {
    let script = [
        "I begin with the first.\naction: open box 1",
        "action: a2",
        "<think>Where was it?</think> The key is in box 2.",
        "The notes say box 2.\naction: Open box 2",
        "none",
    ];
    let mut host =
        MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(2, 2, true));
    let reports = live(&mut configured(r#"{"thoughts": 100}"#), &mut host);
    assert_eq!(host.entry_texts(), ["The key is in box 2."]);
    assert_eq!([reports[0].steps, reports[1].steps], [3, 2]);
    assert_eq!(
        [count(&reports[0], "insert"), count(&reports[1], "insert")],
        [1, 0]
    );
    let roles: Vec<&str> = host.requests.iter().map(|r| r.role.as_str()).collect();
    assert_eq!(roles, ["actor", "actor", "scribe", "actor", "scribe"]);
    let requests = &host.requests;
    assert!(requests.iter().all(|request| request.grammar.is_none()));
    assert_eq!([requests[0].max_tokens, requests[2].max_tokens], [164, 180]);
    assert!(requests[0].messages[0].content.contains("Think first"));
    let turns = prompt(&requests[1]);
    assert!(
        turns.ends_with(
            "---\nuser: Task: look into all boxes .\n---\n\
             assistant: I begin with the first.\naction: open box 1\n---\n\
             user: there is only dust in box 1 .\nTask: look into all boxes .\n\
             a1: open box 1\na2: open box 2"
        ),
        "{turns}"
    );
    let story = &requests[2].messages[1].content;
    assert!(
        story.contains("> open box 2\nthe key is in box 2 .\nThe task has ended."),
        "{story}"
    );
    let opening = &requests[3].messages[1].content;
    assert_eq!(
        opening,
        "Task: bring the key .\n\nNotes from earlier sessions:\n\
         [m1] (1 May 2023) The key is in box 2.\n\na1: open box 1\na2: open box 2"
    );
}

#[test]
fn demonstrations_follow_the_advice_in_every_form_and_bank() {
    fn through<B: Bank>(bank: B, options: &str) -> (u32, Vec<Entry>, Vec<Request>) {
        let mut host = MockHost::demonstrated(bank).in_environment(Boxes::new(70, 68, true));
        host.demonstrator = Some(("expert", 1));
        let reports = live(&mut configured(options), &mut host);
        let malformed = reports.iter().map(|r| r.malformed + r.refused).sum();
        assert_eq!(brought(&host), 1.0);
        (malformed, host.bank.entries(), host.requests)
    }
    for constrained in ["true", "false"] {
        for notes in ["none", "lessons", "observations"] {
            let options = format!(r#"{{"constrained": {constrained}, "notes": "{notes}"}}"#);
            let (malformed, flat, requests) = through(Flat::default(), &options);
            assert_eq!(malformed, 0);
            assert_eq!(flat.is_empty(), notes == "none");
            assert!(
                requests
                    .iter()
                    .all(|request| request.demonstration.is_some())
            );
            let actor = requests
                .iter()
                .rfind(|request| request.role == "actor")
                .unwrap();
            let said = actor.demonstration.as_deref().unwrap();
            assert_eq!(
                said,
                if constrained == "true" {
                    "a4"
                } else {
                    "action: open box 68"
                }
            );

            let (malformed, cases, _) = through(Cases::default(), &options);
            assert_eq!(malformed, 0);
            assert_eq!(cases.len(), if notes == "none" { 0 } else { 2 });
            if let Some(last) = cases.last() {
                assert_eq!(last.text, "bring the key .");
                let fields: Vec<&str> = last.fields.iter().map(|(_, v)| v.as_str()).collect();
                assert!(fields[0].ends_with("open box 68"), "{fields:?}");
                assert_eq!(fields[1..], ["success", "", "", "1", "", "1", "1"]);
            }
        }
    }
}

#[test]
fn a_case_of_an_earlier_task_is_shown_in_the_next() {
    let mut host = MockHost::demonstrated(Cases::default()).in_environment(Boxes::new(3, 2, true));
    host.demonstrator = Some(("expert", 1));
    let options = r#"{"constrained": true, "notes": "observations", "query": {"by": "value"}}"#;
    let mut policy = configured(options);
    live(&mut policy, &mut host);
    one(&mut policy, &mut host, 2);
    let last = prompt(host.requests.last().unwrap());
    assert!(
        last.contains("notes :\nbring the key . : open box 2\n"),
        "{last}"
    );
    assert_eq!(
        host.bank.entries()[1].fields[6],
        ("uses".into(), "2".into())
    );

    let mut policy = configured(r#"{"query": {"by": "luck"}}"#);
    let content = host.environment.as_mut().unwrap().session(2).unwrap();
    let Err(Error::Invalid(why)) = policy.observe(&mut host, content, None) else {
        panic!("accepted");
    };
    assert!(why.contains("luck"), "{why}");
}

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

#[test]
fn garbage_is_counted_and_does_the_first_action() {
    let pieces = [
        "a1",
        "a9",
        "action:",
        " ",
        "\n",
        "<think>",
        "keep: t1",
        "open box 2",
        "ü",
        "{",
    ];
    for options in [
        "{}",
        r#"{"constrained": true}"#,
        r#"{"notes": "observations"}"#,
    ] {
        for listed in [true, false] {
            let mut random = Random::new(7);
            let model = move |_: &Request| {
                let length = random.below(5);
                Ok((0..length)
                    .map(|_| *random.pick(&pieces).unwrap())
                    .collect())
            };
            let boxes = Boxes::new(50, 2, listed);
            let mut host = MockHost::new(Flat::default(), model).in_environment(boxes);
            let reports = live(&mut configured(options), &mut host);
            assert_eq!(
                (count(&reports[0], "act"), count(&reports[1], "act")),
                (50, 1)
            );
            assert!(reports[0].malformed > 0 && reports[0].malformed <= reports[0].steps);
        }
    }
    let mut host = MockHost::new(Flat::default(), |_| Ok("I do not know".into()))
        .in_environment(Boxes::new(3, 1, true));
    let reports = live(&mut configured(r#"{"notes": "observations"}"#), &mut host);
    assert_eq!((reports[0].steps, reports[0].malformed), (3, 3));
    assert_eq!(host.entry_texts(), ["the key is in box 1 ."]);
}

#[test]
fn more_actions_than_control_words_are_paged() {
    let mut host =
        MockHost::new(Flat::default(), reader).in_environment(Boxes::new(200, 150, true));
    let mut policy =
        configured(r#"{"constrained": true, "notes": "none", "window": 400, "acts": 160}"#);
    let report = one(&mut policy, &mut host, 1);
    assert_eq!((count(&report, "act"), report.malformed), (160, 0));
    // Boxes 65 to 128 are on the second page, those to 192 on the third; from 150 on the key is
    // known.
    assert_eq!(report.steps, 160 + (128 - 64) + 2 * (160 - 128));
}

#[test]
fn tasks_without_listed_actions_are_acted_in_by_text() {
    for options in [
        r#"{"constrained": true, "notes": "observations"}"#,
        r#"{"notes": "observations"}"#,
    ] {
        let script = ["action: open box 2", "open box 1", "action: open box 2"];
        let mut host =
            MockHost::scripted(Flat::default(), &script).in_environment(Boxes::new(2, 2, false));
        host.demonstrator = Some(("expert", 1));
        let reports = live(&mut configured(options), &mut host);
        assert_eq!(
            host.entry_texts(),
            ["the key is in box 2 .", "nothing happens ."]
        );
        assert_eq!([reports[0].malformed, reports[1].malformed], [1, 0]);
        assert!(
            host.requests
                .iter()
                .all(|request| request.grammar.is_none())
        );
        assert_eq!(
            host.requests[2].demonstration.as_deref(),
            Some("action: open box 2")
        );
    }
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
fn questions_are_answered_from_what_is_remembered() {
    let mut bank = Flat::default();
    let at = Moment {
        session: 3,
        time: "3 May 2023".into(),
    };
    bank.apply(
        at,
        vec![Operation::insert(
            "The lamp is in the study.",
            "Ben",
            vec!["D3:1".into()],
        )],
    );
    let mut host = MockHost::scripted(bank, &["In Ben's words:\nanswer: the study", "the study"]);
    let by_rule = configured(r#"{"constrained": true}"#);
    let answer = by_rule.answer(&mut host, "Where is the lamp?").unwrap();
    assert_eq!(
        (&*answer.text, answer.citations),
        ("The lamp is in the study.", vec!["D3:1".into()])
    );
    assert_eq!(
        by_rule
            .answer(&mut host, "When was the lamp moved?")
            .unwrap()
            .text,
        "3 May 2023"
    );
    let nothing = by_rule.answer(&mut host, "Who sings?").unwrap();
    assert_eq!((nothing.text, nothing.citations), (String::new(), vec![]));
    assert!(host.requests.is_empty());

    let by_model = configured("{}");
    assert_eq!(
        by_model
            .answer(&mut host, "Where is the lamp?")
            .unwrap()
            .text,
        "the study"
    );
    assert_eq!(
        by_model
            .answer(&mut host, "Where is the lamp?")
            .unwrap()
            .text,
        ""
    );
    let request = &host.requests[0];
    assert_eq!(request.role, "actor");
    assert_eq!(
        request.demonstration.as_deref(),
        Some("answer: The lamp is in the study.")
    );
    assert!(
        request.messages[1]
            .content
            .contains("Ben: The lamp is in the study.")
    );
}

#[test]
fn memory_is_cut_at_its_words_and_the_latest_comes_last() {
    let mut bank = Flat::default();
    for (session, text) in [
        (2, "the key is in box 1"),
        (3, "box 3 has a red lid and the old dusty key"),
        (1, "a key"),
    ] {
        let at = Moment {
            session,
            time: String::new(),
        };
        bank.apply(at, vec![Operation::insert(text, "", vec![])]);
    }
    for (words, notes) in [
        (8, "notes :\na key\nthe key is in box 1\n"),
        (3, "notes :\na key\n"),
        (0, ""),
    ] {
        let mut host = MockHost::new(bank_of(&bank), |_| Ok("a1".into()))
            .in_environment(Boxes::new(1, 1, true));
        let options =
            format!(r#"{{"constrained": true, "notes": "none", "memory_words": {words}}}"#);
        one(&mut configured(&options), &mut host, 2);
        let expected = format!("user: bring the key .\n{notes}open box 1 a1");
        assert_eq!(prompt(&host.requests[0]), expected);
    }
}

fn bank_of(bank: &Flat) -> Flat {
    let mut copy = Flat::default();
    copy.restore(&bank.snapshot()).unwrap();
    copy
}

#[test]
fn with_an_embedder_notes_are_found_by_their_vectors() {
    let mut host = MockHost::new(Flat::default(), reader).in_environment(Boxes::new(3, 2, true));
    host.embedder = Some(|text| match text.contains("key") {
        true => vec![1.0, 0.0],
        false => vec![0.0, 1.0],
    });
    live(&mut configured(WORDS), &mut host);
    let last = prompt(host.requests.last().unwrap());
    assert!(
        last.contains("notes :\nthe key is in box 2 .\nopen"),
        "{last}"
    );
}

#[test]
fn own_instructions_replace_the_built_in_ones() {
    for (options, instruction) in [
        (r#"{"instruction": "Be brave."}"#, Some("Be brave.")),
        (
            r#"{"instruction": "Be brave.", "constrained": true}"#,
            Some("Be brave."),
        ),
        (r#"{"constrained": true}"#, None),
    ] {
        let mut host = MockHost::new(Flat::default(), |_| Ok("a1".into()))
            .in_environment(Boxes::new(1, 1, true));
        one(&mut configured(options), &mut host, 2);
        let first = &host.requests[0].messages[0];
        let system = (first.role == "system").then_some(&*first.content);
        assert_eq!(system, instruction);
    }
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(React::default().describe().control_words.is_empty());
    let words = configured(r#"{"constrained": true}"#)
        .describe()
        .control_words;
    for word in ["a1", "a64", "more", "keep", "drop", "t16"] {
        assert!(words.iter().any(|listed| listed == word), "{word}");
    }
    assert_eq!(words.len(), 64 + 1 + 2 + 16);
}

#[test]
fn a_model_that_fails_ends_the_session() {
    let mut host = MockHost::scripted(Flat::default(), &[]).in_environment(Boxes::new(1, 1, true));
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    let result = configured("{}").observe(&mut host, content, None);
    assert_eq!(
        result,
        Err(Error::Invalid("the script has no further output".into()))
    );
}

#[test]
fn a_snapshot_is_that_of_no_other_component() {
    let mut policy = configured("{}");
    assert_eq!(policy.restore(&configured(WORDS).snapshot()), Ok(()));
    assert!(policy.restore(&Flat::default().snapshot()).is_err());
    assert!(policy.restore(b"?").is_err());
}
