#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_sdk::types::{DemonstratedOperation, Turn};

use super::*;

const TALKS: &str = r#"[
{"sample_id": "conv-1", "observation": {"ignored": true}, "conversation": {
  "speaker_a": "Ada", "speaker_b": "Bo",
  "session_1_date_time": "9:00 am on 1 May, 2024",
  "session_1": [
    {"speaker": "Ada", "dia_id": "D1:1", "text": "I bought a kite."},
    {"speaker": "Bo", "dia_id": "D1:2", "text": "Look!", "blip_caption": "a red kite", "img_url": ["x"]}
  ],
  "session_2_date_time": "8:00 pm on 9 June, 2024",
  "session_2": [{"speaker": "Bo", "dia_id": "D2:1", "text": "The kite tore in 2019."}],
  "session_4": [{"speaker": "Ada", "dia_id": "D4:1", "text": "I mended it."}],
  "session_5_date_time": "never"
}, "qa": [
  {"question": "What did Ada buy?", "answer": "a kite", "evidence": ["D1:1"], "category": 4},
  {"question": "When did it tear?", "answer": 2019, "evidence": ["D2:1"], "category": 2},
  {"question": "What happened to it?", "answer": "torn, mended", "evidence": ["D2:1; D4:1"], "category": 1},
  {"question": "What does Bo fly?", "adversarial_answer": "a jet", "evidence": ["D1:2"], "category": 5},
  {"question": "Is Ada handy?", "answer": "yes", "evidence": [], "category": 3},
  {"question": "Who wept?", "answer": "Bo", "evidence": ["D9:9"], "category": 4}
]},
{"sample_id": "conv-2", "conversation": {"speaker_a": "Cy", "speaker_b": "Di",
  "session_1_date_time": "noon", "session_1": [{"speaker": "Cy", "dia_id": "D1:1", "text": "Hi."}]}, "qa": []}
]"#;

const AUDIT: &str = r#"[
{"sample_id": "conv-1", "question_id": "locomo_0_qa0", "question": "What did Ada buy?",
 "correct_evidence": ["D1:2"], "correct_answer": "a red kite", "error_type": "INCOMPLETE"},
{"sample_id": "conv-1", "question_id": "locomo_0_qa1", "question": "Another one?",
 "correct_evidence": ["D1:2"], "correct_answer": "no", "error_type": "AMBIGUOUS"},
{"sample_id": "conv-9", "question_id": "locomo_8_qa1", "question": "Far away?",
 "correct_evidence": ["D1:2"], "correct_answer": "yes", "error_type": "AMBIGUOUS"}
]"#;

fn files(texts: &[&str]) -> Vec<DataFile> {
    (1..)
        .zip(texts)
        .map(|(number, &text)| DataFile {
            name: format!("{number}.json"),
            bytes: text.into(),
        })
        .collect()
}

fn loaded(texts: &[&str], options: &str) -> (Locomo, LoadReport) {
    let mut locomo = Locomo::default();
    let report = locomo.load(files(texts), options).unwrap();
    (locomo, report)
}

fn opened(options: &str, horizon: u32) -> Locomo {
    let (mut locomo, _) = loaded(&[TALKS], options);
    locomo.open("held-out", 0, horizon).unwrap();
    locomo
}

fn asked(locomo: &Locomo) -> Vec<String> {
    let questions = locomo.questions().unwrap();
    questions.into_iter().map(|question| question.id).collect()
}

fn turns(locomo: &mut Locomo, index: u32) -> Vec<Turn> {
    match locomo.session(index).unwrap() {
        SessionContent::Dialogue(session) => session.turns,
        SessionContent::Task(_) => panic!("a task"),
    }
}

fn noted(locomo: &Locomo, demonstrator: &str, seed: u64) -> Vec<String> {
    let hints = (1..=3).flat_map(|index| locomo.demonstrate(demonstrator, index, seed).unwrap());
    hints
        .inspect(|hint| assert_eq!(hint.operation, DemonstratedOperation::Insert))
        .map(|hint| hint.turn)
        .collect()
}

#[test]
fn what_is_wrong_with_the_data_is_counted_and_named() {
    let (_, report) = loaded(&[TALKS], "{}");
    assert_eq!(
        report.warnings,
        [
            "conv-1: 1 evidence string repaired",
            "conv-1: 1 session renumbered to close gaps: 4 is 3",
            "conv-1: 1 session without a date: 4",
            "conv-1: 1 session date without a session ignored: 5",
            "conv-1: 1 evidence string with an id that is no turn: \"D9:9\" of qa5",
            "conv-1: 2 questions without usable evidence dropped: qa4, qa5",
        ]
    );
    let episodes: Vec<Option<u64>> = report.splits.iter().map(|split| split.episodes).collect();
    assert_eq!(episodes, [Some(0), Some(0), Some(2)]);
}

#[test]
fn a_malformed_question_is_repaired_or_left_out_and_costs_no_other() {
    let qa = |fields: &str| {
        let usual = r#""question": "Q?", "answer": "a", "evidence": ["D1:1"], "category": 4"#;
        format!("{{{usual}, {fields}}}")
    };
    let questions = [
        qa(r#""evidence": "D1:1, D1:2""#),
        qa(r#""evidence": null"#),
        qa(r#""category": "4""#),
        qa(r#""answer": ["a kite", "a jet"], "evidence": "D1:1""#),
        qa(r#""answer": null"#),
        qa(r#""question": null"#),
        qa(r#""category": "four""#),
        qa(r#""evidence": {"turn": 1}"#),
        "null".into(),
        r#"{"question": "Q?", "evidence": ["D1:1"], "category": 4}"#.into(),
        qa(r#""answer": 7"#),
    ];
    // Of a key that is there twice, the last counts.
    let (before, after) = TALKS.split_once("\"qa\": [\n").unwrap();
    let text = format!("{before}\"qa\": [{},\n{after}", questions.join(",\n"));
    let (mut locomo, report) = loaded(&[&text], "{}");
    let said = |part: &str| report.warnings.iter().any(|line| line.contains(part));
    assert!(
        said(
            "conv-1: 3 questions with a field of another type repaired: qa0 (evidence), qa2 (category), qa3 (answer and evidence)"
        ),
        "{:#?}",
        report.warnings
    );
    assert!(said("1 question without text dropped: qa5"));
    assert!(said(
        "without usable evidence dropped: qa1, qa7, qa15, qa16"
    ));
    assert!(said("2 questions without an answer dropped: qa4, qa9"));
    assert!(said("2 questions of an unknown category dropped: qa6, qa8"));
    locomo.open("held-out", 0, 0).unwrap();
    let numbers = [0, 2, 3, 10, 11, 12, 13].map(|number| format!("conv-1/qa{number}"));
    assert_eq!(asked(&locomo), numbers);
    assert_eq!(locomo.questions().unwrap()[0].evidence, ["D1:1", "D1:2"]);
    let worth = |question: &str, text: &str| {
        let answer = Answer {
            text: text.into(),
            citations: vec![],
        };
        locomo.score(question, &answer).unwrap().reward
    };
    assert_eq!(worth("conv-1/qa3", "a kite and a jet"), 0.8);
    assert_eq!(worth("conv-1/qa10", "7"), 1.0);
}

#[test]
fn a_photo_is_told_in_words() {
    let turns = turns(&mut opened("{}", 0), 1);
    assert_eq!(turns[1].text, "Look! [shares a photo: a red kite]");
    assert_eq!(turns[1].id, "D1:2");
}

#[test]
fn a_question_belongs_to_a_horizon_that_holds_all_its_evidence() {
    assert_eq!(
        asked(&opened("{}", 0)),
        ["conv-1/qa0", "conv-1/qa1", "conv-1/qa2"]
    );
    assert_eq!(asked(&opened("{}", 2)), ["conv-1/qa0", "conv-1/qa1"]);
    assert_eq!(asked(&opened("{}", 1)), ["conv-1/qa0"]);
    assert_eq!(asked(&opened("{}", 99)), asked(&opened("{}", 0)));
}

#[test]
fn evidence_counts_sessions_as_they_are_numbered_here() {
    let questions = opened("{}", 0).questions().unwrap();
    assert_eq!(questions[2].evidence, ["D2:1", "D4:1"]);
    assert_eq!(questions[2].sessions, [2, 3]);
    assert_eq!(questions[2].category, "multi-hop");
}

#[test]
fn answers_are_scored_with_their_citations() {
    let locomo = opened("{}", 0);
    let answer = Answer {
        text: "It tore in 2019".into(),
        citations: vec!["D2:1".into(), "D1:1".into()],
    };
    let score = locomo.score("conv-1/qa1", &answer).unwrap();
    assert_eq!(score.reward, 0.4);
    assert_eq!(score.metrics[4], ("evidence".into(), 1.0));
    let score = locomo.score("conv-1/qa2", &answer).unwrap();
    assert_eq!(score.metrics[4], ("evidence".into(), 0.5));
}

#[test]
fn adversarial_questions_are_asked_on_request_and_scored_by_the_benchmarks_rule() {
    let locomo = opened(r#"{"categories": [5]}"#, 0);
    assert_eq!(asked(&locomo), ["conv-1/qa3"]);
    let worth = |question: &str, text: &str| {
        let answer = Answer {
            text: text.into(),
            citations: vec![],
        };
        let score = locomo.score(question, &answer).unwrap();
        let figures = score.metrics[..4].iter().map(|(_, value)| *value);
        (score.reward, figures.collect::<Vec<f32>>())
    };
    for right in [
        "",
        " .\n",
        "Not mentioned in the conversation",
        "That is NOT MENTIONED.",
        "No information available",
        "There is no information available about what Bo flies.",
    ] {
        assert_eq!(worth("conv-1/qa3", right), (1.0, vec![1.0; 4]), "{right}");
    }
    for wrong in ["a jet", "no", "It was mentioned: a jet", "No information"] {
        assert_eq!(worth("conv-1/qa3", wrong), (0.0, vec![0.0; 4]), "{wrong}");
    }
    let others = opened("{}", 0);
    let silence = Answer {
        text: "Not mentioned in the conversation".into(),
        citations: vec![],
    };
    assert_eq!(others.score("conv-1/qa0", &silence).unwrap().reward, 0.0);
}

#[test]
fn corrections_replace_answer_and_evidence_unless_refused() {
    let (mut locomo, report) = loaded(&[AUDIT, TALKS], "{}");
    assert_eq!(
        report.warnings[..3],
        [
            "conv-1: 1 correction applied",
            "1 correction to conversations that are not loaded ignored",
            "1 correction without the question that it names ignored: locomo_0_qa1",
        ]
    );
    locomo.open("held-out", 0, 0).unwrap();
    assert_eq!(locomo.questions().unwrap()[0].evidence, ["D1:2"]);
    let (mut locomo, _) = loaded(&[TALKS, AUDIT], r#"{"corrections": false}"#);
    locomo.open("held-out", 0, 0).unwrap();
    assert_eq!(locomo.questions().unwrap()[0].evidence, ["D1:1"]);
}

#[test]
fn corrections_that_are_asked_for_must_be_there() {
    let refused = Locomo::default().load(files(&[TALKS]), r#"{"corrections": true}"#);
    assert!(matches!(refused, Err(Error::Invalid(_))));
}

#[test]
fn data_that_is_missing_or_there_twice_is_refused() {
    let none = Locomo::default().load(vec![], "{}");
    assert!(matches!(none, Err(Error::Invalid(_))));
    let twice = Locomo::default().load(files(&[TALKS, TALKS]), "{}");
    assert_eq!(
        twice,
        Err(Error::Invalid("locomo's files have conv-1 twice".into()))
    );
}

#[test]
fn the_expert_notes_what_questions_need() {
    let locomo = opened("{}", 0);
    assert_eq!(noted(&locomo, "expert", 1), ["D1:1", "D2:1", "D4:1"]);
    assert_eq!(noted(&locomo, "everything", 1).len(), 4);
    assert!(noted(&locomo, "nothing", 1).is_empty());
}

#[test]
fn the_demonstrator_tosses_a_coin_by_its_seed() {
    let locomo = opened("{}", 0);
    let tosses: Vec<usize> = (0..200)
        .map(|seed| noted(&locomo, "demonstrator", seed).len())
        .collect();
    let kept: usize = tosses.iter().sum();
    assert!((340..460).contains(&kept), "{kept} of 800");
    assert_eq!(
        noted(&locomo, "demonstrator", 7),
        noted(&locomo, "demonstrator", 7)
    );
}

#[test]
fn a_snapshot_carries_the_open_episode_into_an_empty_instance() {
    let mut locomo = opened("{}", 2);
    let bytes = locomo.snapshot();
    let mut copy = Locomo::default();
    copy.restore(&bytes).unwrap();
    assert_eq!(copy.snapshot(), bytes);
    assert_eq!(copy.questions(), locomo.questions());
    assert_eq!(copy.session(2), locomo.session(2));
    let hints = copy.demonstrate("demonstrator", 1, 3);
    assert_eq!(hints, locomo.demonstrate("demonstrator", 1, 3));
    assert!(matches!(
        copy.open("held-out", 0, 0),
        Err(Error::Unknown(_))
    ));
}

#[test]
fn what_does_not_exist_is_named() {
    let mut locomo = opened("{}", 2);
    assert_eq!(
        locomo.session(3),
        Err(Error::Unknown(
            "conv-1 has no session 3: it has 1 to 2".into()
        ))
    );
    assert!(matches!(locomo.session(0), Err(Error::Unknown(_))));
    assert!(matches!(locomo.open("test", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(locomo.open("train", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(locomo.act("look"), Err(Error::Unsupported(_))));
    assert!(matches!(
        Locomo::default().questions(),
        Err(Error::Invalid(_))
    ));
}

/// The ids of an excerpt's turns by session, and its questions with their sessions.
type Excerpted = (Vec<Vec<String>>, Vec<(String, Vec<u32>)>);

/// Opens an excerpt of a turn a session.
fn excerpted(index: u64, horizon: u32) -> Excerpted {
    let (mut locomo, report) = loaded(&[TALKS], r#"{"excerpt": 1, "held-out": ["conv-1"]}"#);
    assert_eq!(report.splits[2].episodes, None);
    assert_eq!(report.splits[0].episodes, Some(0));
    let episode = locomo.open("held-out", index, horizon).unwrap();
    assert_eq!(episode.id, format!("conv-1/{index}"));
    let turns = (1..=episode.sessions).map(|session| match locomo.session(session) {
        Ok(SessionContent::Dialogue(Session { turns, .. })) => {
            turns.into_iter().map(|turn| turn.id).collect()
        }
        other => panic!("{other:?}"),
    });
    let turns = turns.collect();
    let questions = locomo.questions().unwrap().into_iter();
    (
        turns,
        questions
            .map(|question| (question.text, question.sessions))
            .collect(),
    )
}

#[test]
fn an_excerpt_has_the_turns_of_a_question_and_asks_what_it_tells() {
    let bought = || ("What did Ada buy?".to_owned(), vec![1]);
    let tore = |session| ("When did it tear?".to_owned(), vec![session]);
    let happened = |first: u32| ("What happened to it?".to_owned(), vec![first, first + 1]);
    let (mut whole, mut later) = (0, 0);
    for index in 0..20 {
        let (turns, questions) = excerpted(index, 0);
        if turns.len() == 3 {
            // Of the two turns of session 1, one is evidence.
            assert_eq!(turns, [["D1:1"], ["D2:1"], ["D4:1"]]);
            assert_eq!(questions, [bought(), tore(2), happened(2)]);
            whole += 1;
        } else {
            assert_eq!(turns, [["D2:1"], ["D4:1"]]);
            assert_eq!(questions, [tore(1), happened(1)]);
            later += 1;
        }
    }
    assert!(whole > 3 && later > 3, "{whole} {later}");
}

#[test]
fn a_longer_excerpt_begins_with_the_shorter_one() {
    for index in 0..20 {
        let (short, asked) = excerpted(index, 1);
        let (long, more) = excerpted(index, 2);
        assert_eq!((short.len(), long.len()), (1, 2));
        assert_eq!(short[0], long[0]);
        assert!(more.starts_with(&asked));
    }
}

fn quizzed(horizon: u32) -> Locomo {
    opened(r#"{"ask": "tasks"}"#, horizon)
}

fn instructions(locomo: &mut Locomo, sessions: u32) -> Vec<String> {
    let contents = (1..=sessions).map(|session| locomo.session(session).unwrap());
    let said = contents.map(|content| match content {
        SessionContent::Dialogue(session) => session.turns[0].id.clone(),
        SessionContent::Task(task) => task.instruction,
    });
    said.collect()
}

#[test]
fn as_tasks_questions_follow_the_dialogue_that_completes_their_evidence() {
    let all = [
        "D1:1",
        "What did Ada buy?",
        "D2:1",
        "When did it tear?",
        "D4:1",
        "What happened to it?",
    ];
    for horizon in 1..=6 {
        let mut locomo = quizzed(horizon);
        assert_eq!(instructions(&mut locomo, horizon), all[..horizon as usize]);
        let why = format!(
            "conv-1 has no session {}: it has 1 to {horizon}",
            horizon + 1
        );
        assert_eq!(locomo.session(horizon + 1), Err(Error::Unknown(why)));
    }
    let silent = quizzed(0).questions().unwrap();
    let of = |place: usize| {
        (
            &*silent[place].id,
            &*silent[place].text,
            &*silent[place].sessions,
        )
    };
    assert_eq!(of(2), ("task-6", "", &[3, 5, 6][..]));
}

#[test]
fn what_was_answered_in_a_task_is_its_score_and_outlives_a_snapshot() {
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    let mut locomo = quizzed(0);
    locomo.session(2).unwrap();
    let seen = locomo.act("a red kite").unwrap();
    assert!(seen.done);
    // One word of two, the gold word found: 2 (1/2 · 1) / (1/2 + 1).
    assert!((seen.reward - 2.0 / 3.0).abs() < 1e-6, "{}", seen.reward);
    let mut copy = Locomo::default();
    copy.restore(&locomo.snapshot()).unwrap();
    assert_eq!(copy.snapshot(), locomo.snapshot());
    for question in ["task-2", "task-4"] {
        let score = copy.score(question, &silent).unwrap();
        assert_eq!(locomo.score(question, &silent), Ok(score.clone()));
        let names: Vec<&str> = score
            .metrics
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["f1", "f1-paper", "bleu-1", "exact-match"]);
        assert_eq!(score.reward > 0.5, question == "task-2");
    }
    // The files are no part of a snapshot, and stay where they were loaded.
    let bytes = locomo.snapshot();
    locomo.restore(&bytes).unwrap();
    assert!(locomo.open("held-out", 1, 0).is_ok());
    copy.session(4).unwrap();
    assert_eq!(copy.advise("expert", 1), Ok("2019".into()));
    let whose = copy.advise("nobody", 1).unwrap_err();
    let why =
        "locomo has no demonstrator `nobody`: use everything, nothing, demonstrator or expert";
    assert_eq!(whose, Error::Unknown(why.into()));
    assert!(copy.demonstrate("expert", 4, 1).unwrap().is_empty());
}
