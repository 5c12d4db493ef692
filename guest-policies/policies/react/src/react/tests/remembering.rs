//! Memory in prompts and answers.

use super::*;

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
        (4, "a key"),
    ] {
        let at = Moment {
            session,
            time: String::new(),
        };
        bank.apply(at, vec![Operation::insert(text, "", vec![])]);
    }
    for (words, notes) in [
        (8, "notes :\nthe key is in box 1\na key\n"),
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

/// Returns a bank with these entries, each with its session.
fn with_entries(entries: &[(u32, &str)]) -> Flat {
    let mut bank = Flat::default();
    for (session, text) in entries {
        let at = Moment {
            session: *session,
            time: String::new(),
        };
        bank.apply(at, vec![Operation::insert(*text, "", vec![])]);
    }
    bank
}

#[test]
fn memory_is_looked_up_with_each_sentence_of_a_task() {
    let bank = with_entries(&[
        (1, "the cup is in the hall"),
        (1, "the shelf is in the attic"),
        (3, "the cup is in the cellar"),
        (2, "it rains"),
    ]);
    let shown = |sentences: u32, words: u32| {
        let options = format!(
            r#"{{"constrained": true, "memory_words": {words}, "task_sentences": {sentences}}}"#
        );
        let options = crate::options::Options::parse(&options).unwrap();
        let mut host = MockHost::scripted(bank_of(&bank), &[]);
        let texts: Vec<&str> = ["find cup.", "put it on shelf."][..sentences as usize].into();
        let found = crate::memory::hits_of_each(&mut host, &options, &texts).unwrap();
        crate::memory::block(&mut host, &options, &found).unwrap()
    };
    // The latest about the first sentence stands last.
    assert_eq!(
        shown(2, 18),
        "the shelf is in the attic\nthe cup is in the hall\nthe cup is in the cellar"
    );
    assert_eq!(
        shown(1, 12),
        "the cup is in the hall\nthe cup is in the cellar"
    );
    assert_eq!(shown(2, 0), "");
}

#[test]
fn equal_lines_are_shown_once_as_the_latest() {
    let mut bank = with_entries(&[(1, "the cup is here")]);
    let at = |session| Moment {
        session,
        time: String::new(),
    };
    bank.apply(
        at(2),
        vec![Operation::insert("the cup is away", "", vec![])],
    );
    bank.apply(
        at(3),
        vec![Operation::insert("the cup is here", "Ben", vec![])],
    );
    let options = crate::options::Options::parse(r#"{"constrained": true}"#).unwrap();
    let mut host = MockHost::scripted(bank, &[]);
    let found = crate::memory::hits_of_each(&mut host, &options, &["find cup."]).unwrap();
    let block = crate::memory::block(&mut host, &options, &found).unwrap();
    assert_eq!(block, "the cup is away\nthe cup is here");
}
