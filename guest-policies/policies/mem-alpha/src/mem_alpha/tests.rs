#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use bank_typed::Typed;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::DemonstratedOperation;
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> MemAlpha {
    let mut policy = MemAlpha::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

/// Returns an output that inserts a text into a list.
fn insertion(kind: &str, text: &str) -> String {
    format!(
        r#"{{"calls": [{{"name": "new_memory_insert", "arguments": {{"memory_type": "{kind}", "content": "{text}"}}}}]}}"#
    )
}

fn observe(policy: &mut MemAlpha, host: &mut MockHost<Typed>, index: u32, text: &str) -> Report {
    let session = dialogue_session(index, &[("Anna", text)]);
    policy.observe(host, session, None).unwrap()
}

#[test]
fn calls_write_all_three_types() {
    let core = r#"{"calls": [{"name": "memory_update", "arguments": {"memory_type": "core_memory", "new_content": "Anna is a nurse."}},
        {"name": "new_memory_insert", "arguments": {"memory_type": "episodic_memory", "content": "At 1 May 2023, Anna skied."}}]}"#;
    let fact = insertion("semantic_memory", "Anna has a dog.");
    let mut host = MockHost::scripted(Typed::default(), &[core, &fact]);
    let mut policy = configured("{}");
    let report = observe(&mut policy, &mut host, 1, "I am a nurse and I skied.");
    let count = |name: &str, count: u32| (name.to_owned(), count);
    assert_eq!(
        report.operations,
        [count("insert", 1), count("update", 1), count("delete", 0)]
    );
    observe(&mut policy, &mut host, 2, "I have a dog.");
    let texts = [
        "Anna is a nurse.",
        "At 1 May 2023, Anna skied.",
        "Anna has a dog.",
    ];
    assert_eq!(host.entry_texts(), texts);
    let entries = host.bank.entries();
    assert_eq!(entries[2].evidence, ["D2:1"]);
    assert_eq!(entries[2].speaker, "Anna");
    let prompt = &host.requests[1].messages[1].content;
    assert!(prompt.starts_with("Core memory:\nAnna is a nurse.\n"));
    assert!(prompt.contains("Episodic memory (1 of 1 shown):\n[m1] At 1 May 2023, Anna skied.\n"));
}

#[test]
fn only_the_newest_twenty_of_25_entries_are_shown() {
    let mut outputs: Vec<String> = (1..=25)
        .map(|n| insertion("semantic_memory", &format!("fact {n}")))
        .collect();
    outputs.push("Done".into());
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let mut host = MockHost::scripted(Typed::default(), &outputs);
    let mut policy = configured("{}");
    for index in 1..=26 {
        let report = observe(&mut policy, &mut host, index, "a fact");
        assert_eq!(report.malformed, 0);
    }
    let prompt = &host.requests[25].messages[1].content;
    assert!(prompt.contains("Semantic memory (20 of 25 shown):\n[m6] fact 6\n"));
    assert!(!prompt.contains("fact 5\n"));
}

#[test]
fn what_cannot_be_carried_out_is_refused_alone() {
    let output = r#"{"calls": [
        {"name": "new_memory_insert", "arguments": {"memory_type": "procedural", "content": "x"}},
        {"name": "memory_update", "arguments": {"memory_type": "semantic_memory", "new_content": "x", "memory_id": "m9"}},
        {"name": "memory_delete", "arguments": "m1"},
        {"name": "new_memory_insert", "arguments": {"memory_type": "semantic_memory", "content": "Anna skis."}}]}"#;
    let mut host = MockHost::scripted(Typed::default(), &[output, "I noted it."]);
    let mut policy = configured("{}");
    let report = observe(&mut policy, &mut host, 1, "I ski.");
    assert_eq!((report.malformed, report.refused), (0, 3));
    assert_eq!(host.entry_texts(), ["Anna skis."]);
    let report = observe(&mut policy, &mut host, 2, "I swim.");
    assert_eq!((report.malformed, report.refused), (1, 0));
}

#[test]
fn demonstrations_play_a_session_as_hinted() {
    use DemonstratedOperation::{Delete, Insert, Update};
    for options in ["{}", r#"{"constrained": true}"#] {
        let mut host = MockHost::demonstrated(Typed::default());
        let mut policy = configured(options);
        let first = dialogue_session(1, &[("Anna", "I live in Rome."), ("Anna", "I ski.")]);
        let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, Insert));
        policy
            .observe(&mut host, first, Some(hints.into()))
            .unwrap();
        assert_eq!(
            host.entry_texts(),
            ["Anna: I live in Rome.", "Anna: I ski."]
        );
        let second = dialogue_session(2, &[("Anna", "I live in Oslo."), ("Anna", "No skis now.")]);
        let hints = vec![
            hint("D2:1", Update("D1:1".into())),
            hint("D2:2", Delete("D1:2".into())),
        ];
        let report = policy.observe(&mut host, second, Some(hints)).unwrap();
        assert_eq!((report.malformed, report.refused), (0, 0));
        assert_eq!(host.entry_texts(), ["Anna: I live in Oslo."]);
        let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
        assert_eq!(answer.text, "Anna: I live in Oslo.");
        assert_eq!(answer.citations, ["D1:1", "D2:1"]);
        assert_eq!(host.requests[0].grammar.is_some(), options != "{}");
    }
}

#[test]
fn tools_stand_in_the_request_where_they_are_asked_for() {
    let mut host = MockHost::scripted(Typed::default(), &["Done"]);
    let mut policy = configured(r#"{"calls": "tools"}"#);
    observe(&mut policy, &mut host, 1, "Hi!");
    assert_eq!(host.requests[0].tools.len(), 3);
    assert!(!host.requests[0].messages[0].content.contains("JSON"));
}

#[test]
fn a_bank_without_types_is_refused_by_name() {
    let mut host = MockHost::scripted(Flat::default(), &[]);
    let session = dialogue_session(1, &[("Anna", "Hi!")]);
    let refused = configured("{}").observe(&mut host, session, None);
    let Err(Error::Unsupported(why)) = refused else {
        panic!("flat was accepted");
    };
    assert!(why.ends_with("the bank flat has no field `type`: use typed"));
}

#[test]
fn a_question_without_words_finds_no_entry_and_fails_not() {
    let fact = insertion("semantic_memory", "Anna skis.");
    let mut host = MockHost::scripted(Typed::default(), &[&fact, "unknown"]);
    let mut policy = configured("{}");
    observe(&mut policy, &mut host, 1, "I ski.");
    let answer = policy.answer(&mut host, " ").unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.citations.len()),
        ("unknown", 0)
    );
}

const WORDS: &str = r#"{"calls": "words"}"#;

#[test]
fn in_words_demonstrations_play_a_session_as_hinted_and_answer_in_the_entries_words() {
    use DemonstratedOperation::{Delete, Insert, Update};
    let mut host = MockHost::demonstrated(Typed::default());
    let mut policy = configured(WORDS);
    let first = [
        ("user", "1. The home of Ida Vale is Old Ford."),
        ("user", "2. The dish of Old Ford is trout."),
        ("user", "3. So."),
    ];
    let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, Insert)).into();
    let session = dialogue_session(1, &first);
    let report = policy.observe(&mut host, session, Some(hints)).unwrap();
    assert_eq!((report.steps, report.malformed, report.refused), (1, 0, 0));
    let second = [
        ("user", "4. The home of Ida Vale is Still Cliff."),
        ("user", "5. So."),
    ];
    let hints = vec![
        hint("D2:1", Update("D1:1".into())),
        hint("D2:2", Delete("D1:2".into())),
    ];
    let session = dialogue_session(2, &second);
    let report = policy.observe(&mut host, session, Some(hints)).unwrap();
    assert_eq!((report.malformed, report.refused), (0, 0));
    let kept = ["user: 4. The home of Ida Vale is Still Cliff."];
    assert_eq!(host.entry_texts(), kept);
    let question = "What is the home of Ida Vale?";
    let answer = policy.answer(&mut host, question).unwrap();
    assert_eq!(answer.text, "Still Cliff");
    assert_eq!(answer.citations, ["D1:1", "D2:1"]);
    assert_eq!(
        host.requests.last().unwrap().messages[0].content,
        "what is the home of ida vale ?\n@1 : 4 . the home of ida vale is still cliff .\n\
         what is the home of ida vale ?"
    );
}

#[test]
fn in_words_sixteen_turns_are_asked_about_at_a_time_and_each_word_is_a_control_word() {
    let lines = [("user", "A note."); 20];
    let mut host = MockHost::demonstrated(Typed::default());
    let mut policy = configured(WORDS);
    let hints = vec![hint("D1:1", DemonstratedOperation::Insert)];
    let session = dialogue_session(1, &lines);
    let report = policy.observe(&mut host, session, Some(hints)).unwrap();
    assert_eq!((report.steps, report.malformed), (2, 0));
    let control = policy.describe().control_words;
    assert!(configured("{}").describe().control_words.is_empty());
    for request in &host.requests {
        let grammar = request.grammar.as_deref().unwrap();
        let words = grammar.split([' ', '(', ')', '|']);
        for word in words.filter(|word| !word.is_empty()) {
            assert!(control.iter().any(|known| known == word), "{word}");
        }
    }
}

#[test]
fn in_words_an_output_outside_the_grammar_changes_nothing() {
    let outputs = ["t1 insert semantic", "t1 insert", "rome"];
    let mut host = MockHost::scripted(Typed::default(), &outputs);
    let mut policy = configured(WORDS);
    let malformed = |index, policy: &mut MemAlpha, host: &mut MockHost<Typed>| {
        observe(policy, host, index, "I live in Oslo.").malformed
    };
    assert_eq!(malformed(1, &mut policy, &mut host), 0);
    assert_eq!(malformed(2, &mut policy, &mut host), 1);
    assert_eq!(host.entry_texts(), ["Anna: I live in Oslo."]);
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    assert_eq!((answer.text.as_str(), answer.citations.len()), ("", 1));
}
