//! Retrieval by similarity, value and recency.

use super::*;

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
    let towards = |bank: &Cases, vector: &[f32], threshold: f32| {
        let query = Query {
            vector: Some(vector.into()),
            threshold,
            ..Query::new("", 9)
        };
        let hits = bank.retrieve(&query)?;
        Ok(hits.into_iter().map(|hit| hit.entry.id).collect::<Vec<_>>())
    };
    assert_eq!(towards(&bank, &[1.0, 0.0], 0.0), Ok(vec!["c5".into()]));
    assert_eq!(
        towards(&bank, &[1.0, 0.0], -1.0),
        Ok(vec!["c5".into(), "c4".into()])
    );
    // Said again without a vector, a case keeps the one that it has.
    bank.apply(at(2), vec![Operation::Insert(case("right", "go", &[]))]);
    assert_eq!(towards(&bank, &[1.0, 0.0], 0.0), Ok(vec!["c5".into()]));
    let wrong = Error::Invalid("a vector of 1 numbers does not fit this bank's of 2".into());
    assert_eq!(towards(&bank, &[1.0], 0.0), Err(wrong.clone()));
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
fn a_threshold_below_zero_lets_the_rest_in_behind() {
    let bank = errands();
    for (options, expected) in [
        ("", ["c1", "c2", "c3"]),
        (r#"{"by": "value"}"#, ["c2", "c3", "c1"]),
    ] {
        let query = Query {
            threshold: -1.0,
            options: options.into(),
            ..Query::new("the lamp", 10)
        };
        let hits = bank.retrieve(&query).unwrap();
        let found: Vec<&str> = hits.iter().map(|hit| hit.entry.id.as_str()).collect();
        assert_eq!(found, expected);
    }
}
