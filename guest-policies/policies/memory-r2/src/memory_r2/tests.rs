#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::{DemonstratedOperation, Task};
use memloom_sdk::{Bank, MockHost};

fn configured(options: &str) -> MemoryR2 {
    let mut policy = MemoryR2::default();
    policy.configure(options, vec![]).unwrap();
    policy
}

fn one_chunk() -> MemoryR2 {
    configured(r#"{"max_chunks": 1}"#)
}

const SKIING: &str = r#"{"facts": [{"speaker": "Anna", "dia_id": "D1:1", "fact": "Anna skis."}]}"#;
const INSERT_SKIING: &str = r#"{"operations": [{"operation": "INSERT", "speaker": "Anna", "content": "Anna skis.", "dia_id": "D1:1"}]}"#;

#[test]
fn facts_become_entries_as_the_manager_says() {
    let mut host = MockHost::scripted(Flat::default(), &[SKIING, INSERT_SKIING]);
    let report = one_chunk()
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 0));
    assert_eq!(report.operations[0], ("insert".into(), 1));
    let entry = host.bank.entries().remove(0);
    assert_eq!(
        (entry.text.as_str(), entry.speaker.as_str()),
        ("Anna skis.", "Anna")
    );
    assert_eq!(
        (entry.time.as_str(), entry.evidence),
        ("1 May 2023", vec!["D1:1".to_string()])
    );
    for request in &host.requests {
        assert!(
            request.messages[1]
                .content
                .contains(r#""session_time":"1 May 2023""#)
        );
        assert_eq!(request.grammar, None);
    }
}

#[test]
fn constrained_roles_are_given_their_schemas() {
    let facts = r#"{"facts": [{"speaker": "Anna", "dia_id": "D1:1", "fact": "Anna skis."}]}"#;
    let mut host = MockHost::scripted(Flat::default(), &[facts, r#"{"operations": []}"#]);
    configured(r#"{"constrained": true}"#)
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    let schemas = host
        .requests
        .iter()
        .map(|request| request.grammar.as_deref().unwrap());
    let schemas: Vec<&str> = schemas.collect();
    assert!(schemas[0].starts_with(
        r#"{"type":"object","properties":{"facts":{"type":"array","maxItems":15,"items":{"type":"object","properties":{"speaker":{"enum":["Anna"]},"dia_id":{"enum":["D1:1"]},"fact":{"#
    ));
    assert!(schemas[1].contains(r#"{"operation":{"enum":["INSERT"]},"speaker":{"enum":["Anna"]}"#));
    assert!(!schemas[1].contains("UPDATE"));
    assert!(schemas[1].contains(r#""operations":{"type":"array","maxItems":1,"#));
}

#[test]
fn a_constrained_answerer_answers_in_a_text_of_json() {
    let mut host = MockHost::scripted(Flat::default(), &[r#""<answer>a \"b\"</answer>""#]);
    let policy = configured(r#"{"constrained": true, "prompts": "short"}"#);
    let answer = policy.answer(&mut host, "Who?").unwrap();
    assert_eq!(answer.text, r#"a "b""#);
    let request = &host.requests[0];
    assert!(request.grammar.as_deref().unwrap().contains("^<answer>"));
    assert_eq!(
        request.demonstration.as_deref(),
        Some("\"<answer></answer>\"")
    );
    let roles = request.messages.iter().map(|message| &*message.role);
    assert_eq!(
        roles.collect::<Vec<_>>(),
        ["system", "user", "assistant", "user"]
    );
    let free = configured(r#"{"constrained": true, "constrained_answers": false}"#);
    let mut host = MockHost::demonstrated(Flat::default());
    free.answer(&mut host, "Who?").unwrap();
    assert_eq!(host.requests[0].grammar, None);
}

#[test]
fn demonstrations_of_constrained_roles_are_within_their_bounds() {
    let mut host = MockHost::demonstrated(Flat::default());
    let lines = [
        ("Anna", "I ski every winter in the Alps."),
        ("Anna", "I cook."),
    ];
    let hints = (1..=2).map(|turn| hint(&format!("D1:{turn}"), DemonstratedOperation::Insert));
    let options = r#"{"constrained": true, "max_chunks": 1, "max_facts": 1, "max_fact_chars": 20}"#;
    let report = configured(options)
        .observe(
            &mut host,
            dialogue_session(1, &lines),
            Some(hints.collect()),
        )
        .unwrap();
    assert_eq!((report.malformed, report.refused), (0, 0));
    assert_eq!(host.entry_texts(), ["I ski every winter"]);
}

#[test]
fn outputs_that_are_repaired_or_cut_are_counted() {
    let facts = r#"{"facts": [{"speaker": "Anna", "dia_id": "D1:1", "fact": "Anna skis."}, {"#;
    let operations = format!("```json\n{INSERT_SKIING}\n```");
    let mut host = MockHost::scripted(Flat::default(), &[facts, &operations]);
    let report = one_chunk()
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 0));
    let counts = [("output:repaired", 2), ("output:cut", 1)];
    assert_eq!(report.operations[0], ("insert".into(), 1));
    for (name, count) in counts {
        assert!(
            report.operations.contains(&(name.into(), count)),
            "{report:?}"
        );
    }
    assert_eq!(host.entry_texts(), ["Anna skis."]);
}

#[test]
fn the_short_prompts_show_an_example_before_the_session() {
    let nothing = r#"{"facts": []}"#;
    let mut host = MockHost::scripted(Flat::default(), &[nothing; 2]);
    configured(r#"{"prompts": "short", "max_chunks": 2}"#)
        .observe(
            &mut host,
            dialogue_session(1, &[("Anna", "one"), ("Anna", "two")]),
            None,
        )
        .unwrap();
    let [first, second] = [0, 1].map(|place| &host.requests[place].messages);
    assert_eq!(first.len(), 4);
    assert!(first[1].content.contains("marathon") && first[2].content.contains("marathon"));
    assert!(first[3].content.contains("one") && !first[3].content.contains("context only"));
    assert_eq!(second.len(), 6);
    assert!(second[5].content.contains("for context only"));
}

#[test]
fn sessions_are_cut_into_at_most_so_many_chunks_and_none_is_empty() {
    let turns_per_request = |options: &str, turns: usize| -> Vec<usize> {
        let mut host = MockHost::new(Flat::default(), |_| Ok(r#"{"facts": []}"#.into()));
        let lines = vec![("Anna", "hi"); turns];
        configured(options)
            .observe(&mut host, dialogue_session(1, &lines), None)
            .unwrap();
        let last = |request: &Request| request.messages.last().unwrap().content.clone();
        host.requests
            .iter()
            .map(|request| last(request).matches("dia_id").count())
            .collect()
    };
    assert_eq!(turns_per_request("{}", 13), [3, 3, 3, 3, 1]);
    assert_eq!(turns_per_request("{}", 12), [2; 6]);
    assert_eq!(turns_per_request("{}", 2), [1, 1]);
    assert!(turns_per_request("{}", 0).is_empty());
    let at_least_five = r#"{"min_chunk_turns": 5}"#;
    assert_eq!(turns_per_request(at_least_five, 13), [5, 5, 3]);
    assert_eq!(turns_per_request(at_least_five, 36), [6; 6]);
    assert_eq!(turns_per_request(at_least_five, 4), [4]);
}

#[test]
fn a_role_remembers_its_chat_within_a_session_only() {
    let nothing = r#"{"facts": []}"#;
    let mut host = MockHost::scripted(Flat::default(), &[nothing; 3]);
    let mut policy = configured(r#"{"max_chunks": 2}"#);
    let lines = [("Anna", "one"), ("Anna", "two")];
    policy
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    policy
        .observe(&mut host, dialogue_session(2, &lines[..1]), None)
        .unwrap();
    let roles = |request: &Request| -> Vec<String> {
        request
            .messages
            .iter()
            .map(|message| message.role.clone())
            .collect()
    };
    assert_eq!(
        roles(&host.requests[1]),
        ["system", "user", "assistant", "user"]
    );
    let second = &host.requests[1].messages[3].content;
    assert!(
        second.contains("for context only") && second.contains("two"),
        "{second}"
    );
    assert!(!second.contains("one\""));
    assert_eq!(roles(&host.requests[2]), ["system", "user"]);
}

#[test]
fn the_manager_sees_what_may_be_related() {
    let mut host = MockHost::demonstrated(Flat::default());
    let mut policy = one_chunk();
    let first = dialogue_session(
        1,
        &[("Anna", "I live in Rome."), ("Ben", "I live in Oslo.")],
    );
    let hints = vec![
        hint("D1:1", DemonstratedOperation::Insert),
        hint("D1:2", DemonstratedOperation::Insert),
    ];
    policy.observe(&mut host, first, Some(hints)).unwrap();
    let second = dialogue_session(
        2,
        &[("Anna", "I live in Paris."), ("Anna", "Nothing else.")],
    );
    let hints = vec![hint("D2:1", DemonstratedOperation::Update("D1:1".into()))];
    let report = policy.observe(&mut host, second, Some(hints)).unwrap();
    assert_eq!(report.operations[1], ("update".into(), 1));
    let shown = &host.requests[3].messages[1].content;
    assert!(shown.contains(r#""related_memory_ids":["m1"]"#), "{shown}");
    assert!(!shown.contains("Oslo"), "{shown}");
    assert_eq!(host.entry_texts(), ["I live in Paris.", "I live in Oslo."]);
}

#[test]
fn only_the_best_related_entries_are_shown() {
    let fact = |text: &str| Fact {
        speaker: "Anna".into(),
        text: text.into(),
        evidence: vec![],
    };
    let mut bank = Flat::default();
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    let insert = |text: &str| Operation::insert(text, "Anna", vec![]);
    bank.apply(at, ["a", "b", "c"].map(insert).into());
    let entries = bank.entries();
    let hit = |place: usize, score: f32| Hit {
        entry: entries[place].clone(),
        score,
    };
    let found = vec![
        (fact("x"), vec![hit(0, 0.5), hit(1, 0.4)]),
        (fact("y"), vec![hit(2, 0.9), hit(1, 0.8)]),
    ];
    let cases = capped(found, 2);
    let shown: Vec<&str> = cases
        .memories
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(shown, ["m3", "m2"]);
    assert_eq!(cases.facts[0].1, ["m2"]);
    assert_eq!(cases.facts[1].1, ["m3", "m2"]);
}

#[test]
fn outputs_that_cannot_be_read_change_nothing() {
    let lines = [("Anna", "I ski.")];
    let mut host = MockHost::scripted(Flat::default(), &["I noted it."]);
    let report = one_chunk()
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (1, 1));

    let mut host = MockHost::scripted(Flat::default(), &[SKIING, r#"{"operations": ["#]);
    let report = one_chunk()
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed), (2, 1));
    assert!(host.entry_texts().is_empty());
}

#[test]
fn what_is_only_thought_of_is_not_carried_out() {
    let delete = r#"{"operations":[{"operation":"DELETE","memory_id":"m1"}]}"#;
    let nothing = r#"{"operations":[]}"#;
    for (reply, malformed, left) in [
        (format!("<think>Say {delete}? No.</think>{nothing}"), 0, 1),
        (format!("Say {delete}? No.\n</think>\n\n{nothing}"), 0, 1),
        (format!("<think>Say {nothing}? No.</think>{delete}"), 0, 0),
        (format!("<think>Say {delete}"), 1, 1),
        (format!("<think>Say {delete}</think>"), 1, 1),
        (format!("{delete}<think>Wait"), 1, 1),
    ] {
        let mut host = MockHost::scripted(Flat::default(), &[SKIING, INSERT_SKIING]);
        let mut policy = one_chunk();
        let lines = [("Anna", "I ski.")];
        policy
            .observe(&mut host, dialogue_session(1, &lines), None)
            .unwrap();
        let fact = format!("<think>None.</think>{}", SKIING.replace("D1", "D2"));
        let mut host = MockHost::scripted(host.bank, &[&fact, &reply]);
        let report = policy
            .observe(&mut host, dialogue_session(2, &lines), None)
            .unwrap();
        assert_eq!((report.steps, report.malformed), (2, malformed), "{reply}");
        assert_eq!(host.entry_texts().len(), left, "{reply}");
    }
}

#[test]
fn a_chat_goes_on_without_its_thoughts() {
    let replies = [
        r#"<think>None?</think>{"facts": []}"#,
        "<think>Still at it",
        r#"{"facts": []}"#,
    ];
    let mut host = MockHost::scripted(Flat::default(), &replies);
    let lines = [("Anna", "one"), ("Anna", "two"), ("Anna", "three")];
    configured(r#"{"max_chunks": 3}"#)
        .observe(&mut host, dialogue_session(1, &lines), None)
        .unwrap();
    let messages = &host.requests[2].messages;
    assert_eq!(messages[2].content, r#"{"facts": []}"#);
    assert_eq!(messages[4].content, "");
}

#[test]
fn what_the_bank_refuses_fails_alone_and_is_counted() {
    let operations = r#"{"operations": [
        {"operation": "UPDATE", "memory_id": "m9", "content": "x", "dia_id": "D1:1"},
        {"operation": "MERGE"},
        {"operation": "INSERT", "speaker": "Anna", "content": "Anna skis.", "dia_id": "D1:1, D4:4"}]}"#;
    let mut host = MockHost::scripted(Flat::default(), &[SKIING, operations]);
    let report = one_chunk()
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    assert_eq!(report.refused, 3);
    assert_eq!(host.entry_texts(), ["Anna skis."]);
    assert_eq!(host.bank.entries()[0].evidence, ["D1:1"]);
}

fn by_first_letter(text: &str) -> Vec<f32> {
    let letter = text.to_lowercase().bytes().next().unwrap_or_default();
    vec![f32::from(letter == b'a'), f32::from(letter != b'a')]
}

#[test]
fn an_embedder_is_used_where_the_host_has_one() {
    let mut host = MockHost::scripted(
        Flat::default(),
        &[SKIING, INSERT_SKIING, "<answer>yes</answer>"],
    );
    host.embedder = Some(by_first_letter);
    let mut policy = one_chunk();
    policy
        .observe(&mut host, dialogue_session(1, &[("Anna", "I ski.")]), None)
        .unwrap();
    let answer = policy.answer(&mut host, "Any sports?").unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.citations),
        ("yes", vec!["D1:1".to_string()])
    );
}

#[test]
fn answers_come_from_what_is_found_about_each_speaker() {
    let mut host = MockHost::demonstrated(Flat::default());
    let mut policy = one_chunk();
    let lines = [
        ("Anna", "I saw the lake."),
        ("Ben", "The lake froze."),
        ("Ben", "I cook."),
    ];
    let hints = (1..=3)
        .map(|turn| hint(&format!("D1:{turn}"), DemonstratedOperation::Insert))
        .collect();
    policy
        .observe(&mut host, dialogue_session(1, &lines), Some(hints))
        .unwrap();
    let mut host = MockHost::scripted(host.bank, &["It did. <answer>frozen</answer>"]);
    let answer = policy.answer(&mut host, "How was the lake?").unwrap();
    assert_eq!(answer.text, "frozen");
    assert_eq!(answer.citations, ["D1:1", "D1:2"]);
    let request = &host.requests[0];
    assert_eq!(
        (request.role.as_str(), request.messages.len()),
        (ANSWERER, 1)
    );
    let content = &request.messages[0].content;
    assert!(content.contains(r#"{"session_time":"1 May 2023","content":"The lake froze."}"#));
    assert!(!content.contains("I cook."));
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
    assert!(why.contains("memory-r2"), "{why}");
}

#[test]
fn who_has_spoken_survives_a_snapshot() {
    let mut host = MockHost::new(Flat::default(), |_| Ok(r#"{"facts": []}"#.into()));
    let mut policy = configured("{}");
    policy
        .observe(
            &mut host,
            dialogue_session(1, &[("Anna", "a"), ("Ben", "b")]),
            None,
        )
        .unwrap();
    let mut restored = configured("{}");
    restored.restore(&policy.snapshot()).unwrap();
    assert_eq!(restored.speakers, ["Anna", "Ben"]);
    assert_eq!(restored.snapshot(), policy.snapshot());
    assert!(restored.restore(b"?").is_err());
}

#[test]
fn without_an_extractor_every_turn_is_a_fact_of_the_managers() {
    let output = r#"{"operations": []}"#;
    let mut host = MockHost::scripted(Flat::default(), &[output]);
    let lines = [("Anna", "I live in Rome."), ("Ben", "Nice!")];
    let hints = vec![hint("D1:1", DemonstratedOperation::Insert)];
    configured(r#"{"extractor": false, "max_chunks": 1}"#)
        .observe(&mut host, dialogue_session(1, &lines), Some(hints))
        .unwrap();
    let request = host.requests.remove(0);
    assert_eq!(request.role, "manager");
    let said = &request.messages.last().unwrap().content;
    assert!(
        said.contains("I live in Rome.") && said.contains("Nice!"),
        "{said}"
    );
    let demonstrated = request.demonstration.unwrap();
    assert!(demonstrated.contains("I live in Rome."), "{demonstrated}");
    assert!(!demonstrated.contains("Nice!"), "{demonstrated}");
}
