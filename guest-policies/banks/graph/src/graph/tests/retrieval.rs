//! Retrieval: around seeds, episodes of a subgraph, instances.

use super::*;

#[test]
fn seeds_reach_as_far_as_their_hops() {
    let bank = chain();
    let around = |options: &str| found(&bank, "", options);
    assert_eq!(around(r#"{"seeds": {"a": 1}}"#), ["g1"]);
    assert_eq!(around(r#"{"seeds": {"a": 2}}"#), ["g1", "g2"]);
    assert_eq!(around(r#"{"seeds": ["A"], "hops": 3}"#), ["g1", "g2", "g3"]);
    assert_eq!(around(r#"{"seeds": {"d": 1, "a": 1}}"#), ["g1", "g3"]);
    // Of two ways to a triple the shorter counts.
    let bank = chain();
    let query = Query {
        options: r#"{"seeds": {"a": 3, "c": 1}}"#.into(),
        ..Query::new("", 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    let scores: Vec<(String, f32)> = hits.map(|hit| (hit.entry.id, hit.score)).collect();
    assert_eq!(
        scores,
        [("g1".into(), 1.0), ("g2".into(), 1.0), ("g3".into(), 1.0)]
    );
}

#[test]
fn at_each_node_the_triples_most_like_the_query_go_on_and_then_the_latest() {
    let mut bank = Graph::default();
    bank.configure(r#"{"top": 2}"#).unwrap();
    let links = ["lamp", "vase", "cup", "rope"].map(|it| link([it, "is in", "hall"]));
    apply(&mut bank, links.into());
    let around = |text: &str| found(&bank, text, r#"{"seeds": ["hall"]}"#);
    assert_eq!(around("bring the vase"), ["g2", "g4"]);
    assert_eq!(around(""), ["g3", "g4"]);
    assert_eq!(found(&bank, "", r#"{"seeds": ["lamp"]}"#), ["g1"]);
}

#[test]
fn a_seed_that_is_no_node_begins_at_the_triples_with_its_words() {
    let mut bank = chain();
    apply(&mut bank, vec![link(["old vase", "is on", "shelf"])]);
    assert_eq!(found(&bank, "", r#"{"seeds": ["vase"]}"#), ["g4"]);
    assert_eq!(found(&bank, "", r#"{"seeds": ["lamp"]}"#), [""; 0]);
}

#[test]
fn a_threshold_holds_for_vectors_alone() {
    let mut bank = Graph::default();
    let links = vec![
        with_vector(link(["a", "by", "b"]), &[1.0, 0.0]),
        with_vector(link(["a", "by", "c"]), &[0.6, 0.8]),
        link(["a", "by", "d"]),
    ];
    apply(&mut bank, links);
    let around = |vector: Option<Vec<f32>>| {
        let query = Query {
            vector,
            threshold: 0.75,
            options: r#"{"seeds": ["a"]}"#.into(),
            ..Query::new("a", 10)
        };
        let hits = bank.retrieve(&query).unwrap().into_iter();
        hits.map(|hit| hit.entry.id).collect::<Vec<_>>()
    };
    assert_eq!(around(Some(vec![1.0, 0.0])), ["g1"]);
    assert_eq!(around(None), ["g1", "g2", "g3"]);
}

/// Returns a graph of ten triples, an episode of 4 of them and one of 8, and one of the last alone.
fn lived() -> Graph {
    let mut bank = Graph::default();
    let links = (1..=10).map(|number| link(["x", "by", &format!("y{number}")]));
    apply(&mut bank, links.collect());
    let seen = [
        (
            "four",
            &["g1", "g2", "g9", "g10"][..],
            [0.9, 0.19_f32.sqrt()],
        ),
        (
            "eight",
            &["g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8"],
            [0.6, 0.8],
        ),
        ("one", &["g10"], [0.0, 1.0]),
    ];
    let seen = seen.map(|(text, triples, vector)| with_vector(episode(text, triples), &vector));
    assert_eq!(apply(&mut bank, seen.into()), ["g11", "g12", "g13"]);
    bank
}

fn episodes(bank: &Graph, triples: &[&str], vector: Option<Vec<f32>>) -> Vec<(String, f32)> {
    let options = serde_json::json!({"kind": "episode", "triples": triples});
    let query = Query {
        vector,
        options: options.to_string(),
        ..Query::new("", 2)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| (hit.entry.text, hit.score)).collect()
}

#[test]
fn of_two_episodes_the_one_that_is_more_alike_wins_by_the_paper_s_formula() {
    let mut bank = lived();
    bank.configure(r#"{"episodic": "paper"}"#).unwrap();
    // Two triples of the four, and three of the eight, are in the subgraph.
    let subgraph = ["g9", "g10", "g6", "g7", "g8"];
    let found = episodes(&bank, &subgraph, Some(vec![1.0, 0.0]));
    let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["four", "eight"]);
    for ((_, score), expected) in found.iter().zip([1.8889, 1.6667]) {
        assert!((score - expected).abs() < 1e-3, "{found:?}");
    }
}

#[test]
fn an_episode_of_one_triple_can_win_unless_the_weight_is_the_paper_s() {
    let mut bank = lived();
    let best = |bank: &Graph| episodes(bank, &["g10"], None).remove(0);
    assert_eq!(best(&bank), ("one".into(), 1.0));
    bank.configure(r#"{"episodic": "paper"}"#).unwrap();
    assert_eq!(best(&bank), ("four".into(), 1.0));
}

#[test]
fn an_episode_that_has_nothing_in_common_is_not_found() {
    let bank = lived();
    let found = episodes(&bank, &["g3"], None);
    assert_eq!(found, [("eight".into(), 1.0)]);
    assert!(episodes(&bank, &[], None).is_empty());
    let query = Query {
        options: r#"{"triples": ["g11"]}"#.into(),
        ..Query::new("", 2)
    };
    let why = "triples: the entry \"g11\" is no triple";
    assert_eq!(bank.retrieve(&query), Err(Error::Invalid(why.into())));
}

#[test]
fn an_instance_is_what_a_session_wrote() {
    let mut bank = chain();
    let again = vec![link(["b", "by", "c"]), link(["d", "by", "e"])];
    let _ = bank.apply(at(2), again);
    assert_eq!(found(&bank, "", r#"{"instance": 2}"#), ["g2", "g4"]);
    assert_eq!(found(&bank, "", r#"{"instance": 1}"#), ["g1", "g2", "g3"]);
    assert_eq!(
        found(&bank, "", r#"{"seeds": ["c"], "hops": 9, "instance": 2}"#),
        ["g2"]
    );
    assert_eq!(field(&bank.entries()[1], "instances"), "1 2");
}

#[test]
fn words_find_entries_of_one_kind_and_of_one_speaker() {
    let mut bank = chain();
    let said = Operation::insert("the c", "Anna", vec![]);
    apply(&mut bank, vec![episode("b", &["g1"]), said]);
    assert_eq!(found(&bank, "b c", r#"{"kind": "episode"}"#), ["g4", "g5"]);
    assert_eq!(
        found(&bank, "", r#"{"kind": "triple"}"#),
        ["g1", "g2", "g3"]
    );
    let of = |speaker: &str, options: &str| {
        let query = Query {
            speaker: Some(speaker.into()),
            options: options.into(),
            ..Query::new("c", 9)
        };
        bank.retrieve(&query).unwrap().len()
    };
    assert_eq!(of("anna", ""), 1);
    assert_eq!(of("anna", r#"{"seeds": ["a"]}"#), 0);
}
