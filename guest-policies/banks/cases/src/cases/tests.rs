#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn case(goal: &str, plan: &str, fields: &[(&str, &str)]) -> Insertion {
    let named = [("plan", plan)].into_iter().chain(fields.iter().copied());
    Insertion {
        fields: named.map(|(n, v)| (n.to_string(), v.to_string())).collect(),
        ..Insertion::new(goal, "", vec![])
    }
}

fn tried(goal: &str, plan: &str, outcome: &str) -> Operation {
    Operation::Insert(case(goal, plan, &[("outcome", outcome)]))
}

fn outcome(ids: &[&str], reward: f32, goal: &str) -> Operation {
    let arguments = serde_json::json!({"ids": ids, "reward": reward, "goal": goal});
    Operation::custom("outcome", arguments.to_string())
}

fn find(bank: &Cases, text: &str, options: &str) -> Vec<(String, f32)> {
    let query = Query {
        options: options.into(),
        ..Query::new(text, 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| (hit.entry.id, hit.score)).collect()
}

fn ids(found: &[(String, f32)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

fn field(bank: &Cases, id: &str, name: &str) -> String {
    let entry = bank.entries().into_iter().find(|e| e.id == id).unwrap();
    let found = entry.fields.into_iter().find(|(other, _)| other == name);
    found.unwrap().1
}

/// A bank with a way to a lamp that failed, one that did not, and a recipe.
fn errands() -> Cases {
    let mut bank = Cases::default();
    let operations = vec![
        tried("find the lamp", "go east", "failure"),
        tried("find the lamp", "go west", "success"),
        tried("cook rice", "boil water", "unknown"),
    ];
    let results = bank.apply(at(1), operations);
    assert_eq!(results, ["c1", "c2", "c3"].map(|id| Ok(id.into())));
    bank
}

#[test]
fn a_case_shows_what_was_written_and_counted() {
    let mut bank = errands();
    let insertion = Insertion {
        speaker: "Ben".into(),
        evidence: vec!["D2:1".into(), "D2:1".into()],
        ..case(
            "pay the\nrent",
            "open pay",
            &[("score", "0.5"), ("outcome", "failure")],
        )
    };
    assert_eq!(
        bank.apply(at(2), vec![Operation::Insert(insertion)]),
        [Ok("c4".into())]
    );
    let entry = bank.entries().remove(3);
    assert_eq!(
        (&*entry.text, &*entry.speaker, &*entry.time),
        ("pay the rent", "Ben", "2 May 2023")
    );
    assert_eq!(
        (entry.first_session, entry.last_session, entry.evidence),
        (2, 2, vec!["D2:1".into()])
    );
    let values: Vec<String> = entry
        .fields
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    assert_eq!(
        values,
        [
            "plan=open pay",
            "outcome=failure",
            "score=0.5",
            "site=",
            "steps=",
            "modes=",
            "uses=1",
            "wins=0.5"
        ]
    );
    assert_eq!(
        bank.render(&["c4".into(), "c3".into()]).unwrap(),
        "[c4] (2 May 2023) Ben: pay the rent | plan: open pay | outcome: failure | score: 0.5 | uses: 1 | wins: 0.5\n\
         [c3] (1 May 2023) cook rice | plan: boil water | outcome: unknown | uses: 0 | wins: 0"
    );
    assert!(matches!(
        bank.render(&["c9".into()]),
        Err(Error::Unknown(_))
    ));
}

#[test]
fn the_same_goal_and_plan_are_one_case() {
    let mut bank = errands();
    let again = Insertion {
        evidence: vec!["D3:1".into()],
        ..case(
            "find  the lamp",
            "go east",
            &[("outcome", "success"), ("steps", "4")],
        )
    };
    let other = tried("find the lamp", "ask Ben", "success");
    let results = bank.apply(at(3), vec![Operation::Insert(again), other]);
    assert_eq!(results, [Ok("c1".into()), Ok("c4".into())]);
    let entry = bank.entries().remove(0);
    assert_eq!(
        (entry.first_session, entry.last_session, entry.evidence),
        (1, 3, vec!["D3:1".into()])
    );
    let shown = ["outcome", "uses", "wins", "steps"].map(|name| field(&bank, "c1", name));
    assert_eq!(shown, ["success", "2", "1", "4"]);
}

#[test]
fn an_update_changes_what_it_names() {
    let mut bank = errands();
    let update = |id: &str, goal: &str, fields: &[(&str, &str)]| {
        Operation::Update(Revision {
            fields: fields
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_string()))
                .collect(),
            ..Revision::new(id, goal, vec!["D2:1".into()])
        })
    };
    let results = bank.apply(
        at(2),
        vec![
            update("c3", "cook red rice", &[("outcome", "success")]),
            update("c3", "find the lamp", &[("plan", "go west")]),
            update("c3", "cook rice", &[("plan", " ")]),
            update("c9", "cook rice", &[]),
        ],
    );
    assert_eq!(results[0], Ok("c3".into()));
    let twin = "update of c3: c2 has this goal and plan already";
    assert_eq!(results[1], Err(Error::Invalid(twin.into())));
    assert!(matches!(&results[2], Err(Error::Invalid(why)) if why.contains("plan")));
    assert!(matches!(results[3], Err(Error::Unknown(_))));
    assert_eq!(bank.entries()[2].text, "cook red rice");
    let shown = ["plan", "outcome", "uses"].map(|name| field(&bank, "c3", name));
    assert_eq!(shown, ["boil water", "success", "0"]);
    assert_eq!(ids(&find(&bank, "red", "")), ["c3"]);
}

#[test]
fn a_bad_operation_fails_alone_and_says_why() {
    let mut bank = errands();
    let operations = vec![
        Operation::insert("a goal alone", "", vec![]),
        tried("", "go", "success"),
        tried("go", "go", "perhaps"),
        Operation::custom("merge", "{}"),
        Operation::custom("outcome", r#"{"ids": ["c1", "c9"], "reward": 1}"#),
        Operation::custom("outcome", r#"{"ids": [], "reward": 1}"#),
        Operation::custom("outcome", r#"{"ids": ["c1"], "reward": 2}"#),
        Operation::custom("outcome", r#"{"ids": ["c1"]}"#),
        Operation::custom("outcome", "[]"),
        Operation::Delete("c01".into()),
        Operation::Delete("c3".into()),
    ];
    let results = bank.apply(at(2), operations);
    let said: Vec<String> = results.iter().map(|result| format!("{result:?}")).collect();
    let parts = [
        "a case needs a plan",
        "the goal is empty",
        "give success, failure or unknown",
        "no operation \\\"merge\\\"",
        "Unknown(\"no entry has the id \\\"c9\\\"",
        "`ids` is empty",
        "`reward` is 2",
        "missing field `reward`",
        "give a JSON object",
        "Unknown",
        "Ok(\"c3\")",
    ];
    assert_eq!(said.len(), parts.len());
    for (said, part) in said.iter().zip(parts) {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(field(&bank, "c1", "uses"), "1");
    assert_eq!(bank.stats().entries, 2);
}

#[test]
fn cases_are_found_by_their_goals_and_filtered() {
    let bank = errands();
    let lamp = find(&bank, "where is the lamp", "{}");
    assert_eq!(ids(&lamp), ["c1", "c2"]);
    assert_eq!(lamp[0].1, lamp[1].1);
    assert_eq!(
        ids(&find(&bank, "lamp", r#"{"outcome": "success"}"#)),
        ["c2"]
    );
    assert_eq!(ids(&find(&bank, "", "")), ["c1", "c2", "c3"]);
    assert!(find(&bank, "Find the LAMP", r#"{"exclude_same": true}"#).is_empty());
    let invalid = Query {
        options: r#"{"by": "luck"}"#.into(),
        ..Query::new("lamp", 3)
    };
    assert!(matches!(bank.retrieve(&invalid), Err(Error::Invalid(_))));
}

#[test]
fn what_helped_comes_first_by_value() {
    let mut bank = errands();
    let by_value = r#"{"by": "value"}"#;
    // A case that always failed is worth 0, which is not above the threshold.
    assert_eq!(find(&bank, "the lamp", by_value), [("c2".into(), 1.0)]);
    assert_eq!(find(&bank, "rice", by_value), [("c3".into(), 0.5)]);
    bank.apply(
        at(2),
        vec![outcome(&["c1"], 1.0, ""), outcome(&["c2", "c1"], 0.0, "")],
    );
    let lamp = find(&bank, "the lamp", by_value);
    assert_eq!(ids(&lamp), ["c2", "c1"]);
    assert!((lamp[0].1 - 0.5).abs() < 1e-6 && (lamp[1].1 - 1.0 / 3.0).abs() < 1e-6);
    assert_eq!(
        [field(&bank, "c1", "uses"), field(&bank, "c1", "wins")],
        ["3", "1"]
    );
}

#[test]
fn the_value_is_that_for_the_goal_at_hand() {
    let mut bank = Cases::default();
    let way = tried("find the red lamp", "go west", "unknown");
    let uses = [
        outcome(&["c1"], 1.0, "find the red lamp"),
        outcome(&["c1"], 0.0, "find blue rice"),
    ];
    bank.apply(at(1), [vec![way], uses.into()].concat());
    let value = |text: &str| find(&bank, text, r#"{"by": "value"}"#)[0].1;
    assert!(value("find the red lamp") > 0.9);
    assert!(value("find blue rice") < 0.2);
}

#[test]
fn the_last_written_comes_first_by_recency() {
    let mut bank = errands();
    let by_recency = r#"{"by": "recency"}"#;
    assert_eq!(ids(&find(&bank, "lamp", by_recency)), ["c2", "c1"]);
    bank.apply(at(2), vec![tried("find the lamp", "go east", "success")]);
    assert_eq!(ids(&find(&bank, "lamp", by_recency)), ["c1", "c2"]);
    assert_eq!(ids(&find(&bank, "", by_recency)), ["c1", "c3", "c2"]);
}

#[test]
fn vectors_are_compared_by_cosine() {
    let mut bank = errands();
    let pointing = |goal: &str, vector: &[f32]| {
        let vector = Some(vector.into());
        Operation::Insert(Insertion {
            vector,
            ..case(goal, "go", &[])
        })
    };
    bank.apply(
        at(1),
        vec![pointing("up", &[0.0, 2.0]), pointing("right", &[1.0, 0.1])],
    );
    let towards = |vector: &[f32], threshold: f32| {
        let query = Query {
            vector: Some(vector.into()),
            threshold,
            ..Query::new("", 9)
        };
        let hits = bank.retrieve(&query)?;
        Ok(hits.into_iter().map(|hit| hit.entry.id).collect::<Vec<_>>())
    };
    assert_eq!(towards(&[1.0, 0.0], 0.0), Ok(vec!["c5".into()]));
    assert_eq!(
        towards(&[1.0, 0.0], -1.0),
        Ok(vec!["c5".into(), "c4".into()])
    );
    let wrong = Error::Invalid("a vector of 1 numbers does not fit this bank's of 2".into());
    assert_eq!(towards(&[1.0], 0.0), Err(wrong.clone()));
    let custom = Operation::Custom(CustomOperation {
        name: "outcome".into(),
        arguments: r#"{"ids": ["c4"], "reward": 1}"#.into(),
        vector: Some(vec![1.0]),
    });
    assert_eq!(
        bank.apply(at(1), vec![pointing("deep", &[1.0]), custom]),
        [Err(wrong.clone()), Err(wrong)]
    );
}

#[test]
fn a_full_bank_refuses_new_cases_and_larger_snapshots() {
    let mut bank = Cases::default();
    bank.configure(r#"{"capacity": 2}"#).unwrap();
    let results = bank.apply(
        at(1),
        vec![
            tried("a", "x", "success"),
            tried("b", "x", "success"),
            tried("c", "x", "success"),
            tried("a", "x", "failure"),
        ],
    );
    let full = "full: the bank holds 2 cases: delete one first";
    assert_eq!(results[2], Err(Error::Invalid(full.into())));
    assert_eq!(results[3], Ok("c1".into()));
    let before = bank.snapshot();
    let refused = bank.restore(&errands().snapshot());
    let why = "cases: the snapshot holds 3 cases, but `capacity` is 2";
    assert_eq!(refused, Err(Error::Invalid(why.into())));
    assert_eq!(bank.snapshot(), before);
    let mut larger = errands();
    larger.restore(&before).unwrap();
    assert_eq!(larger.snapshot(), before);
    assert_eq!(
        larger.apply(at(2), vec![tried("c", "x", "success")]),
        [Ok("c3".into())]
    );
}

#[test]
fn only_the_latest_records_count() {
    let mut bank = Cases::default();
    bank.configure(r#"{"records": 2}"#).unwrap();
    bank.apply(
        at(1),
        vec![
            tried("a", "x", "failure"),
            outcome(&["c1"], 1.0, ""),
            outcome(&["c1"], 1.0, ""),
        ],
    );
    assert_eq!(find(&bank, "", r#"{"by": "value"}"#), [("c1".into(), 1.0)]);
    assert_eq!(
        [field(&bank, "c1", "uses"), field(&bank, "c1", "wins")],
        ["3", "2"]
    );
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = errands();
    let before = bank.snapshot();
    let mut reversed = errands().memory;
    reversed.cases.reverse();
    let mut twins = errands().memory;
    twins.cases[1].fields.plan = "go east".into();
    let mut planless = errands().memory;
    planless.cases[0].fields.plan.clear();
    let mut uneven = errands().memory;
    uneven.cases[0].goal.vector = Some(vec![1.0]);
    uneven.cases[1].goal.vector = Some(vec![1.0, 2.0]);
    for bytes in [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        reversed.save(),
        twins.save(),
        planless.save(),
        uneven.save(),
    ] {
        assert!(bank.restore(&bytes).is_err());
        assert_eq!(bank.snapshot(), before);
    }
    let mut random = Random::new(4);
    for _ in 0..1_000 {
        let mut bytes = before.clone();
        *random.pick_mut(&mut bytes).unwrap() = random.below(256) as u8;
        if bank.restore(&bytes).is_ok() {
            assert_eq!(bank.snapshot(), bytes);
        }
    }
}

fn random_operation(random: &mut Random) -> Operation {
    const GOALS: [&str; 5] = ["find the lamp", "cook rice", "find rice", "", "pay"];
    const PLANS: [&str; 4] = ["go west", "go east", "", "ask Ben"];
    const OUTCOMES: [&str; 4] = ["success", "failure", "unknown", "good"];
    let id = format!("c{}", random.below(20));
    let goal = *random.pick(&GOALS).unwrap();
    let fields = [
        ("score", format!("{}", random.unit() as f32)),
        ("outcome", random.pick(&OUTCOMES).unwrap().to_string()),
    ];
    let fields = fields.map(|(name, value)| (name.to_string(), value));
    let vector = random
        .chance(0.5)
        .then(|| vec![random.unit() as f32, random.unit() as f32]);
    match random.below(6) {
        0 => Operation::Delete(id),
        1 => Operation::Update(Revision {
            vector,
            fields: fields.into(),
            ..Revision::new(id, goal, vec![])
        }),
        2 => Operation::Custom(CustomOperation {
            name: "outcome".into(),
            arguments: serde_json::json!({"ids": [id], "reward": random.unit(), "goal": goal})
                .to_string(),
            vector,
        }),
        _ => {
            let insertion = case(goal, random.pick(&PLANS).unwrap(), &[]);
            let evidence = vec![format!("D{}", random.below(9))];
            let fields = [insertion.fields, fields.into()].concat();
            Operation::Insert(Insertion {
                vector,
                evidence,
                fields,
                ..insertion
            })
        }
    }
}

#[test]
fn a_restored_bank_goes_on_exactly_as_the_original() {
    let queries = [
        "",
        r#"{"by": "value"}"#,
        r#"{"by": "recency", "outcome": "success"}"#,
    ];
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut original = Cases::default();
        original
            .configure(r#"{"capacity": 9, "records": 3}"#)
            .unwrap();
        for session in 1..=random.below(60) as u32 {
            original.apply(at(session), vec![random_operation(&mut random)]);
        }
        let bytes = original.snapshot();
        let mut restored = errands();
        restored
            .configure(r#"{"capacity": 9, "records": 3}"#)
            .unwrap();
        restored.restore(&bytes).unwrap();
        assert_eq!(restored.snapshot(), bytes);
        for session in 70..100 {
            let operations = vec![random_operation(&mut random), random_operation(&mut random)];
            assert_eq!(
                original.apply(at(session), operations.clone()),
                restored.apply(at(session), operations)
            );
            for options in queries {
                assert_eq!(
                    find(&original, "find rice", options),
                    find(&restored, "find rice", options)
                );
            }
            assert_eq!(original.snapshot(), restored.snapshot());
            consistent(&original);
        }
    }
}

fn consistent(bank: &Cases) {
    let entries = bank.entries();
    let stats = bank.stats();
    assert_eq!(stats, restored_stats(&entries));
    assert!(entries.len() <= 9);
    let all: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(bank.render(&all).unwrap().lines().count(), entries.len());
    let named: BTreeSet<_> = entries.iter().map(|e| (&e.text, &e.fields[0].1)).collect();
    assert_eq!(named.len(), entries.len());
    assert!(
        bank.memory
            .cases
            .iter()
            .all(|case| case.is_valid() && case.records.len() <= 3)
    );
    assert!(
        find(bank, "find rice", r#"{"by": "value"}"#)
            .iter()
            .all(|(_, v)| (0.0..=1.0).contains(v))
    );
}

fn restored_stats(entries: &[Entry]) -> Stats {
    Stats {
        entries: entries.len() as u32,
        words: entries
            .iter()
            .map(|entry| text::word_count(&entry.text) as u64)
            .sum(),
    }
}
