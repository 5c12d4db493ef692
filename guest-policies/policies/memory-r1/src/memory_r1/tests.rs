#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> MemoryR1 {
    let mut policy = MemoryR1::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Observes two sessions of one turn by Anna each, and returns the host and the second report.
fn observed(options: &str, outputs: &[&str]) -> (MockHost<Flat>, Report) {
    let mut host = MockHost::scripted(Flat::default(), outputs);
    let mut policy = configured(options);
    for (index, text) in [(1, "I adopted a dog, Buddy."), (2, "I adopted Scout, too.")] {
        let session = dialogue_session(index, &[("Anna", text)]);
        let report = policy.observe(&mut host, session, None).unwrap();
        if index == 2 {
            return (host, report);
        }
    }
    unreachable!("there are two sessions");
}

const BUDDY: [&str; 2] = [
    r#"{"facts": ["Adopted a dog named Buddy"]}"#,
    r#"{"memory": [{"event": "ADD", "text": "Adopted a dog named Buddy"}]}"#,
];
const SCOUT: &str = r#"{"facts": ["Adopted another dog named Scout"]}"#;

#[test]
fn an_update_joins_two_facts_in_one_entry_with_the_evidence_of_both_turns() {
    let joined = r#"{"memory": [{"id": "m1", "event": "UPDATE", "text": "Adopted two dogs named Buddy and Scout", "old_memory": "Adopted a dog named Buddy"}]}"#;
    let (host, report) = observed("{}", &[BUDDY[0], BUDDY[1], SCOUT, joined]);
    let entries = host.bank.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].text, "Adopted two dogs named Buddy and Scout");
    assert_eq!(entries[0].evidence, ["D1:1", "D2:1"]);
    assert_eq!((report.malformed, report.refused), (0, 0));
    assert!(
        host.requests[3].messages[1]
            .content
            .contains(r#"{"id":"m1","#)
    );
}

#[test]
fn repeated_entries_change_nothing() {
    let repeated = r#"{"memory": [{"id": "m1", "event": "NONE", "text": "Adopted a dog named Buddy"},
        {"event": "ADD", "text": "Adopted Scout"}]}"#;
    let (host, report) = observed("{}", &[BUDDY[0], BUDDY[1], SCOUT, repeated]);
    assert_eq!(
        host.entry_texts(),
        ["Adopted a dog named Buddy", "Adopted Scout"]
    );
    assert_eq!(report.operations[0], ("insert".into(), 1));
    assert_eq!(report.refused, 0);
}

#[test]
fn a_memory_that_is_no_list_changes_nothing_and_counts_as_malformed() {
    let (host, report) = observed("{}", &[BUDDY[0], BUDDY[1], SCOUT, r#"{"memory": "x"}"#]);
    assert_eq!(host.entry_texts(), ["Adopted a dog named Buddy"]);
    assert_eq!((report.steps, report.malformed), (2, 1));
}

#[test]
fn an_id_that_the_bank_has_and_that_was_not_shown_is_refused() {
    let mut host = MockHost::scripted(
        Flat::default(),
        &[
            r#"{"memory": [{"event": "ADD", "text": "skis"}]}"#,
            r#"{"memory": [{"id": "m1", "event": "DELETE"}]}"#,
        ],
    );
    let mut policy = configured(r#"{"extract": false}"#);
    let session = dialogue_session(1, &[("Anna", "skis"), ("Ben", "skis, too")]);
    let report = policy.observe(&mut host, session, None).unwrap();
    assert_eq!(report.refused, 1);
    assert_eq!(host.entry_texts(), ["skis"]);
}

#[test]
fn a_turn_without_facts_asks_no_manager() {
    let mut host = MockHost::scripted(Flat::default(), &[r#"{"facts": []}"#]);
    let session = dialogue_session(1, &[("Anna", "Hi!"), ("Ben", " ")]);
    let report = configured("{}").observe(&mut host, session, None).unwrap();
    assert_eq!((report.steps, host.requests.len()), (1, 1));
}

#[test]
fn demonstrations_play_a_session_as_hinted() {
    for extract in [true, false] {
        let mut host = MockHost::demonstrated(Flat::default());
        let mut policy = configured(&format!(r#"{{"extract": {extract}}}"#));
        let hints = vec![hint("D1:2", DemonstratedOperation::Insert)];
        let session = dialogue_session(1, &[("Anna", "Hi!"), ("Anna", "I ski.")]);
        let report = policy.observe(&mut host, session, Some(hints)).unwrap();
        let text = if extract { "Anna: I ski." } else { "I ski." };
        assert_eq!(host.entry_texts(), [text]);
        assert_eq!((report.malformed, report.refused), (0, 0));
    }
}

#[test]
fn answers_cite_the_useful_entries_that_were_shown() {
    let add = |text: &str| format!(r#"{{"memory": [{{"event": "ADD", "text": "{text}"}}]}}"#);
    let (skis, swims) = (add("Anna skis in Davos"), add("Anna swims in Davos"));
    let outputs = [
        &*skis,
        &*swims,
        "Useful: m2, m9\nAnswer: Davos",
        "Useful: m9\nAnswer: Davos",
        "I do not know",
    ];
    let mut host = MockHost::scripted(Flat::default(), &outputs);
    let mut policy = configured(r#"{"extract": false}"#);
    let session = dialogue_session(1, &[("Anna", "I ski."), ("Anna", "I swim.")]);
    policy.observe(&mut host, session, None).unwrap();
    let mut ask = || policy.answer(&mut host, "Where in Davos?").unwrap();
    let answer = ask();
    assert_eq!(
        (answer.text, answer.citations),
        ("Davos".into(), vec!["D1:2".to_owned()])
    );
    assert_eq!(ask().citations, ["D1:1", "D1:2"]);
    assert_eq!(ask().text, "");
}

#[test]
fn constrained_roles_are_given_their_schemas() {
    let options = r#"{"constrained": true}"#;
    let empty = r#"{"memory": []}"#;
    let (host, _) = observed(options, &[BUDDY[0], empty, SCOUT, empty]);
    assert!(
        host.requests
            .iter()
            .all(|request| request.grammar.is_some())
    );
}

#[test]
fn the_speakers_survive_a_snapshot() {
    let mut policy = configured("{}");
    policy.speakers = vec!["Anna".into()];
    let mut restored = MemoryR1::default();
    restored.restore(&policy.snapshot()).unwrap();
    assert_eq!(restored.speakers, ["Anna"]);
    assert!(restored.restore(&[9, 9]).is_err());
}

#[test]
fn in_words_demonstrations_play_sessions_as_hinted_and_answer() {
    use DemonstratedOperation::{Delete, Insert, Update};
    for numbered in [true, false] {
        let mut host = MockHost::demonstrated(Flat::default());
        let mut policy = in_words(&format!(r#""numbered": {numbered}"#));
        let first = [
            ("Anna", "I live in Rome."),
            ("Ben", "I ski."),
            ("Anna", "Hi Ben!"),
        ];
        let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, Insert)).into();
        let session = dialogue_session(1, &first);
        let report = policy.observe(&mut host, session, Some(hints)).unwrap();
        assert_eq!((report.steps, report.malformed, report.refused), (3, 0, 0));
        let second = [("Anna", "I live in Oslo."), ("Ben", "I ski no more.")];
        let hints = vec![
            hint("D2:1", Update("D1:1".into())),
            hint("D2:2", Delete("D1:2".into())),
        ];
        let session = dialogue_session(2, &second);
        let report = policy.observe(&mut host, session, Some(hints)).unwrap();
        assert_eq!((report.malformed, report.refused), (0, 0));
        assert_eq!(host.entry_texts(), ["I live in Oslo."]);
        let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
        assert_eq!(answer.text, "Oslo");
        assert_eq!(answer.citations, ["D1:1", "D2:1"]);
        let said = host.requests.last().unwrap().demonstration.as_deref();
        assert_eq!(said, Some("e1 answer oslo"));
    }
}

#[test]
fn in_words_an_output_outside_the_grammar_changes_nothing() {
    let mut host = MockHost::scripted(Flat::default(), &["add", "update e9", "oslo"]);
    let mut policy = in_words(r#""numbered": true"#);
    for (index, malformed) in [(1, 0), (2, 1)] {
        let session = dialogue_session(index, &[("Anna", "I live in Oslo.")]);
        let report = policy.observe(&mut host, session, None).unwrap();
        assert_eq!(report.malformed, malformed);
    }
    assert_eq!(host.entry_texts(), ["I live in Oslo."]);
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    assert_eq!((answer.text.as_str(), answer.citations.len()), ("", 1));
}

#[test]
fn in_words_nobody_is_asked_where_no_entry_has_an_answer() {
    let mut host = MockHost::scripted(Flat::default(), &["noop"]);
    let mut policy = in_words(r#""distil": true"#);
    let session = dialogue_session(1, &[("Anna", "I live in Oslo.")]);
    policy.observe(&mut host, session, None).unwrap();
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    assert_eq!((answer.text.as_str(), host.requests.len()), ("", 1));
}

#[test]
fn every_word_of_verdicts_and_of_a_closed_languages_answers_is_a_control_word() {
    let mut policy = in_words(r#""related": 64"#);
    let mut host = MockHost::demonstrated(Flat::default());
    let lines: Vec<(&str, String)> = (0..40)
        .map(|number| ("Anna", format!("I live in Rome or Oslo {number}.")))
        .collect();
    let lines: Vec<(&str, &str)> = lines.iter().map(|(who, text)| (*who, &**text)).collect();
    policy
        .observe(&mut host, dialogue_session(1, &lines), Some(everything(40)))
        .unwrap();
    policy.answer(&mut host, "Where does Anna live?").unwrap();
    let control = policy.describe().control_words;
    assert!(MemoryR1::default().describe().control_words.is_empty());
    for request in &host.requests {
        let grammar = request.grammar.as_deref().unwrap();
        let words = grammar.split([' ', '(', ')', '|']);
        for word in words.filter(|word| !word.is_empty() && word.parse::<u32>().is_err()) {
            assert!(control.iter().any(|known| known == word), "{word}");
        }
    }
}

/// Returns hints that keep all turns of the first session.
fn everything(turns: usize) -> Vec<Hint> {
    let ids = (1..=turns).map(|number| format!("D1:{number}"));
    ids.map(|id| hint(&id, DemonstratedOperation::Insert))
        .collect()
}

/// Returns a policy that speaks words, in a closed language.
fn in_words(option: &str) -> MemoryR1 {
    let cities = LexiconKind {
        name: "city".into(),
        cues: vec!["live".into()],
        values: vec!["rome".into(), "oslo".into()],
    };
    let mut policy = MemoryR1::default();
    let options = format!(r#"{{"form": "words", {option}}}"#);
    policy.configure(&options, vec![cities]).unwrap();
    policy
}
