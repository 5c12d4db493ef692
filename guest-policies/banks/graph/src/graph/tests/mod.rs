#![allow(clippy::unwrap_used, reason = "tests")]

mod recipes;
mod retrieval;
mod snapshots;

use super::*;
use memloom_sdk::types::Revision;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("day {session}"),
    }
}

fn link(parts: [&str; 3]) -> Operation {
    let [subject, relation, object] = parts;
    let arguments = serde_json::json!({
        "subject": subject, "relation": relation, "object": object, "evidence": ["D1:1"],
    });
    Operation::custom("link", arguments.to_string())
}

fn replace(old: [&str; 3], new: [&str; 3]) -> Operation {
    let arguments = serde_json::json!({"old": old, "new": new, "evidence": ["D2:1"]});
    Operation::custom("replace", arguments.to_string())
}

fn episode(text: &str, triples: &[&str]) -> Operation {
    let arguments = serde_json::json!({"text": text, "triples": triples});
    Operation::custom("episode", arguments.to_string())
}

fn with_vector(operation: Operation, vector: &[f32]) -> Operation {
    match operation {
        Operation::Custom(custom) => Operation::Custom(CustomOperation {
            vector: Some(vector.into()),
            ..custom
        }),
        other => other,
    }
}

fn apply(bank: &mut Graph, operations: Vec<Operation>) -> Vec<String> {
    let results = bank.apply(at(1), operations);
    results.into_iter().collect::<Result<_, _>>().unwrap()
}

fn refusal(bank: &mut Graph, operation: Operation) -> String {
    let before = bank.snapshot();
    let result = bank.apply(at(1), vec![operation]).remove(0);
    assert_eq!(bank.snapshot(), before);
    match result {
        Err(Error::Invalid(why) | Error::Unknown(why) | Error::Unsupported(why)) => why,
        Ok(id) => panic!("{id} was written"),
    }
}

fn texts(bank: &Graph) -> Vec<String> {
    let entries = bank.entries().into_iter();
    entries.map(|entry| entry.text).collect()
}

fn field(entry: &Entry, name: &str) -> String {
    let found = entry.fields.iter().find(|(other, _)| other == name);
    found.map_or_else(String::new, |(_, value)| value.clone())
}

/// Returns a chain of nodes: a–b, b–c, c–d.
fn chain() -> Graph {
    let mut bank = Graph::default();
    let links = vec![
        link(["a", "by", "b"]),
        link(["b", "by", "c"]),
        link(["c", "by", "d"]),
    ];
    assert_eq!(apply(&mut bank, links), ["g1", "g2", "g3"]);
    bank
}

fn found(bank: &Graph, text: &str, options: &str) -> Vec<String> {
    let query = Query {
        options: options.into(),
        ..Query::new(text, 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| hit.entry.id).collect()
}

#[test]
fn a_triple_is_a_line_in_lower_case_and_once_in_the_graph() {
    let mut bank = Graph::default();
    let links = vec![
        link(["Golden  Locker", "is in", "Hall, upper"]),
        link(["golden locker", "IS IN", "hall, upper"]),
        link(["golden locker", "is in, hall", "upper"]),
    ];
    assert_eq!(apply(&mut bank, links), ["g1", "g1", "g2"]);
    let entries = bank.entries();
    assert_eq!(entries[0].text, "golden locker, is in, hall, upper");
    assert_eq!(entries[0].evidence, ["D1:1"]);
    let fields: Vec<&str> = entries[0].fields.iter().map(|(_, v)| &**v).collect();
    assert_eq!(
        fields,
        ["triple", "golden locker", "is in", "hall, upper", "1"]
    );
    assert_eq!(
        bank.render(&["g1".into()]).unwrap(),
        "[g1] (day 1) golden locker, is in, hall, upper"
    );
}

#[test]
fn a_replaced_triple_goes_and_the_new_one_comes() {
    let mut bank = Graph::default();
    apply(&mut bank, vec![link(["key 1", "is in", "white locker"])]);
    let new = ["key 1", "is in", "inventory"];
    let done = apply(
        &mut bank,
        vec![replace(["key 1", "is in", "white locker"], new)],
    );
    assert_eq!(done, ["g2"]);
    assert_eq!(texts(&bank), ["key 1, is in, inventory"]);
    assert_eq!(bank.entries()[0].evidence, ["D2:1"]);
    assert_eq!(apply(&mut bank, vec![replace(new, new)]), ["g2"]);
}

#[test]
fn a_triple_that_is_not_there_is_not_replaced_and_nothing_is_added() {
    let mut bank = chain();
    assert_eq!(
        refusal(&mut bank, replace(["a", "by", "c"], ["a", "by", "d"])),
        "replace: the graph has no triple \"a, by, c\""
    );
    assert_eq!(
        refusal(&mut bank, replace(["a", "by", "b"], ["a", " ", "d"])),
        "replace: the relation is empty"
    );
}

#[test]
fn observations_of_one_text_are_two_episodes() {
    let mut bank = chain();
    let seen = vec![
        episode("it  rains", &["g2", "g1"]),
        episode("it rains", &[]),
    ];
    assert_eq!(apply(&mut bank, seen), ["g4", "g5"]);
    let entries = bank.entries();
    assert_eq!([&*entries[3].text, &*entries[4].text], ["it rains"; 2]);
    assert_eq!(field(&entries[3], "triples"), "g1 g2");
    let inserted = Operation::insert("it rains", "Anna", vec!["D1:2".into()]);
    assert_eq!(apply(&mut bank, vec![inserted]), ["g6"]);
    assert_eq!(bank.entries()[5].speaker, "Anna");
}

#[test]
fn an_episode_keeps_the_ids_of_triples_that_are_gone() {
    let mut bank = chain();
    apply(
        &mut bank,
        vec![episode("x", &["g1", "g2"]), Operation::Delete("g1".into())],
    );
    assert_eq!(field(&bank.entries()[2], "triples"), "g1 g2");
    assert_eq!(found(&bank, "", r#"{"seeds": ["a"]}"#), [""; 0]);
}

#[test]
fn bad_operations_fail_alone_and_say_why() {
    let mut bank = chain();
    apply(&mut bank, vec![episode("x", &["g1"])]);
    let unknown = Operation::custom("link", r#"{"subject": "a", "relation": "by"}"#);
    for (operation, why) in [
        (link(["", "by", "c"]), "link: the subject is empty"),
        (unknown, "link: missing field `object` at line 1 column 34"),
        (episode("x", &["g9"]), "no entry has the id \"g9\""),
        (
            episode("x", &["g4"]),
            "episode: the entry \"g4\" is no triple",
        ),
        (episode(" ", &[]), "episode: the text is empty"),
        (
            Operation::update("g1", "x", vec![]),
            "update of g1: the graph bank rewrites no entry: apply replace to a triple",
        ),
        (
            Operation::custom("fold", "{}"),
            "the graph bank has no operation \"fold\"",
        ),
        (
            Operation::Insert(Insertion {
                fields: vec![("kind".into(), "triple".into())],
                ..Insertion::new("x", "", vec![])
            }),
            "the graph bank keeps no field \"kind\" that a policy sets",
        ),
        (Operation::Delete("g9".into()), "no entry has the id \"g9\""),
        (
            with_vector(link(["x", "y", "z"]), &[f32::NAN]),
            "a vector must have one finite number or more",
        ),
        (
            Operation::Update(Revision::new("g9", "x", vec![])),
            "update of g9: the graph bank rewrites no entry: apply replace to a triple",
        ),
    ] {
        assert_eq!(refusal(&mut bank, operation), why);
    }
    let results = bank.apply(at(1), vec![episode("", &[]), link(["e", "by", "f"])]);
    assert!(results[0].is_err() && results[1].is_ok());
}

#[test]
fn other_vectors_are_refused_before_anything_is_replaced() {
    let mut bank = Graph::default();
    let first = with_vector(link(["a", "by", "b"]), &[1.0, 0.0]);
    apply(&mut bank, vec![first]);
    let operation = with_vector(replace(["a", "by", "b"], ["a", "by", "c"]), &[1.0]);
    assert_eq!(
        refusal(&mut bank, operation),
        "a vector of 1 numbers does not fit this bank's of 2"
    );
}

#[test]
fn a_change_around_one_node_leaves_all_other_triples_as_they_are() {
    let mut bank = Graph::default();
    let links = (0..2000).map(|number| {
        let (one, other) = (format!("n{number}"), format!("n{}", number + 1));
        link([&one, "by", &other])
    });
    apply(&mut bank, links.collect());
    let before = bank.entries();
    apply(
        &mut bank,
        vec![replace(["n7", "by", "n8"], ["n7", "by", "x"])],
    );
    let after = bank.entries();
    assert_eq!(after[..7], before[..7]);
    assert_eq!(after[7..1999], before[8..]);
    assert_eq!(after[1999].text, "n7, by, x");
}
