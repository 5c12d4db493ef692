//! Prunes, and the eviction of a full bank.

use super::*;

fn prune(ids: &[&str]) -> Operation {
    Operation::custom("prune", serde_json::json!({"ids": ids}).to_string())
}

fn counts(bank: &Cases, id: &str) -> [String; 2] {
    ["uses", "wins"].map(|name| field(bank, id, name))
}

#[test]
fn a_prune_takes_a_use_away_and_the_third_in_a_row_deletes() {
    let mut bank = errands();
    bank.apply(at(2), vec![outcome(&["c2"], 1.0, "")]);
    assert_eq!(counts(&bank, "c2"), ["2", "2"]);
    assert_eq!(
        bank.apply(at(2), vec![prune(&["c2", "c3", "c2"])]),
        [Ok("c2".into())]
    );
    assert_eq!(counts(&bank, "c2"), ["1", "1"]);
    assert_eq!(counts(&bank, "c3"), ["0", "0"]);
    // A use in between begins the count anew.
    bank.apply(at(2), vec![prune(&["c2", "c3"]), outcome(&["c2"], 0.0, "")]);
    bank.apply(at(3), vec![prune(&["c3", "c2"])]);
    assert_eq!(ids(&find(&bank, "", "")), ["c1", "c2"]);
    assert!(find(&bank, "rice", "").is_empty());
}

#[test]
fn strikes_say_how_often_a_case_is_pruned() {
    let mut bank = errands();
    bank.configure(r#"{"strikes": 1}"#).unwrap();
    assert_eq!(
        bank.apply(at(2), vec![prune(&["c1", "c3"])]),
        [Ok("c1".into())]
    );
    assert_eq!(ids(&find(&bank, "", "")), ["c2"]);
}

#[test]
fn a_bad_prune_changes_nothing() {
    let mut bank = errands();
    let before = bank.snapshot();
    let results = bank.apply(
        at(2),
        vec![
            prune(&[]),
            prune(&["c1", "c9"]),
            Operation::custom("prune", r#"{"ids": ["c1"], "goal": "x"}"#),
        ],
    );
    let empty = Error::Invalid("prune: `ids` is empty".into());
    assert_eq!(results[0], Err(empty));
    let unknown = Error::Unknown("no entry has the id \"c9\"".into());
    assert_eq!(results[1], Err(unknown));
    assert!(
        matches!(&results[2], Err(Error::Invalid(why)) if why.contains("unknown field `goal`"))
    );
    assert_eq!(bank.snapshot(), before);
}

#[test]
fn a_full_bank_that_evicts_loses_the_lowest_reward_then_the_fewest_uses_then_the_oldest() {
    let mut bank = Cases::default();
    bank.configure(r#"{"capacity": 4, "evict": true}"#).unwrap();
    let operations = vec![
        tried("a", "x", "success"),
        tried("b", "x", "success"),
        tried("c", "x", "unknown"),
        tried("d", "x", "failure"),
        outcome(&["c1"], 1.0, ""),
    ];
    bank.apply(at(1), operations);
    let mut held = Vec::new();
    for goal in ["e", "f", "g", "h"] {
        let results = bank.apply(at(2), vec![tried(goal, "x", "success")]);
        assert!(results[0].is_ok());
        held.push(ids(&find(&bank, "", "")).join(" "));
    }
    // The failure, the one that nobody judged, the older of two with one use, and the next.
    assert_eq!(
        held,
        ["c1 c2 c3 c5", "c1 c2 c5 c6", "c1 c5 c6 c7", "c1 c6 c7 c8"]
    );
    assert_eq!(find(&bank, "e", ""), []);
}
