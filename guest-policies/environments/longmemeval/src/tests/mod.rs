#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde_json::Value;

use super::*;

mod faults;

const MINIATURE: &str = include_str!("../../tests/miniature.json");

fn file(text: &str) -> DataFile {
    DataFile {
        name: "lme.json".into(),
        bytes: text.into(),
    }
}

fn load(text: &str, options: &str) -> Result<(LongMemEval, LoadReport), Error> {
    let mut environment = LongMemEval::default();
    let report = environment.load(vec![file(text)], options)?;
    Ok((environment, report))
}

fn loaded(options: &str) -> (LongMemEval, LoadReport) {
    load(MINIATURE, options).unwrap()
}

fn opened(options: &str, index: u64, horizon: u32) -> LongMemEval {
    let (mut environment, _) = loaded(options);
    environment.open("held-out", index, horizon).unwrap();
    environment
}

fn answer(text: &str, citations: &[&str]) -> Answer {
    Answer {
        text: text.into(),
        citations: citations.iter().map(ToString::to_string).collect(),
    }
}

fn turns(environment: &mut LongMemEval, index: u32) -> Vec<Turn> {
    match environment.session(index).unwrap() {
        SessionContent::Dialogue(session) => session.turns,
        SessionContent::Task(_) => panic!("a task"),
    }
}

fn times(environment: &mut LongMemEval, sessions: u32) -> Vec<String> {
    let times = (1..=sessions).map(|index| match environment.session(index).unwrap() {
        SessionContent::Dialogue(session) => session.time,
        SessionContent::Task(_) => panic!("a task"),
    });
    times.collect()
}

#[test]
fn own_sample_has_12_episodes_with_evidence_ids_as_listed() {
    let (mut environment, report) = loaded("{}");
    let counts = report.splits.iter().map(|split| split.episodes.unwrap());
    assert_eq!(counts.collect::<Vec<u64>>(), [0, 0, 12]);
    let expected: [(&str, &[u32], &[&str]); 12] = [
        ("mini-user-1", &[2], &["D2:1"]),
        ("mini-user-2", &[1], &["D1:1"]),
        ("mini-assistant-1", &[2], &["D2:2"]),
        ("mini-assistant-2", &[1], &["D1:2"]),
        ("mini-preference-1", &[2], &["D2:1", "D2:3"]),
        ("mini-preference-2", &[1], &["D1:1"]),
        ("mini-multi-1", &[1, 3], &["D1:1", "D3:3"]),
        ("mini-multi-2_abs", &[1], &[]),
        ("mini-temporal-1", &[1, 3], &["D1:1", "D3:1"]),
        ("mini-temporal-2", &[1, 3], &["D1:1", "D3:1"]),
        ("mini-update-1", &[1, 3], &["D1:1", "D3:1"]),
        ("mini-update-2_abs", &[1, 3], &[]),
    ];
    for (index, (id, sessions, evidence)) in (0..).zip(expected) {
        let episode = environment.open("held-out", index, 0).unwrap();
        assert_eq!((episode.id.as_str(), episode.sessions), (id, 3));
        let questions = environment.questions().unwrap();
        assert_eq!(questions[0].sessions, sessions, "{id}");
        assert_eq!(questions[0].evidence, evidence, "{id}");
    }
}

#[test]
fn a_question_carries_its_date_and_its_type() {
    let question = &opened("{}", 0, 0).questions().unwrap()[0];
    assert_eq!(
        question.text,
        "What did I name my new rowing boat? (asked on 2023/06/02 (Fri) 10:15)"
    );
    assert_eq!(question.category, "single-session-user");
    let abstention = &opened("{}", 7, 0).questions().unwrap()[0];
    assert_eq!(abstention.category, "abstention");
}

#[test]
fn of_an_abstention_an_empty_answer_scores_f1_1_and_i_do_not_know_needs_the_judge() {
    let environment = opened("{}", 7, 0);
    let worth = |text: &str| {
        environment
            .score("mini-multi-2_abs", &answer(text, &[]))
            .unwrap()
    };
    assert_eq!(worth("").reward, 1.0);
    for (name, value) in worth("I don't know").metrics {
        assert_eq!(value, 0.0, "{name}");
    }
    let rubric = environment.rubric("mini-multi-2_abs").unwrap().unwrap();
    assert!(rubric.contains("if it says that it does not know"));
    assert!(rubric.contains("but not how far you swam"));
}

#[test]
fn the_rubric_of_a_preference_question_contains_its_text_and_no_policy_sees_it() {
    let mut environment = opened(r#"{"merge": 12}"#, 0, 0);
    let rubric = environment.rubric("mini-preference-1").unwrap().unwrap();
    assert!(rubric.contains("meals without onions that need only one gas ring"));
    let mut seen = format!("{:?}", environment.describe());
    seen += &format!("{:?}", environment.questions().unwrap());
    for index in 1..=36 {
        seen += &format!("{:?}", environment.session(index).unwrap());
        for demonstrator in ["everything", "nothing", "demonstrator", "expert"] {
            seen += &format!(
                "{:?}",
                environment.demonstrate(demonstrator, index, 1).unwrap()
            );
        }
    }
    assert!(seen.contains("I cannot stand onions"));
    let instances: Vec<Value> = serde_json::from_str(MINIATURE).unwrap();
    for instance in &instances {
        let id = instance["question_id"].as_str().unwrap();
        let hidden = id.contains("preference") || id.ends_with("_abs");
        let gold = instance["answer"].as_str().unwrap_or_default();
        assert!(!hidden || !gold.is_empty() && !seen.contains(gold), "{id}");
        for part in environment.rubric(id).unwrap().unwrap().split("\n\n") {
            assert!(!seen.contains(part), "{part}");
        }
    }
}

#[test]
fn each_kind_of_question_has_its_own_rubric_which_leaves_the_verdicts_form_to_the_host() {
    let environment = opened(r#"{"merge": 12}"#, 0, 0);
    let mut rules = BTreeMap::new();
    for question in environment.questions().unwrap() {
        let rubric = environment.rubric(&question.id).unwrap().unwrap();
        let rule = rubric.rsplit("\n\n").next().unwrap().to_owned();
        for word in ["yes", "no", "label"] {
            let mut words = rule.split(|c: char| !c.is_alphabetic());
            assert!(!words.any(|one| one.eq_ignore_ascii_case(word)), "{rule}");
        }
        rules
            .entry(question.category)
            .or_insert_with(BTreeSet::new)
            .insert(rule);
    }
    assert_eq!(rules.len(), 7);
    assert!(rules.values().all(|same| same.len() == 1));
    let different: BTreeSet<&String> = rules.values().flatten().collect();
    // The three standard kinds share one.
    assert_eq!(different.len(), 5);
    assert_eq!(
        environment.rubric("mini-none"),
        Err(Error::Unknown(format!(
            "{} asks no question `mini-none`",
            environment.opened().unwrap().id
        )))
    );
}

#[test]
fn three_merged_instances_ask_3_questions_and_no_id_is_there_twice() {
    let (mut environment, report) = loaded(r#"{"merge": 3}"#);
    assert_eq!(report.splits[2].episodes, Some(4));
    let episode = environment.open("held-out", 0, 0).unwrap();
    assert_eq!(episode.id, "mini-user-1+mini-user-2+mini-assistant-1");
    assert_eq!(episode.sessions, 9);
    let questions = environment.questions().unwrap();
    assert_eq!(questions.len(), 3);
    let mut ids: BTreeSet<String> = questions.iter().map(|one| one.id.clone()).collect();
    let mut count = 3;
    for index in 1..=9 {
        for turn in turns(&mut environment, index) {
            ids.insert(turn.id);
            count += 1;
        }
    }
    assert_eq!(ids.len(), count);
    assert!(times(&mut environment, 9).is_sorted());
    // The evidence is the same as unmerged, in its new place.
    let session = questions[1].sessions[0];
    let text = &turns(&mut environment, session)[0].text;
    assert!(text.starts_with("Last autumn I made 17 jars of quince jelly"));
    assert_eq!(questions[1].evidence, [format!("D{session}:1")]);
}

#[test]
fn types_and_split_choose_instances_by_kind_and_id() {
    let (mut environment, report) = loaded(r#"{"types": ["abstention"]}"#);
    assert_eq!(report.splits[2].episodes, Some(2));
    assert_eq!(report.warnings, [""; 0]);
    let episode = environment.open("held-out", 1, 0).unwrap();
    assert_eq!(episode.id, "mini-update-2_abs");
    let split = |options: &str| -> Vec<BTreeSet<String>> {
        let (mut environment, report) = loaded(options);
        let ids = report.splits.iter().map(|split| {
            let indices = 0..split.episodes.unwrap();
            indices
                .map(|index| environment.open(&split.name, index, 0).unwrap().id)
                .collect()
        });
        ids.collect()
    };
    let all = split(r#"{"split": [50, 20, 30]}"#);
    assert_eq!(all.iter().map(BTreeSet::len).sum::<usize>(), 12);
    assert!(all.iter().all(|ids| !ids.is_empty()), "{all:?}");
    // An id stays in its split, whatever else is loaded.
    let few = split(r#"{"split": [50, 20, 30], "types": ["single-session-user"]}"#);
    for (few, all) in few.iter().zip(&all) {
        assert!(few.is_subset(all));
    }
}

#[test]
fn a_limit_of_sessions_keeps_the_evidence_and_always_the_same_others() {
    let limited = |limit: u32, index: u64| {
        let options = format!("{{\"sessions_limit\": {limit}}}");
        let mut environment = opened(&options, index, 0);
        let sessions = environment.opened().unwrap().sittings.len() as u32;
        times(&mut environment, sessions)
    };
    assert_eq!(limited(1, 0), ["2023/05/11 (Thu) 07:45"]);
    let two = limited(2, 0);
    assert_eq!(
        (two.len(), two.contains(&"2023/05/11 (Thu) 07:45".into())),
        (2, true)
    );
    assert_eq!(limited(2, 0), two);
    assert_eq!(limited(9, 0).len(), 3);
    assert_eq!(limited(1, 6).len(), 2);
    let (_, report) = loaded(r#"{"sessions_limit": 1}"#);
    assert_eq!(
        report.warnings[1],
        "5 instances with more answer sessions than `sessions_limit`, which all stay: \
         mini-multi-1, mini-temporal-1, mini-temporal-2, mini-update-1, mini-update-2_abs"
    );
}

#[test]
fn a_question_belongs_to_a_horizon_that_holds_its_answer_sessions() {
    let asked = |horizon| opened("{}", 6, horizon).questions().unwrap().len();
    assert_eq!([1, 2, 3, 0, 9].map(asked), [0, 0, 1, 1, 1]);
}

#[test]
fn citations_are_measured_as_retrieval_and_an_abstention_has_no_such_figure() {
    let environment = opened("{}", 6, 0);
    let metrics = |citations: &[&str]| -> BTreeMap<String, f32> {
        let answer = answer("5 plants", citations);
        let score = environment.score("mini-multi-1", &answer).unwrap();
        score.metrics.into_iter().collect()
    };
    let all = metrics(&["D3:3", "D3:3", "D1:1"]);
    assert_eq!(all["contains"], 1.0);
    for name in [
        "recall",
        "recall-any@5",
        "recall-all@5",
        "ndcg@10",
        "turn-ndcg@5",
    ] {
        assert_eq!(all[name], 1.0, "{name}");
    }
    let half = metrics(&["D9:1", "D2:1", "D3:1"]);
    assert_eq!((half["recall"], half["recall-any@5"]), (0.5, 1.0));
    assert_eq!((half["recall-all@5"], half["ndcg@5"]), (0.0, 0.5));
    assert_eq!(
        (half["turn-recall-any@5"], half["turn-ndcg@10"]),
        (0.0, 0.0)
    );
    let abstention = opened("{}", 7, 0);
    let score = abstention
        .score("mini-multi-2_abs", &answer("", &["D1:1"]))
        .unwrap();
    let names: Vec<&str> = score
        .metrics
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["f1", "f1-paper", "bleu-1", "contains"]);
}

#[test]
fn demonstrators_note_turns_and_the_expert_the_evidence() {
    let environment = opened("{}", 6, 0);
    let noted = |demonstrator: &str, seed: u64| -> Vec<String> {
        let hints =
            (1..=3).flat_map(|index| environment.demonstrate(demonstrator, index, seed).unwrap());
        hints
            .inspect(|hint| assert_eq!(hint.operation, DemonstratedOperation::Insert))
            .map(|hint| hint.turn)
            .collect()
    };
    assert_eq!(noted("expert", 1), ["D1:1", "D3:3"]);
    assert_eq!(noted("everything", 1).len(), 7);
    assert!(noted("nothing", 1).is_empty());
    let kept: usize = (0..100).map(|seed| noted("demonstrator", seed).len()).sum();
    assert!((300..400).contains(&kept), "{kept} of 700");
    assert_eq!(noted("demonstrator", 7), noted("demonstrator", 7));
}

#[test]
fn a_snapshot_carries_the_open_episode_into_an_empty_instance() {
    let mut environment = opened(r#"{"merge": 3}"#, 1, 6);
    let bytes = environment.snapshot();
    let mut copy = LongMemEval::default();
    copy.restore(&bytes).unwrap();
    assert_eq!(copy.snapshot(), bytes);
    assert_eq!(copy.questions(), environment.questions());
    assert_eq!(copy.session(6), environment.session(6));
    for question in environment.questions().unwrap() {
        assert_eq!(copy.rubric(&question.id), environment.rubric(&question.id));
    }
    assert_eq!(
        copy.demonstrate("demonstrator", 1, 3),
        environment.demonstrate("demonstrator", 1, 3)
    );
    assert_eq!(
        copy.open("held-out", 0, 0),
        Err(Error::Unknown(
            "longmemeval's split `held-out` has 0 episodes and none of index 0".into()
        ))
    );
    assert!(matches!(copy.restore(b"garbage"), Err(Error::Invalid(_))));
    assert_eq!(copy.snapshot(), bytes);
}

#[test]
fn what_does_not_exist_is_named() {
    let mut environment = opened("{}", 0, 2);
    assert_eq!(
        environment.session(3),
        Err(Error::Unknown(
            "mini-user-1 has no session 3: it has 1 to 2".into()
        ))
    );
    assert!(matches!(environment.session(0), Err(Error::Unknown(_))));
    assert_eq!(
        environment.demonstrate("nobody", 1, 0),
        Err(Error::Unknown(
            "longmemeval has no demonstrator `nobody`: use everything, nothing, demonstrator or \
             expert"
                .into()
        ))
    );
    assert!(matches!(
        environment.open("test", 0, 0),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(
        environment.act("look"),
        Err(Error::Unsupported(_))
    ));
    assert_eq!(
        LongMemEval::default().questions(),
        Err(Error::Invalid(
            "no episode of longmemeval is open: call `open` first".into()
        ))
    );
}
