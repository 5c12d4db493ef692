#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("day {session}"),
    }
}

fn insert(text: &str, source: &str) -> Operation {
    Operation::insert(text, "", vec![source.into()])
}

fn fold(ids: &str, summary: &str) -> Operation {
    Operation::custom("fold", format!(r#"{{"ids":{ids},"summary":"{summary}"}}"#))
}

fn open(title: &str) -> Operation {
    Operation::custom("open-group", format!(r#"{{"title":"{title}"}}"#))
}

fn close(summary: &str) -> Operation {
    Operation::custom("close-group", format!(r#"{{"summary":"{summary}"}}"#))
}

fn apply(bank: &mut Tray, operations: Vec<Operation>) -> Vec<String> {
    let results = bank.apply(at(1), operations);
    results.into_iter().collect::<Result<_, _>>().unwrap()
}

/// Returns a tray with the records h1 to h4.
fn searches() -> Tray {
    let mut bank = Tray::default();
    let records = ["rome", "oslo", "h1 is in rome", "lima"];
    let calls = (1..)
        .zip(records)
        .map(|(n, result)| insert(&format!("search {n}\nfound {result}"), &format!("doc {n}")));
    apply(&mut bank, calls.collect());
    bank
}

fn ids(bank: &Tray) -> Vec<String> {
    bank.entries().into_iter().map(|entry| entry.id).collect()
}

fn refused(bank: &mut Tray, operation: Operation) -> String {
    let before = bank.snapshot();
    let why = match bank.apply(at(2), vec![operation]).remove(0) {
        Err(Error::Invalid(why) | Error::Unknown(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(bank.snapshot(), before, "{why}");
    why
}

#[test]
fn a_fold_of_two_of_four_leaves_two_and_the_summary_last() {
    let mut bank = searches();
    let words = bank.stats().words;
    let folded = apply(&mut bank, vec![fold(r#"["h3","h1","h3"]"#, "Rome it is.")]);
    assert_eq!(folded, ["h5"]);
    assert_eq!(ids(&bank), ["h2", "h4", "h5"]);
    assert!(bank.stats().words < words);
    let summary = bank.entries().remove(2);
    assert_eq!(
        (summary.text.as_str(), &*summary.fields[0].1),
        ("Rome it is.", "summary")
    );
    assert_eq!(summary.evidence, ["doc 1", "doc 3"]);
    let mut restored = Tray::default();
    restored.restore(&bank.snapshot()).unwrap();
    assert_eq!(restored.entries(), bank.entries());
    assert_eq!(restored.snapshot(), bank.snapshot());
}

#[test]
fn a_summary_of_a_summary_keeps_the_evidence() {
    let mut bank = searches();
    let folds = vec![fold(r#"["h1","h3"]"#, "a"), fold(r#"["h5","h2"]"#, "b")];
    assert_eq!(apply(&mut bank, folds), ["h5", "h6"]);
    assert_eq!(ids(&bank), ["h4", "h6"]);
    assert_eq!(bank.entries()[1].evidence, ["doc 2", "doc 1", "doc 3"]);
}

#[test]
fn a_fold_that_names_nothing_or_an_unknown_handle_changes_nothing() {
    let mut bank = searches();
    for (operation, part) in [
        (fold(r#"["h1"]"#, " "), "fold: the text is empty"),
        (fold("[]", "x"), "fold: `ids` is empty"),
        (fold(r#"["h1","h9"]"#, "x"), "no entry has the id \"h9\""),
        (fold(r#"["1"]"#, "x"), "no entry has the id \"1\""),
        (fold(r#""h1""#, "x"), "fold: invalid type"),
        (
            Operation::custom("fold", r#"{"ids":["h1"],"summary":"x","y":1}"#),
            "fold: unknown field `y`",
        ),
    ] {
        let why = refused(&mut bank, operation);
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn equal_calls_are_two_records_and_keep_their_lines() {
    let mut bank = Tray::default();
    let twice = vec![insert(" look\nrome ", "a"), insert("look\nrome", "b")];
    assert_eq!(apply(&mut bank, twice), ["h1", "h2"]);
    assert_eq!(bank.entries()[0].text, "look\nrome");
}

#[test]
fn records_belong_to_the_open_group_and_stay_when_it_is_closed() {
    let mut bank = Tray::default();
    let operations = vec![
        insert("look", "a"),
        open("find the  key"),
        insert("open box", "b"),
        close("The key was in the box."),
        open("leave"),
        insert("go east", "c"),
    ];
    assert_eq!(
        apply(&mut bank, operations),
        ["h1", "1", "h2", "h3", "2", "h4"]
    );
    let field = |place: usize| -> Vec<String> {
        let entries = bank.entries().into_iter();
        entries.map(|entry| entry.fields[place].1.clone()).collect()
    };
    assert_eq!(field(0), ["record", "record", "summary", "record"]);
    assert_eq!(field(1), ["", "1", "1", "2"]);
    assert_eq!(field(2), ["", "find the key", "find the key", "leave"]);
    assert_eq!(bank.entries()[2].evidence, ["b"]);
    let found = |options: &str| -> Vec<String> {
        let query = Query {
            options: options.into(),
            ..Query::new("", 9)
        };
        let hits = bank.retrieve(&query).unwrap().into_iter();
        hits.map(|hit| hit.entry.id).collect()
    };
    assert_eq!(found(r#"{"group": 1}"#), ["h2", "h3"]);
    assert_eq!(found(r#"{"group": 1, "kind": "record"}"#), ["h2"]);
    assert_eq!(found(r#"{"kind": "summary"}"#), ["h3"]);
    assert_eq!(found(r#"{"group": 9}"#), [""; 0]);
}

#[test]
fn groups_open_and_close_in_turn() {
    let mut bank = Tray::default();
    assert_eq!(
        refused(&mut bank, close("x")),
        "close-group: no group is open"
    );
    assert_eq!(
        refused(&mut bank, open(" ")),
        "open-group: the title is empty"
    );
    apply(&mut bank, vec![open("a")]);
    let why = "open-group: group 1 is open: close it first";
    assert_eq!(refused(&mut bank, open("b")), why);
    assert_eq!(
        refused(&mut bank, close(" ")),
        "close-group: the text is empty"
    );
}

#[test]
fn other_operations_and_fields_are_refused() {
    let mut bank = searches();
    let with_field = Operation::Insert(Insertion {
        fields: vec![("kind".into(), "summary".into())],
        ..Insertion::new("x", "", vec![])
    });
    assert!(refused(&mut bank, with_field).contains("no field \"kind\""));
    let results = bank.apply(at(2), vec![Operation::custom("prune", "{}")]);
    assert!(matches!(results[..], [Err(Error::Unsupported(_))]));
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = searches();
    let before = bank.snapshot();
    let lost_group = {
        let mut other = Tray::default();
        apply(&mut other, vec![open("a"), insert("x", "y")]);
        other.groups = Groups::default();
        other.snapshot()
    };
    for bytes in [&before[..before.len() - 1], b"nonsense", &lost_group] {
        assert!(bank.restore(bytes).is_err());
        assert_eq!(bank.snapshot(), before);
    }
}

#[test]
fn random_operations_lose_no_evidence_but_by_deletion() {
    let mut random = Random::new(3);
    for _ in 0..50 {
        let mut bank = Tray::default();
        let mut kept: BTreeSet<String> = BTreeSet::new();
        for step in 0..40 {
            let known = ids(&bank);
            let some = |random: &mut Random| random.pick(&known).cloned();
            let operation = match random.below(6) {
                0 => open("a"),
                1 => close("b"),
                2 | 3 => match (some(&mut random), some(&mut random)) {
                    (Some(a), Some(b)) => fold(&format!(r#"["{a}","{b}"]"#), "sum"),
                    _ => continue,
                },
                _ => {
                    kept.insert(format!("doc {step}"));
                    insert("text", &format!("doc {step}"))
                }
            };
            bank.apply(at(1), vec![operation]);
            let entries = bank.entries().into_iter();
            let held: BTreeSet<String> = entries.flat_map(|entry| entry.evidence).collect();
            assert_eq!(held, kept);
            let mut restored = Tray::default();
            restored.restore(&bank.snapshot()).unwrap();
            assert_eq!(restored.snapshot(), bank.snapshot());
        }
    }
}
