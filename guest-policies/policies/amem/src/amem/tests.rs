#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use bank_notes::Notes;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::DemonstratedOperation;
use memloom_sdk::{Bank, MockHost};
use serde_json::json;

fn configured(options: &str) -> Amem {
    let mut policy = Amem::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

const PLAIN: &str = r#"{"keywords": [], "context": "", "tags": []}"#;

/// Observes the turns in one session, and returns the host and the report.
fn observed(options: &str, turns: &[&str], outputs: &[&str]) -> (MockHost<Notes>, Report) {
    let mut host = MockHost::scripted(Notes::default(), outputs);
    let lines: Vec<(&str, &str)> = turns.iter().map(|text| ("Anna", *text)).collect();
    let session = dialogue_session(1, &lines);
    let report = configured(options)
        .observe(&mut host, session, None)
        .unwrap();
    (host, report)
}

fn field(host: &MockHost<Notes>, id: &str, name: &str) -> String {
    let entry = host
        .bank
        .entries()
        .into_iter()
        .find(|e| e.id == id)
        .unwrap();
    let found = entry.fields.into_iter().find(|(other, _)| other == name);
    found.unwrap().1
}

const SKI: &str =
    r#"{"keywords": ["ski", "snow"], "context": "Anna tells of a sport.", "tags": ["sport"]}"#;

#[test]
fn a_first_turn_is_analysed_and_no_evolver_is_asked() {
    let (host, report) = observed("{}", &["I ski.", " "], &[SKI]);
    assert_eq!((report.steps, report.malformed), (1, 0));
    assert_eq!(
        report.operations,
        [("insert".into(), 1), ("evolve".into(), 0)]
    );
    assert_eq!(
        host.bank.render(&["n1".into()]).unwrap(),
        "[n1] (1 May 2023) Anna: I ski. | context: Anna tells of a sport. | keywords: ski, snow | \
         tags: sport"
    );
    assert_eq!(host.bank.entries()[0].evidence, ["D1:1"]);
}

#[test]
fn an_evolver_links_the_note_and_rewrites_exactly_the_neighbours_that_it_saw() {
    // The last turn shares most words with the fifth, then with the second, and its name with all.
    let turns = [
        "one",
        "ski",
        "three",
        "four",
        "ski Alps",
        "I ski in the Alps.",
    ];
    let evolution = json!({
        "should_evolve": true,
        "actions": ["strengthen", "update_neighbor"],
        "suggested_connections": ["n5"],
        "tags_to_update": ["sport"],
        "new_context_neighborhood": ["of five", "of two"],
        "new_tags_neighborhood": [["alps"], ["snow"]],
    });
    let evolution = evolution.to_string();
    let nothing = r#"{"should_evolve": false}"#;
    let mut outputs = vec![PLAIN];
    for _ in 0..4 {
        outputs.extend([PLAIN, nothing]);
    }
    outputs.extend([PLAIN, &evolution]);
    let (host, report) = observed(r#"{"related": 2}"#, &turns, &outputs);
    let prompt = &host.requests.last().unwrap().messages[1].content;
    let places = ["[n5]", "[n2]"].map(|id| prompt.find(id).unwrap());
    assert!(
        places[0] < places[1] && prompt.matches("\n[n").count() == 2,
        "{prompt}"
    );
    let contexts = (1..=6).map(|number| field(&host, &format!("n{number}"), "context"));
    assert_eq!(
        contexts.collect::<Vec<_>>(),
        ["", "of two", "", "", "of five", ""]
    );
    assert_eq!(field(&host, "n2", "tags"), "snow");
    assert_eq!(
        ["links", "tags"].map(|name| field(&host, "n6", name)),
        ["n5", "sport"]
    );
    assert_eq!(report.operations[1], ("evolve".into(), 1));
    assert_eq!((report.malformed, report.refused), (0, 0));
}

/// Observes two turns, of which the second's evolver says this, and returns the host and the report.
fn evolved(output: &str) -> (MockHost<Notes>, Report) {
    observed("{}", &["I ski.", "I ski no more."], &[PLAIN, PLAIN, output])
}

#[test]
fn lists_of_another_length_than_the_neighbours_are_malformed_and_the_note_is_kept_unlinked() {
    let output = json!({
        "should_evolve": true,
        "actions": ["strengthen", "update_neighbor"],
        "suggested_connections": ["n1"],
        "tags_to_update": ["x"],
        "new_context_neighborhood": ["a", "b"],
        "new_tags_neighborhood": [["a"], ["b"]],
    });
    let (host, report) = evolved(&output.to_string());
    assert_eq!((report.steps, report.malformed), (3, 1));
    assert_eq!(host.entry_texts(), ["Anna: I ski.", "Anna: I ski no more."]);
    for id in ["n1", "n2"] {
        assert_eq!(
            ["context", "tags", "links"].map(|name| field(&host, id, name)),
            ["", "", ""]
        );
    }
}

#[test]
fn what_should_not_evolve_changes_nothing() {
    let output = json!({
        "should_evolve": false,
        "actions": ["strengthen", "update_neighbor"],
        "suggested_connections": ["n1"],
        "tags_to_update": ["x"],
        "new_context_neighborhood": ["a"],
        "new_tags_neighborhood": [["a"]],
    });
    let (host, report) = evolved(&output.to_string());
    assert_eq!((report.malformed, report.operations[1].1), (0, 0));
    assert_eq!(field(&host, "n2", "links"), "");
}

#[test]
fn an_unknown_action_is_malformed() {
    let (host, report) = evolved(r#"{"should_evolve": true, "actions": ["merge"]}"#);
    assert_eq!((report.malformed, report.refused), (1, 0));
    assert_eq!(host.entry_texts().len(), 2);
}

#[test]
fn a_link_to_a_note_that_was_not_shown_is_refused_and_the_others_stand() {
    let output = json!({
        "should_evolve": true,
        "actions": ["strengthen"],
        "suggested_connections": ["n9", "n1", "n2"],
    });
    let (host, report) = evolved(&output.to_string());
    assert_eq!((report.malformed, report.refused), (0, 2));
    assert_eq!(field(&host, "n2", "links"), "n1");
}

#[test]
fn outputs_in_another_form_are_counted_as_repaired_and_malformed_ones_leave_the_fields_empty() {
    let fenced = format!("```json\n{SKI}\n```");
    let outputs = [&*fenced, "no JSON", "Fine: {\"should_evolve\": false}"];
    let (host, report) = observed("{}", &["I ski.", "I ski."], &outputs);
    assert_eq!((report.steps, report.malformed), (3, 1));
    assert!(report.operations.contains(&("output:repaired".into(), 2)));
    assert_eq!(field(&host, "n1", "keywords"), "ski, snow");
    assert_eq!(field(&host, "n2", "keywords"), "");
}

#[test]
fn rewritten_neighbours_have_new_vectors() {
    let output = json!({
        "should_evolve": true,
        "actions": ["update_neighbor"],
        "new_context_neighborhood": ["of winter"],
        "new_tags_neighborhood": [["past"]],
    });
    let output = output.to_string();
    let mut host = MockHost::scripted(Notes::default(), &[PLAIN, PLAIN, &output]);
    host.embedder = Some(|text| vec![1.0, text.len() as f32]);
    let session = dialogue_session(1, &[("Anna", "I ski."), ("Anna", "No more.")]);
    let report = configured("{}").observe(&mut host, session, None).unwrap();
    assert_eq!((report.refused, report.malformed), (0, 0));
    assert_eq!(field(&host, "n1", "context"), "of winter");
    let query = Query {
        vector: Some(vec![1.0, "Anna: I ski. of winter past".len() as f32]),
        ..Query::new("", 1)
    };
    assert_eq!(host.bank.retrieve(&query).unwrap()[0].entry.id, "n1");
}

#[test]
fn constrained_roles_are_given_their_schemas() {
    let options = r#"{"constrained": true}"#;
    let (mut host, report) = observed(
        options,
        &["I ski.", "I ski."],
        &[PLAIN, PLAIN, r#"{"should_evolve":false}"#],
    );
    assert_eq!(report.malformed, 0);
    assert!(
        host.requests
            .iter()
            .all(|request| request.grammar.is_some())
    );
    let schema = host.requests[2].grammar.as_deref().unwrap();
    assert!(schema.contains(r#""enum":["n1"]"#), "{schema}");
    let mut asked = MockHost::demonstrated(std::mem::take(&mut host.bank));
    configured(options).answer(&mut asked, "Who?").unwrap();
    assert!(
        asked
            .requests
            .iter()
            .all(|request| request.grammar.is_some())
    );
}

#[test]
fn questions_are_looked_up_by_keywords_and_answered_from_notes_and_their_links() {
    let outputs = [
        SKI,
        PLAIN,
        r#"{"should_evolve": true, "actions": ["strengthen"], "suggested_connections": ["n1"]}"#,
        r#"{"keywords": "Davos"}"#,
        r#"{"answer": "Davos"}"#,
        "nothing",
        "no answer",
    ];
    let (mut host, _) = observed("{}", &["I ski.", "It is in Davos."], &outputs);
    let policy = configured("{}");
    let answer = policy.answer(&mut host, "Where is it, Anna?").unwrap();
    assert_eq!(answer.text, "Davos");
    // The note about Davos, then the one that it is linked to.
    assert_eq!(answer.citations, ["D1:2", "D1:1"]);
    let shown = &host.requests.last().unwrap().messages[1].content;
    assert!(shown.starts_with("[n2] (1 May 2023) Anna: It is in Davos. | links: n1\n[n1] "));
    assert!(shown.ends_with("\n\nQuestion: Where is it, Anna?"));
    // Without keywords the question itself is looked up.
    let unanswered = policy.answer(&mut host, "Who is in Davos?").unwrap();
    assert_eq!(
        (unanswered.text.as_str(), unanswered.citations.len()),
        ("", 2)
    );
}

#[test]
fn a_question_without_words_looks_nothing_up() {
    let (mut host, _) = observed("{}", &["I ski."], &[PLAIN, "{}"]);
    let answer = configured("{}").answer(&mut host, " ").unwrap();
    assert_eq!((answer.text.as_str(), answer.citations.len()), ("", 0));
    assert_eq!(host.requests.last().unwrap().role, ANSWERER);
}

#[test]
fn a_bank_without_links_is_refused() {
    let mut host = MockHost::scripted(Flat::default(), &[]);
    let why = "amem links notes and rewrites them, and the bank flat has no operation `evolve`: use \
               notes";
    let refused = configured("{}").observe(&mut host, dialogue_session(1, &[]), None);
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
    let refused = configured("{}").answer(&mut host, "Who?");
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
}

#[test]
fn demonstrations_link_and_rewrite_as_hinted_in_every_form() {
    use DemonstratedOperation::{Insert, Update};
    for options in ["{}", r#"{"constrained": true}"#, r#"{"form": "words"}"#] {
        let mut host = MockHost::demonstrated(Notes::default());
        let mut policy = closed(options);
        let first = [
            ("Anna", "I live in Rome."),
            ("Ben", "I live in Rome, too."),
            ("Anna", "Hi Ben!"),
        ];
        let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, Insert)).into();
        let session = dialogue_session(1, &first);
        policy.observe(&mut host, session, Some(hints)).unwrap();
        let hints = vec![hint("D2:1", Update("D1:1".into()))];
        let session = dialogue_session(2, &[("Anna", "I live in Oslo.")]);
        let report = policy.observe(&mut host, session, Some(hints)).unwrap();
        assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 0));
        assert!(field(&host, "n1", "tags").contains("past"), "{options}");
        assert!(!field(&host, "n2", "tags").contains("past"), "{options}");
        assert!(field(&host, "n4", "links").contains("n1"), "{options}");
        let keywords = field(&host, "n4", "keywords").to_lowercase();
        assert_eq!(keywords, "live, oslo", "{options}");
        let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
        assert!(answer.text.contains("Oslo"), "{options}: {}", answer.text);
    }
}

#[test]
fn in_words_outputs_outside_the_grammar_change_nothing() {
    let outputs = ["rome done", "live done", "e1 merge", "live done", "berlin"];
    let mut host = MockHost::scripted(Notes::default(), &outputs);
    let mut policy = closed(r#"{"form": "words"}"#);
    let session = dialogue_session(1, &[("Anna", "I live in Oslo."), ("Anna", "I live here.")]);
    let report = policy.observe(&mut host, session, None).unwrap();
    assert_eq!((report.steps, report.malformed), (3, 2));
    assert_eq!(field(&host, "n1", "keywords"), "");
    assert_eq!(field(&host, "n2", "keywords"), "live");
    assert_eq!(field(&host, "n2", "links"), "");
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    assert_eq!((answer.text.as_str(), answer.citations.len()), ("", 2));
}

#[test]
fn in_words_nobody_answers_where_no_note_has_an_answer() {
    let mut host = MockHost::demonstrated(Notes::default());
    let policy = closed(r#"{"form": "words"}"#);
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    let roles = host.requests.iter().map(|request| &*request.role);
    assert_eq!(
        (answer.text.as_str(), roles.collect::<Vec<_>>()),
        ("", vec![KEYWORDS])
    );
}

#[test]
fn control_words_are_described_where_outputs_are_words() {
    assert!(configured("{}").describe().control_words.is_empty());
    let words = closed(r#"{"form": "words"}"#).describe().control_words;
    for word in [
        "apart", "link", "past", "e16", "done", "unknown", "@8", "rome", "live",
    ] {
        assert!(words.iter().any(|other| other == word), "{word}");
    }
}

#[test]
fn the_speakers_survive_a_snapshot() {
    let mut host = MockHost::scripted(Notes::default(), &[PLAIN]);
    let mut policy = configured("{}");
    policy
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    let mut restored = Amem::default();
    restored.restore(&policy.snapshot()).unwrap();
    assert_eq!(restored.speakers.alias("Anna"), "@1");
    assert_eq!(restored.snapshot(), policy.snapshot());
    assert!(restored.restore(&[9, 9]).is_err());
    assert_eq!(restored.snapshot(), policy.snapshot());
}

/// Returns a policy in a closed language.
fn closed(options: &str) -> Amem {
    let cities = LexiconKind {
        name: "city".into(),
        cues: vec!["live".into()],
        values: vec!["rome".into(), "oslo".into()],
    };
    let mut policy = Amem::default();
    policy.configure(options, vec![cities]).unwrap();
    policy
}
