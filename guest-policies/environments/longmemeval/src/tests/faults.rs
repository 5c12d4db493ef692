//! Tests of faults of the data.

use serde_json::json;

use super::*;

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
