#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use memloom_sdk::MockHost;
use memloom_sdk::types::{LexiconKind, Moment, Operation};

fn lexicon() -> Lexicon {
    let kind = |name: &str, cues: &[&str], values: &[&str]| LexiconKind {
        name: name.into(),
        cues: cues.iter().map(ToString::to_string).collect(),
        values: values.iter().map(ToString::to_string).collect(),
    };
    Lexicon::new(&[
        kind("city", &["live", "lives"], &["rome", "oslo", "paris"]),
        kind("job", &["work", "works"], &["baker", "nurse"]),
        kind("mentor", &["mentor"], &["anna", "ben", "cleo"]),
        kind("trip", &["trip"], &["may", "june"]),
    ])
}

fn speakers() -> Speakers {
    let mut speakers = Speakers::default();
    ["Anna", "Ben", "Cleo"]
        .iter()
        .for_each(|name| speakers.meet(name));
    speakers
}

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(speaker: &str, text: &str, turn: &str) -> Operation {
    Operation::insert(text, speaker, vec![turn.into()])
}

/// Returns a host whose bank has these facts, one from each session.
fn remembering(facts: &[(&str, &str)]) -> MockHost<Flat> {
    let mut host = MockHost::scripted(Flat::default(), &[]);
    for (place, (speaker, text)) in facts.iter().enumerate() {
        let session = place as u32 + 1;
        host.apply(
            &at(session),
            &[insert(speaker, text, &format!("D{session}:1"))],
        );
    }
    host
}

fn ask(host: &mut MockHost<Flat>, question: &str) -> (String, Vec<String>) {
    let answer = answer(host, &speakers(), &lexicon(), 2, question).unwrap();
    (answer.text, answer.citations)
}

fn village() -> MockHost<Flat> {
    remembering(&[
        ("Anna", "I live in Rome."),
        ("Ben", "I live in Oslo."),
        ("Ben", "I work as a baker."),
        ("Anna", "Ben is my mentor."),
        ("Cleo", "I booked a trip to Peru on May 12."),
        ("Anna", "I love music."),
    ])
}

#[test]
fn a_value_of_the_named_person_is_read() {
    let mut host = village();
    assert_eq!(ask(&mut host, "Where does Anna live?").0, "Rome");
    assert_eq!(ask(&mut host, "Where does BEN live now?").0, "Oslo");
    assert_eq!(ask(&mut host, "Who is the mentor of Anna?").0, "Ben");
}

#[test]
fn a_date_is_read_whole_and_its_turn_cited() {
    let (text, citations) = ask(&mut village(), "When is Cleo's trip to Peru?");
    assert_eq!(
        (text.as_str(), citations),
        ("May 12", vec!["D5:1".to_string()])
    );
}

#[test]
fn the_newest_of_the_entries_read_wins() {
    let mut host = remembering(&[("Anna", "I live in Rome."), ("Anna", "I live in Paris.")]);
    let (text, citations) = ask(&mut host, "Where does Anna live?");
    assert_eq!(text, "Paris");
    assert_eq!(citations, ["D1:1", "D2:1"]);
}

#[test]
fn of_two_written_in_a_session_the_later_insertion_wins() {
    let mut host = remembering(&[]);
    let operations = [
        insert("Anna", "Rome is where I live now, you know.", "D1:1"),
        insert("Anna", "I live in Paris.", "D1:2"),
    ];
    host.apply(&at(1), &operations);
    assert_eq!(ask(&mut host, "Where does Anna live?").0, "Paris");
}

#[test]
fn an_updated_entry_is_as_new_as_its_update() {
    let mut host = remembering(&[("Anna", "I live in Rome."), ("Anna", "I live in Paris.")]);
    let revision = Operation::update("m1", "I live in Oslo.", vec!["D3:1".into()]);
    host.apply(&at(3), &[revision]);
    assert_eq!(ask(&mut host, "Where does Anna live?").0, "Oslo");
}

#[test]
fn only_as_many_entries_are_read_as_the_limit_says() {
    let mut host = remembering(&[
        ("Anna", "I live in Rome."),
        ("Anna", "I live in Oslo."),
        ("Anna", "I live in Paris."),
    ]);
    assert_eq!(ask(&mut host, "Where does Anna live?").0, "Oslo");
}

#[test]
fn a_person_is_found_through_a_relation() {
    let mut host = village();
    let (text, citations) = ask(&mut host, "Where does Anna's mentor live?");
    assert_eq!(text, "Oslo");
    assert_eq!(citations, ["D4:1", "D2:1"]);
    assert_eq!(
        ask(&mut host, "What does the mentor of Anna work as?").0,
        "baker"
    );
}

#[test]
fn a_person_is_found_through_a_value() {
    let mut host = village();
    let question = "Where does the person who works as a baker live?";
    assert_eq!(ask(&mut host, question).0, "Oslo");
    assert_eq!(
        ask(&mut host, "What does the person who lives in Oslo work as?").0,
        "baker"
    );
    assert_eq!(
        ask(
            &mut host,
            "What does the person who lives in Paris work as?"
        )
        .0,
        ""
    );
}

#[test]
fn a_value_that_no_longer_holds_leads_to_nobody() {
    let mut host = village();
    host.apply(&at(9), &[insert("Ben", "I work as a nurse now.", "D9:1")]);
    assert_eq!(
        ask(
            &mut host,
            "Where does the person who works as a baker live?"
        )
        .0,
        ""
    );
    assert_eq!(
        ask(
            &mut host,
            "Where does the person who works as a nurse live?"
        )
        .0,
        "Oslo"
    );
}

#[test]
fn when_did_is_answered_with_the_time_of_the_entry() {
    let mut host = remembering(&[
        ("Anna", "I live in Rome."),
        ("Anna", "I live in Paris now, not in Rome."),
    ]);
    assert_eq!(
        ask(&mut host, "When did Anna come to live in Paris?").0,
        "2 May 2023"
    );
    assert_eq!(
        ask(&mut host, "When did Anna come to live in Rome?").0,
        "1 May 2023"
    );
    assert_eq!(ask(&mut host, "When did Anna come to live in Oslo?").0, "");
}

#[test]
fn what_is_not_there_is_not_answered() {
    let mut host = village();
    let silence = (String::new(), vec![]);
    for question in [
        "What does Anna work as?",
        "Where does the mentor of Cleo live?",
        "How is Anna?",
        "Where is the library?",
        "",
    ] {
        assert_eq!(ask(&mut host, question), silence, "{question}");
    }
}
