#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(text: &str, turn: &str, vector: Option<Vec<f32>>) -> Operation {
    Operation::Insert(Insertion {
        vector,
        ..Insertion::new(text, "Anna", vec![turn.into()])
    })
}

fn merge(id: &str, text: &str, turn: &str) -> Operation {
    let arguments = serde_json::json!({"id": id, "text": text, "evidence": [turn]});
    Operation::custom("merge", arguments.to_string())
}

fn cited(query: &str, shown: &[&str], cited: &[&str], vector: Option<Vec<f32>>) -> Operation {
    let arguments = serde_json::json!({"query": query, "shown": shown, "cited": cited});
    Operation::Custom(CustomOperation {
        name: "cited".into(),
        arguments: arguments.to_string(),
        vector,
    })
}

fn found(bank: &Topics, query: Query, options: &str) -> Vec<(String, f32)> {
    let options = options.into();
    let hits = bank.retrieve(&Query { options, ..query }).unwrap();
    let found = hits.into_iter().map(|hit| (hit.entry.id, hit.score));
    found.collect()
}

fn ids(found: &[(String, f32)]) -> Vec<&str> {
    found.iter().map(|(id, _)| id.as_str()).collect()
}

/// A query by a vector, above whatever threshold.
fn towards(vector: &[f32]) -> Query {
    Query {
        vector: Some(vector.into()),
        threshold: -2.0,
        ..Query::new("", 100)
    }
}

/// A bank of vectors of 2 numbers, `p1` along the first and `p2` along the second.
fn crossed() -> Topics {
    let mut bank = Topics::default();
    let operations = vec![
        insert("Anna skis.", "D1:1", Some(vec![1.0, 0.0])),
        insert("Anna swims.", "D1:2", Some(vec![0.0, 1.0])),
    ];
    let results = bank.apply(at(1), operations);
    assert_eq!(results, [Ok("p1".into()), Ok("p2".into())]);
    bank
}

/// A bank of twelve topics in words.
fn talk() -> Topics {
    let mut bank = Topics::default();
    for number in 1..=12 {
        let text = format!("Anna talks of number {number} and of skis");
        let results = bank.apply(at(1), vec![insert(&text, &format!("D1:{number}"), None)]);
        assert_eq!(results, [Ok(format!("p{number}"))]);
    }
    bank
}

#[test]
fn a_merge_rewrites_a_topic_and_unites_the_evidence() {
    let mut bank = talk();
    let results = bank.apply(at(2), vec![merge("p1", "Anna skis\nand swims.", "D2:1")]);
    assert_eq!(results, [Ok("p1".into())]);
    let entry = bank.entries().remove(0);
    assert_eq!(entry.text, "Anna skis and swims.");
    assert_eq!(entry.evidence, ["D1:1", "D2:1"]);
    assert_eq!((entry.first_session, entry.last_session), (1, 2));
    assert_eq!(ids(&found(&bank, Query::new("swims", 9), "")), ["p1"]);
}

#[test]
fn a_merge_into_an_unknown_id_is_unknown() {
    let results = talk().apply(at(2), vec![merge("p99", "Anna skis.", "D2:1")]);
    let why = "no entry has the id \"p99\"";
    assert_eq!(results, [Err(Error::Unknown(why.into()))]);
}

#[test]
fn one_cited_of_two_topics_moves_the_weights_by_the_formula() {
    let mut bank = crossed();
    bank.configure(r#"{"eta": 1.0, "decay": 0, "clip": 10}"#)
        .unwrap();
    let before = found(&bank, towards(&[1.0, 0.0]), r#"{"rerank": {}}"#);
    assert_eq!(before, [("p1".into(), 1.0), ("p2".into(), 0.0)]);
    let step = cited("", &["p1"], &["p1"], Some(vec![1.0, 0.0]));
    assert_eq!(bank.apply(at(2), vec![step]), [Ok("p1".into())]);
    // W = .1192 (m1 - m2) qᵀ and V = .1192 q (m1 - m2)ᵀ, hence q' = (1.1192, -.1192),
    // m1' = (1.1192, 0) and m2' = (-.1192, 1).
    let after = found(&bank, towards(&[1.0, 0.0]), r#"{"rerank": {}}"#);
    for ((_, score), expected) in after.iter().zip([1.2526, -0.2526]) {
        assert!((score - expected).abs() < 1e-3, "{score}");
    }
}

#[test]
fn without_weights_the_order_is_that_of_the_cosine() {
    let mut bank = Topics::default();
    let angles = [0.3_f32, 2.0, 0.1, 1.2, 0.7];
    let operations = angles.map(|angle| {
        let vector = vec![3.0 * angle.cos(), 3.0 * angle.sin()];
        insert(&format!("at {angle}"), "D1:1", Some(vector))
    });
    bank.apply(at(1), operations.into());
    let query = || towards(&[2.0, 0.0]);
    let plain = found(&bank, query(), "");
    let reranked = found(&bank, query(), r#"{"rerank": {"top": 5}}"#);
    assert_eq!(ids(&reranked), ["p3", "p1", "p5", "p4", "p2"]);
    assert_eq!(ids(&reranked), ids(&plain));
    for ((_, score), (_, cosine)) in reranked.iter().zip(&plain) {
        assert!((score - cosine).abs() < 1e-6, "{score} and {cosine}");
    }
}

#[test]
fn draws_with_one_seed_are_equal_and_with_others_differ() {
    let bank = talk();
    let draw = |seed: u64| {
        let options = format!(r#"{{"rerank": {{"top": 5, "seed": {seed}}}}}"#);
        found(&bank, Query::new("skis", 100), &options)
    };
    for _ in 0..5 {
        assert_eq!(draw(7), draw(7));
    }
    assert!((1..=5).all(|seed| ids(&draw(seed)) != ids(&draw(seed + 1))));
    assert_eq!(draw(u64::MAX).len(), 5);
}

#[test]
fn the_bank_chooses_among_k_and_returns_m_unless_a_query_says_more() {
    let mut bank = talk();
    bank.configure(r#"{"K": 6, "M": 2}"#).unwrap();
    let of = |limit, options: &str| found(&bank, Query::new("skis", limit), options).len();
    assert_eq!(of(100, r#"{"rerank": {}}"#), 2);
    assert_eq!(of(100, r#"{"rerank": {"top": 50}}"#), 6);
    assert_eq!(of(1, r#"{"rerank": {"top": 50}}"#), 1);
    assert_eq!(of(100, ""), 12);
}

#[test]
fn a_reranker_that_has_learnt_goes_on_bit_for_bit_after_a_snapshot() {
    let mut bank = talk();
    bank.configure(r#"{"eta": 0.5}"#).unwrap();
    for (used, other) in [("p3", "p4"), ("p5", "p1"), ("p3", "p12")] {
        let step = cited("who talks of skis?", &[other, used], &[used], None);
        assert_eq!(bank.apply(at(2), vec![step]), [Ok(other.into())]);
    }
    let mut restored = Topics::default();
    restored.configure(r#"{"eta": 0.5}"#).unwrap();
    restored.restore(&bank.snapshot()).unwrap();
    assert_eq!(restored.snapshot(), bank.snapshot());
    let bits = |bank: &Topics, options: &str| -> Vec<(String, u32)> {
        let hits = found(bank, Query::new("skis and talks", 100), options);
        hits.into_iter()
            .map(|(id, score)| (id, score.to_bits()))
            .collect()
    };
    let learnt = bits(&bank, r#"{"rerank": {"top": 9}}"#);
    assert_ne!(learnt, bits(&talk(), r#"{"rerank": {"top": 9}}"#));
    for options in [r#"{"rerank": {"top": 9}}"#, r#"{"rerank": {"seed": 3}}"#] {
        assert_eq!(bits(&restored, options), bits(&bank, options));
    }
    let step = || vec![cited("skis", &["p9"], &[], None)];
    restored.apply(at(3), step());
    bank.apply(at(3), step());
    assert_eq!(restored.snapshot(), bank.snapshot());
}

#[test]
fn a_bad_operation_fails_alone_and_teaches_nothing() {
    let mut bank = talk();
    let before = bank.snapshot();
    let with_field = Insertion {
        fields: vec![("kind".into(), "x".into())],
        ..Insertion::new("Anna skis.", "Anna", vec![])
    };
    let operations = vec![
        cited("skis", &[], &[], None),
        cited("skis", &["p1", "p1"], &[], None),
        cited("skis", &["p1"], &["p2"], None),
        cited("skis", &["p99"], &[], None),
        Operation::custom("cited", r#"{"query": "skis", "shown": ["p1"]}"#),
        Operation::custom("merge", "[]"),
        merge("p1", " ", "D2:1"),
        Operation::custom("split", "{}"),
        Operation::Insert(with_field),
        cited("", &["p1"], &["p1"], Some(vec![1.0])),
    ];
    let said: Vec<String> = bank
        .apply(at(2), operations)
        .into_iter()
        .map(|result| format!("{:?}", result.unwrap_err()))
        .collect();
    let parts = [
        "cited: `shown` is empty",
        "cited: `shown` has p1 twice",
        "cited: p2 was not shown",
        "Unknown(\"no entry has the id \\\"p99\\\"",
        "cited: missing field `cited`",
        "merge's options: give a JSON object",
        "merge into p1: the text is empty",
        "the topics bank has no operation \\\"split\\\"",
        "keeps no field \\\"kind\\\"",
        "p1 has no vector, and the query has one",
    ];
    assert_eq!(said.len(), parts.len());
    for (said, part) in said.iter().zip(parts) {
        assert!(said.contains(part), "{said}");
    }
    assert_eq!(bank.snapshot(), before);
}

#[test]
fn embeddings_are_projected_where_they_are_longer_than_the_reranker() {
    let mut bank = Topics::default();
    bank.configure(r#"{"dimension": 8}"#).unwrap();
    let along = |place: usize| {
        let mut vector = vec![0.0; 40];
        vector[place] = 2.0;
        vector
    };
    let operations = [0, 1, 2].map(|place| insert(&place.to_string(), "D1:1", Some(along(place))));
    bank.apply(at(1), operations.into());
    let step = cited("", &["p2"], &["p2"], Some(along(1)));
    assert_eq!(bank.apply(at(2), vec![step]), [Ok("p2".into())]);
    assert_eq!(bank.reranker.dimension(), 8);
    let found = found(&bank, towards(&along(1)), r#"{"rerank": {"top": 1}}"#);
    assert_eq!(ids(&found), ["p2"]);
}

#[test]
fn vectors_of_another_length_than_the_rerankers_are_refused() {
    let mut bank = crossed();
    let step = cited("", &["p1"], &["p1"], Some(vec![1.0, 0.0]));
    assert_eq!(bank.apply(at(2), vec![step]), [Ok("p1".into())]);
    let refused = bank.retrieve(&Query {
        options: r#"{"rerank": {}}"#.into(),
        ..Query::new("skis", 5)
    });
    let why = "a query of 64 numbers does not fit the reranker, which learnt from 2";
    assert_eq!(refused, Err(Error::Invalid(why.into())));
}

#[test]
fn what_no_operations_leave_is_not_restored() {
    let mut bank = talk();
    bank.apply(at(2), vec![cited("skis", &["p1"], &["p1"], None)]);
    let mut other = crossed();
    other.configure(r#"{"dimension": 32}"#).unwrap();
    let before = other.snapshot();
    let larger = "topics: the snapshot has a reranker of 64 numbers, but `dimension` is 32";
    let refused = other.restore(&bank.snapshot());
    assert_eq!(refused, Err(Error::Invalid(larger.into())));
    let torn = FORMAT.save(&(
        bank.records.memory(),
        (2_usize, vec![1.0_f32], vec![1.0_f32]),
    ));
    let refused = other.restore(&torn);
    let why = "topics: the snapshot has a reranker that no citations leave";
    assert_eq!(refused, Err(Error::Invalid(why.into())));
    assert!(other.restore(b"garbage").is_err());
    assert_eq!(other.snapshot(), before);
}
