#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::types::{DemonstratedOperation, Turn};
use serde_json::{Value, json};

use super::*;

const MINIATURE: &str = include_str!("../tests/miniature.json");

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

/// The miniature's instance of this number after a change of its fields.
fn changed(number: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut instances: Value = serde_json::from_str(MINIATURE).unwrap();
    change(&mut instances[number]);
    instances.to_string()
}

fn refusal(text: &str) -> String {
    match load(text, "{}").map(|(_, report)| report) {
        Err(Error::Invalid(why)) => why,
        other => panic!("{other:?}"),
    }
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
fn dates_out_of_order_in_sessions_in_order_out_and_a_warning_is_counted() {
    let (mut environment, report) = loaded("{}");
    assert_eq!(
        report.warnings,
        ["2 instances with sessions out of order sorted by date: mini-temporal-1, mini-update-1"]
    );
    environment.open("held-out", 8, 0).unwrap();
    assert_eq!(
        times(&mut environment, 3),
        [
            "2023/11/01 (Wed) 23:30",
            "2023/11/05 (Sun) 10:10",
            "2023/11/13 (Mon) 18:30"
        ]
    );
}

#[test]
fn a_date_that_cannot_be_read_leaves_its_session_behind_the_one_before_it() {
    let text = changed(8, |instance| {
        instance["haystack_dates"][1] = json!("lately")
    });
    let (mut environment, report) = load(&text, "{}").unwrap();
    assert_eq!(
        report.warnings[0],
        "1 date that cannot be read, so that order in the file counts: \
         \"lately\" of filler_06 of mini-temporal-1"
    );
    environment.open("held-out", 8, 0).unwrap();
    assert_eq!(
        times(&mut environment, 3),
        ["2023/11/01 (Wed) 23:30", "2023/11/13 (Mon) 18:30", "lately"]
    );
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
fn a_question_sees_only_sessions_dated_before_it_else_there_is_a_warning() {
    let early = |report: LoadReport| {
        let mut lines = report.warnings.into_iter();
        lines.find(|line| line.contains("asked before"))
    };
    assert_eq!(early(loaded("{}").1), None);
    assert_eq!(
        early(loaded(r#"{"merge": 3}"#).1).as_deref(),
        Some(
            "8 questions asked before sessions of the episode: mini-user-2 (by 6), \
             mini-assistant-1 (by 3), mini-assistant-2 (by 3), mini-preference-1 (by 6), \
             mini-multi-1 (by 6), mini-multi-2_abs (by 3), mini-temporal-2 (by 2), \
             mini-update-2_abs (by 6)"
        )
    );
}

#[test]
fn a_missing_haystack_dates_is_invalid_and_names_the_question() {
    let text = changed(3, |instance| {
        instance.as_object_mut().unwrap().remove("haystack_dates");
    });
    assert_eq!(
        refusal(&text),
        "mini-assistant-2: has no `haystack_dates`: give the published file, with the history of \
         each question"
    );
}

#[test]
fn lists_of_different_lengths_are_invalid_and_name_the_question() {
    let text = changed(3, |instance| {
        instance["haystack_dates"].as_array_mut().unwrap().pop();
    });
    assert_eq!(
        refusal(&text),
        "mini-assistant-2: `haystack_dates` has 2 items, but `haystack_sessions` has 3: give one \
         for each session"
    );
    let text = changed(3, |instance| {
        instance["haystack_session_ids"]
            .as_array_mut()
            .unwrap()
            .push(json!("x"));
    });
    assert!(refusal(&text).starts_with("mini-assistant-2: `haystack_session_ids` has 4 items"));
}

#[test]
fn an_answer_that_is_a_number_becomes_text() {
    let environment = opened("{}", 1, 0);
    let score = environment
        .score("mini-user-2", &answer("17", &[]))
        .unwrap();
    assert_eq!(score.reward, 1.0);
    assert!(
        environment
            .rubric("mini-user-2")
            .unwrap()
            .unwrap()
            .contains("is: 17\n")
    );
}

#[test]
fn an_unknown_type_is_kept_with_a_warning() {
    let text = changed(0, |instance| {
        instance["question_type"] = json!("two-sessions")
    });
    let (mut environment, report) = load(&text, "{}").unwrap();
    assert_eq!(
        report.warnings[0],
        "1 question of an unknown type kept as `other`: mini-user-1 (two-sessions)"
    );
    environment.open("held-out", 0, 0).unwrap();
    assert_eq!(environment.questions().unwrap()[0].category, "other");
}

#[test]
fn a_bad_instance_is_left_out_by_name_and_the_rest_is_used() {
    let mut instances: Value = serde_json::from_str(MINIATURE).unwrap();
    instances[0]["haystack_sessions"] = json!("none");
    instances[1]["question"] = json!(" ");
    instances[2]["answer"] = json!(null);
    instances[3]["question_id"] = json!(null);
    instances[4]["answer_session_ids"] = json!([]);
    for turn in instances[4]["haystack_sessions"][1].as_array_mut().unwrap() {
        turn["has_answer"] = json!(false);
    }
    instances[5]["haystack_sessions"][1] = json!([{"role": "user", "content": " "}]);
    instances[5]["answer_session_ids"] = json!(["answer_preference_2", "gone"]);
    for session in instances[6]["haystack_sessions"].as_array_mut().unwrap() {
        for turn in session.as_array_mut().unwrap() {
            turn["has_answer"] = json!(null);
        }
    }
    let (mut environment, report) = load(&instances.to_string(), "{}").unwrap();
    assert_eq!(
        report.warnings[..7],
        [
            "1 instance not of the published form left out: mini-user-1 (lme.json, line 1: \
             invalid type: string \"none\", expected a sequence)",
            "1 instance without a question_id left out: lme.json, line 1",
            "1 instance without a question left out: mini-user-2",
            "1 instance without an answer left out: mini-assistant-1",
            "1 instance without an answer session left out: mini-preference-1",
            "1 session without a turn left out: filler_06 of mini-preference-2",
            "2 instances with sessions out of order sorted by date: mini-temporal-1, \
             mini-update-1",
        ]
    );
    assert_eq!(
        report.warnings[7..],
        [
            "1 answer session that the history lacks ignored: gone of mini-preference-2",
            "1 question without a marked turn, for which all turns of the answer sessions are \
             evidence: mini-multi-1",
        ]
    );
    assert_eq!(report.splits[2].episodes, Some(7));
    environment.open("held-out", 1, 0).unwrap();
    let evidence = &environment.questions().unwrap()[0].evidence;
    assert_eq!(evidence, &["D1:1", "D1:2", "D3:1", "D3:2", "D3:3"]);
}

#[test]
fn files_without_a_usable_instance_or_with_one_twice_are_refused() {
    assert_eq!(
        refusal("[]"),
        "longmemeval has no instance of its data; name the published file, such as \
         longmemeval_s.json"
    );
    assert_eq!(
        refusal("\n[{}]"),
        "longmemeval has no instance of its data: 1 instance without a question_id left out: \
         lme.json, line 2; name the published file, such as longmemeval_s.json"
    );
    assert_eq!(
        refusal("[\n{\"question_id\": }]"),
        "lme.json: expected value at line 2 column 17"
    );
    let twice = LongMemEval::default().load(vec![file(MINIATURE), file(MINIATURE)], "{}");
    assert_eq!(
        twice,
        Err(Error::Invalid(
            "longmemeval's files have mini-user-1 twice: give each question once".into()
        ))
    );
}

#[test]
fn no_damaged_file_panics() {
    let mut random = Random::new(5);
    let mut used = 0;
    for _ in 0..400 {
        let mut bytes = MINIATURE.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            let place = random.below(bytes.len() as u64) as usize;
            match random.below(3) {
                0 => bytes[place] = b"\"[]{},:0 \\"[random.below(10) as usize],
                1 => drop(bytes.drain(place..(place + 40).min(bytes.len()))),
                _ => bytes.truncate(bytes.len() - random.below(3) as usize),
            }
        }
        let file = DataFile {
            name: "lme.json".into(),
            bytes,
        };
        let mut environment = LongMemEval::default();
        let Ok(report) = environment.load(vec![file], r#"{"merge": 2}"#) else {
            continue;
        };
        for index in 0..report.splits[2].episodes.unwrap() {
            environment.open("held-out", index, 0).unwrap();
            assert!(!environment.questions().unwrap().is_empty());
            used += 1;
        }
    }
    assert!(used > 200, "{used}");
}

#[test]
fn json_lines_are_read_like_a_list() {
    let instances: Vec<Value> = serde_json::from_str(MINIATURE).unwrap();
    let lines: Vec<String> = instances.iter().map(Value::to_string).collect();
    let (mut lines, report) = load(&lines.join("\n"), "{}").unwrap();
    let (mut list, expected) = loaded("{}");
    assert_eq!(report, expected);
    for index in 0..12 {
        lines.open("held-out", index, 0).unwrap();
        list.open("held-out", index, 0).unwrap();
        assert_eq!(lines.snapshot(), list.snapshot());
    }
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
