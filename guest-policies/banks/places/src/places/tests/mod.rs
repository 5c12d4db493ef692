#![allow(clippy::unwrap_used, reason = "tests")]

mod cache;
mod chunks;
mod rules;
mod snapshots;

use super::*;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn bank(options: &str) -> Places {
    let mut bank = Places::default();
    bank.configure(options).unwrap();
    bank
}

/// Returns an insertion of a thing's state in a place.
fn seen(thing: &str, text: &str, fields: &[(&str, &str)]) -> Operation {
    let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    Operation::Insert(Insertion {
        fields: fields.iter().map(owned).collect(),
        ..Insertion::new(text, thing, vec![])
    })
}

fn one(bank: &mut Places, operation: Operation) -> Result<String, Error> {
    bank.apply(at(1), vec![operation]).remove(0)
}

fn custom(name: &str, arguments: &str) -> Operation {
    Operation::custom(name, arguments)
}

fn ids(bank: &Places) -> Vec<String> {
    bank.entries().into_iter().map(|entry| entry.id).collect()
}

fn field(bank: &Places, id: &str, name: &str) -> String {
    let entry = bank.entries().into_iter().find(|it| it.id == id).unwrap();
    let mut fields = entry.fields.into_iter();
    fields.find(|field| field.0 == name).unwrap().1
}

fn find(bank: &Places, text: &str, options: &str) -> Vec<(String, f32)> {
    let query = Query {
        options: options.into(),
        ..Query::new(text, 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| (hit.entry.id, hit.score)).collect()
}

#[test]
fn entries_say_where_they_are_and_a_query_chooses_a_place_or_kind() {
    let mut bank = Places::default();
    let results = bank.apply(
        at(2),
        vec![
            seen(
                "sink",
                "a white sink",
                &[("place", "kitchen"), ("kind", "fixed")],
            ),
            seen("lamp", "the lamp is on", &[("place", "kitchen")]),
            seen("", "a white lamp", &[("place", "study")]),
            custom("visit", r#"{"place": "kitchen"}"#),
        ],
    );
    let expected = ["p1", "p2", "p3", "kitchen"].map(|id| Ok(id.to_string()));
    assert_eq!(results, expected);
    let found = |options: &str| -> Vec<String> {
        let found = find(&bank, "white lamp", options).into_iter();
        found.map(|hit| hit.0).collect()
    };
    assert_eq!(found(r#"{"place": " kitchen"}"#), ["p2", "p1"]);
    assert_eq!(found(r#"{"kind": "fixed"}"#), ["p1"]);
    assert_eq!(
        find(&bank, "", r#"{"place": "study"}"#),
        [("p3".into(), 0.0)]
    );
    assert_eq!(
        bank.render(&["p3".into(), "p1".into()]).unwrap(),
        "[p3] (2 May 2023) a white lamp | place: study\n\
         [p1] (2 May 2023) sink: a white sink | place: kitchen"
    );
    let shown = NAMES.map(|name| field(&bank, "p1", name));
    assert_eq!(shown, ["kitchen", "fixed", "", "1", ""]);
    assert_eq!(bank.stats().words, 10);
}

#[test]
fn the_same_text_in_the_same_place_is_one_entry() {
    let mut bank = Places::default();
    let lamp = |turn: &str, place: &str| {
        Operation::Insert(Insertion {
            evidence: vec![turn.into()],
            fields: vec![("place".into(), place.into())],
            ..Insertion::new("the lamp", "", vec![])
        })
    };
    let operations = vec![lamp("D1", "a"), lamp("D2", "b"), lamp("D3", "a")];
    let results = bank.apply(at(1), operations);
    assert_eq!(results, ["p1", "p2", "p1"].map(|id| Ok(id.to_string())));
    assert_eq!(bank.entries()[0].evidence, ["D1", "D3"]);
}

#[test]
fn an_update_rewrites_the_text_and_leaves_place_and_count() {
    let mut bank = bank(r#"{"mode": "cache"}"#);
    one(&mut bank, seen("lamp", "on", &[("place", "a")])).unwrap();
    one(&mut bank, custom("touch", r#"{"id": "p1"}"#)).unwrap();
    assert_eq!(
        one(&mut bank, Operation::update("p1", "off", vec![])),
        Ok("p1".into())
    );
    assert_eq!(bank.entries()[0].text, "off");
    assert_eq!(
        ["place", "uses"].map(|it| field(&bank, "p1", it)),
        ["a", "2"]
    );
}

#[test]
fn a_bad_operation_fails_alone_and_says_why() {
    let invalid = |why: &str| Err(Error::Invalid(why.into()));
    let unsupported = |why: &str| Err(Error::Unsupported(why.into()));
    let unknown = || Err(Error::Unknown("no entry has the id \"p9\"".into()));
    let by_counts = "the mode `cache` evicts by its counts of uses";
    for (mode, operation, expected) in [
        (
            "places",
            seen("", "x", &[]),
            invalid("insert: the place is empty"),
        ),
        (
            "places",
            seen("", " ", &[("place", "a")]),
            invalid("insert: the text is empty"),
        ),
        (
            "cache",
            seen("", "x", &[]),
            invalid("insert: the cache keeps one state of a thing: name it as the speaker"),
        ),
        (
            "places",
            custom("touch", r#"{"id": "p1"}"#),
            unsupported("touch: only the mode `cache` counts uses"),
        ),
        ("cache", custom("touch", r#"{"id": "p9"}"#), unknown()),
        (
            "cache",
            custom("touch", r#"{"id": "p1"}"#),
            invalid("touch: p1 is fixed, and its uses are not counted"),
        ),
        (
            "cache",
            custom("visit", "{}"),
            unsupported(&format!("visit: {by_counts}")),
        ),
        (
            "cache",
            custom("evict", "{}"),
            unsupported(&format!("evict: {by_counts}")),
        ),
        (
            "places",
            custom("evict", "{}"),
            invalid("evict: give a `rule`: fifo, lifo, mvf or lvf"),
        ),
        (
            "chunks",
            custom("evict", r#"{"rule": "fifo"}"#),
            invalid("evict: there is nothing to evict"),
        ),
        (
            "places",
            custom("visit", r#"{"place": " "}"#),
            invalid("visit: the place is empty"),
        ),
        (
            "places",
            custom("visit", "[]"),
            invalid("visit's options: give a JSON object, for instance {}"),
        ),
        (
            "places",
            custom("merge", "{}"),
            unsupported("the bank of places has no operation \"merge\""),
        ),
        ("places", Operation::Delete("p9".into()), unknown()),
        ("places", Operation::update("p9", "x", vec![]), unknown()),
    ] {
        let mut bank = bank(&format!(r#"{{"mode": "{mode}"}}"#));
        let wall = seen("wall", "a wall", &[("place", "a"), ("kind", "fixed")]);
        one(&mut bank, wall).unwrap();
        let before = bank.snapshot();
        assert_eq!(one(&mut bank, operation), expected);
        assert_eq!(bank.snapshot(), before);
    }
}
