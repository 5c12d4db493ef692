#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use bank_flat::Flat;
use bank_topics::Topics;
use environment_chronicle::Chronicle;
use memloom_sdk::mock_host::{dialogue_session, hint};
use memloom_sdk::types::{DemonstratedOperation, Operation};
use memloom_sdk::{Bank, Environment, MockHost};

const WORDS: &str = r#"{"form": "words"}"#;

fn configured(options: &str) -> Reflective {
    let mut policy = Reflective::default();
    let lexicon = Chronicle::default().describe().lexicon;
    policy.configure(options, lexicon).unwrap();
    policy
}

/// A stream of dialogues and tasks.
fn stream(sessions: u32) -> Chronicle {
    let mut chronicle = Chronicle::default();
    chronicle.load(vec![], r#"{"ask": "tasks"}"#).unwrap();
    chronicle.open("train", 4, sessions).unwrap();
    chronicle
}

/// A bank of six topics.
fn sports() -> Topics {
    let mut bank = Topics::default();
    bank.configure(r#"{"eta": 0.1}"#).unwrap();
    let sports = ["skis", "swims", "rows", "runs", "dances", "climbs"];
    let insert = |sport: &str| {
        let turn = format!("D1:{sport}");
        Operation::insert(format!("Anna {sport}."), "Anna", vec![turn])
    };
    bank.apply(moment(), sports.map(insert).into());
    bank
}

fn moment() -> Moment {
    Moment {
        session: 1,
        time: "1 May 2023".into(),
    }
}

/// Observes the first task of a stream, and returns it with the report.
fn first_task(policy: &mut Reflective, host: &mut MockHost<Topics>) -> (Task, Report) {
    let mut chronicle = stream(8);
    let task = (1..=8).find_map(|session| match chronicle.session(session).unwrap() {
        SessionContent::Task(task) => Some(task),
        SessionContent::Dialogue(_) => None,
    });
    host.environment = Some(Box::new(chronicle));
    let task = task.unwrap();
    let content = SessionContent::Task(task.clone());
    (task, policy.observe(host, content, None).unwrap())
}

fn count(report: &Report, name: &str) -> u32 {
    let mut operations = report.operations.iter();
    operations.find(|(other, _)| other == name).unwrap().1
}

/// Returns the bank after the five topics that the task shows, of which those at these places are
/// cited.
fn taught(task: &Task, places: &[usize]) -> Vec<u8> {
    let mut host = MockHost::scripted(sports(), &[]);
    let (hits, _) = retrieve(&mut host, &task.instruction, Some(task.index)).unwrap();
    let shown: Vec<&str> = hits.iter().map(|hit| &*hit.entry.id).collect();
    assert_eq!(shown.len(), 5);
    let cited: Vec<&str> = places.iter().map(|place| shown[*place]).collect();
    let arguments = serde_json::json!({
        "query": task.instruction, "shown": shown, "cited": cited
    });
    let operation = Operation::custom("cited", arguments.to_string());
    assert!(host.bank.apply(moment(), vec![operation])[0].is_ok());
    host.bank.snapshot()
}

/// Answers the first task by this output, and returns the task and the bank.
fn told(output: &str) -> (Task, Vec<u8>) {
    let mut host = MockHost::scripted(sports(), &[output]);
    let (task, report) = first_task(&mut configured("{}"), &mut host);
    assert_eq!((report.steps, report.malformed, report.refused), (1, 0, 0));
    assert_eq!(count(&report, "cited"), 1);
    (task, host.bank.snapshot())
}

#[test]
fn topics_that_are_cited_gain_and_others_that_were_shown_lose() {
    let (task, bank) = told("Rome [3, 0]");
    assert_eq!(bank, taught(&task, &[0, 3]));
    assert_ne!(bank, taught(&task, &[0, 2]));
}

#[test]
fn no_cite_gives_each_of_the_five_topics_a_reward_of_minus_one() {
    let (task, bank) = told("Rome [NO_CITE]");
    assert_eq!(bank, taught(&task, &[]));
    assert_ne!(bank, sports().snapshot());
}

#[test]
fn citations_of_what_was_not_shown_and_texts_without_brackets_are_malformed_and_teach_nothing() {
    for output in ["Rome [0, 7]", "in Rome", "Rome [one]", ""] {
        let mut host = MockHost::scripted(sports(), &[output]);
        let (_, report) = first_task(&mut configured("{}"), &mut host);
        assert_eq!((report.steps, report.malformed), (1, 1), "{output}");
        assert_eq!(count(&report, "cited"), 0);
        assert_eq!(host.bank.snapshot(), sports().snapshot());
    }
}

#[test]
fn an_answer_chooses_the_best_topics_and_leaves_the_bank_as_it_is() {
    let question = "Who swims?";
    let mut host = MockHost::new(sports(), |request| {
        let prompt = &request.messages[1].content;
        let line = prompt
            .lines()
            .position(|line| line.ends_with("Anna swims."));
        Ok(format!("Anna [{}]", line.unwrap() - 1))
    });
    let policy = configured("{}");
    let answer = policy.answer(&mut host, question).unwrap();
    assert_eq!(
        (&*answer.text, &answer.citations[..]),
        ("Anna", &["D1:swims".into()][..])
    );
    assert_eq!(policy.answer(&mut host, question).unwrap(), answer);
    assert_eq!(host.requests[0].messages, host.requests[1].messages);
    assert_eq!(host.bank.snapshot(), sports().snapshot());
}

#[test]
fn topics_are_added_or_merged_with_their_turns() {
    let outputs = [
        r#"{"topics": [{"summary": "Anna lives in Rome.", "turns": ["D1:1"]}]}"#,
        r#"{"topics": [{"summary": "Anna lives in Oslo.", "turns": ["D2:1", "D1:1"]},
            {"summary": "Ben skis.", "turns": ["D2:2"]}]}"#,
        r#"{"actions": [{"event": "MERGE", "id": "p1", "summary": "Anna moved to Oslo."}]}"#,
    ];
    let mut host = MockHost::scripted(Topics::default(), &outputs);
    let mut policy = configured("{}");
    let first = dialogue_session(1, &[("Anna", "I live in Rome.")]);
    let report = policy.observe(&mut host, first, None).unwrap();
    // Without a near topic the merger is not asked.
    assert_eq!((report.steps, count(&report, "insert")), (1, 1));
    let second = [("Anna", "I moved to Oslo."), ("Ben", "I ski.")];
    let report = policy
        .observe(&mut host, dialogue_session(2, &second), None)
        .unwrap();
    assert_eq!((report.steps, report.malformed, report.refused), (2, 0, 1));
    assert_eq!((count(&report, "merge"), count(&report, "insert")), (1, 1));
    assert_eq!(host.entry_texts(), ["Anna moved to Oslo.", "Ben skis."]);
    assert_eq!(host.bank.entries()[0].evidence, ["D1:1", "D2:1"]);
}

#[test]
fn what_cannot_be_parsed_changes_nothing() {
    for options in ["{}", WORDS] {
        let mut host = MockHost::scripted(Topics::default(), &["I noted it."]);
        let session = dialogue_session(1, &[("Anna", "I live in Rome.")]);
        let report = configured(options)
            .observe(&mut host, session, None)
            .unwrap();
        assert_eq!((report.steps, report.malformed), (1, 1));
        assert!(host.entry_texts().is_empty());
    }
}

/// Lives through a stream as an expert plays it, and returns the host with the mean score of the
/// tasks.
fn lived(options: &str, sessions: u32) -> (MockHost<Topics>, f32, u32) {
    let chronicle = stream(sessions);
    let mut host = MockHost::demonstrated(Topics::default()).in_environment(chronicle);
    host.demonstrator = Some(("expert", 1));
    let mut policy = configured(options);
    let mut cited = 0;
    for session in 1..=sessions {
        let environment = host.environment.as_mut().unwrap();
        let hints = environment.demonstrate("expert", session, 1).unwrap();
        let content = environment.session(session).unwrap();
        let report = policy.observe(&mut host, content, Some(hints)).unwrap();
        assert_eq!((report.malformed, report.refused), (0, 0));
        cited += count(&report, "cited");
    }
    let environment = host.environment.as_ref().unwrap();
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    let questions = environment.questions().unwrap();
    let scores = questions.iter().map(|question| {
        let score = environment.score(&question.id, &silent);
        score.unwrap().reward
    });
    let mean = scores.sum::<f32>() / questions.len() as f32;
    (host, mean, cited)
}

#[test]
fn a_demonstrator_plays_dialogues_and_tasks_in_every_form() {
    for options in ["{}", r#"{"constrained": true}"#, WORDS] {
        let (host, mean, cited) = lived(options, 16);
        assert!(mean >= 0.5, "{options}: {mean}");
        assert!(cited >= 6, "{options}: {cited}");
        let roles = [SUMMARISER, MERGER, ANSWERER];
        let asked = |role: &&str| host.requests.iter().any(|request| request.role == **role);
        assert!(roles.iter().all(asked));
        let constrained = host
            .requests
            .iter()
            .all(|request| request.grammar.is_some());
        assert_eq!(constrained, options != "{}");
    }
}

#[test]
fn the_same_stream_leaves_the_same_bank() {
    let bytes = |options| lived(options, 8).0.bank.snapshot();
    assert_eq!(bytes(WORDS), bytes(WORDS));
}

#[test]
fn in_words_each_word_of_a_grammar_is_a_control_word() {
    let (host, ..) = lived(WORDS, 8);
    let control = configured(WORDS).describe().control_words;
    assert!(configured("{}").describe().control_words.is_empty());
    let numbers = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    for request in &host.requests {
        let grammar = request.grammar.as_deref().unwrap();
        let words = grammar.split([' ', '(', ')', '|']);
        for word in words.filter(|word| !word.is_empty() && !numbers(word)) {
            assert!(control.iter().any(|known| known == word), "{word}");
        }
    }
}

#[test]
fn a_change_is_merged_into_the_topic_that_it_changes() {
    let mut host = MockHost::demonstrated(Topics::default());
    let mut policy = configured(WORDS);
    let first = [("Anna", "I live in Rome."), ("Anna", "My hobby is chess.")];
    let hints = ["D1:1", "D1:2"].map(|turn| hint(turn, DemonstratedOperation::Insert));
    let session = dialogue_session(1, &first);
    policy
        .observe(&mut host, session, Some(hints.into()))
        .unwrap();
    let session = dialogue_session(2, &[("Anna", "I live in Oslo now."), ("Anna", "Hi!")]);
    let hints = vec![hint("D2:1", DemonstratedOperation::Update("D1:1".into()))];
    let report = policy.observe(&mut host, session, Some(hints)).unwrap();
    assert_eq!((count(&report, "merge"), count(&report, "insert")), (1, 0));
    let texts = ["Anna: I live in Oslo now.", "Anna: My hobby is chess."];
    assert_eq!(host.entry_texts(), texts);
    let answer = policy.answer(&mut host, "Where does Anna live?").unwrap();
    assert_eq!(answer.text, "Oslo");
    assert_eq!(answer.citations, ["D1:1", "D2:1"]);
}

#[test]
fn an_embedding_of_the_question_teaches_and_summaries_have_theirs() {
    let mut host = MockHost::scripted(Topics::default(), &["Rome [0]"]);
    host.embedder = Some(|text| vec![text.len() as f32, 1.0]);
    let insert = |text: &str| {
        let Operation::Insert(insertion) = Operation::insert(text, "Anna", vec![]) else {
            panic!("no insertion");
        };
        Operation::Insert(memloom_sdk::types::Insertion {
            vector: Some(vec![text.len() as f32, 1.0]),
            ..insertion
        })
    };
    let results = host
        .bank
        .apply(moment(), vec![insert("Anna skis."), insert("Ben.")]);
    assert!(results.iter().all(Result::is_ok));
    let before = host.bank.snapshot();
    let (_, report) = first_task(&mut configured("{}"), &mut host);
    assert_eq!((report.malformed, report.refused), (0, 0));
    assert_ne!(host.bank.snapshot(), before);
}

#[test]
fn a_bank_without_a_reranker_and_a_task_with_listed_actions_are_refused_by_name() {
    let mut host = MockHost::scripted(Flat::default(), &[]);
    let session = dialogue_session(1, &[("Anna", "Hi!")]);
    let why =
        "reflective applies the operation `merge`, which the bank flat does not have: use topics";
    assert_eq!(
        configured("{}").observe(&mut host, session, None),
        Err(Error::Unsupported(why.into()))
    );
    let task = Task {
        index: 3,
        time: String::new(),
        instruction: "Look.".into(),
        actions: vec!["look".into()],
        steps: 1,
    };
    let mut host = MockHost::scripted(Topics::default(), &[]);
    let why = "reflective answers a task in words of its own, and that of session 3 lists its \
               actions: use react";
    assert_eq!(
        configured("{}").observe(&mut host, SessionContent::Task(task), None),
        Err(Error::Unsupported(why.into()))
    );
}
