#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(kind: &str, text: &str, turn: &str) -> Operation {
    Operation::Insert(Insertion {
        fields: vec![(FIELD.into(), kind.into())],
        ..Insertion::new(text, "Anna", vec![turn.into()])
    })
}

fn core(text: &str, turn: &str) -> Operation {
    Operation::update(CORE, text, vec![turn.into()])
}

fn apply(bank: &mut Typed, operations: Vec<Operation>) -> Vec<String> {
    let results = bank.apply(at(1), operations);
    results.into_iter().collect::<Result<_, _>>().unwrap()
}

fn life() -> Typed {
    let mut bank = Typed::default();
    let operations = vec![
        insert("semantic", "Anna skis.", "D1:1"),
        core("Anna is a nurse.", "D1:2"),
        insert("episodic", "On 1 May Anna skied in Davos.", "D1:3"),
    ];
    assert_eq!(apply(&mut bank, operations), ["m1", "core", "m2"]);
    bank
}

fn found(bank: &Typed, text: &str, options: &str) -> Vec<String> {
    let query = Query {
        options: options.into(),
        ..Query::new(text, 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| hit.entry.id).collect()
}

#[test]
fn the_core_stands_first_and_entries_say_their_type() {
    let entries = life().entries();
    let types = entries.iter().map(|entry| {
        let (name, kind) = &entry.fields[0];
        assert_eq!(name, FIELD);
        (&*entry.id, &**kind)
    });
    assert_eq!(
        types.collect::<Vec<_>>(),
        [("core", "core"), ("m1", "semantic"), ("m2", "episodic")]
    );
    assert_eq!(
        life().render(&["m2".into(), "core".into()]).unwrap(),
        "[m2] (1 May 2023) Anna: On 1 May Anna skied in Davos.\n[core] (1 May 2023) Anna is a nurse."
    );
}

#[test]
fn every_write_replaces_the_core_and_adds_its_evidence() {
    let mut bank = life();
    apply(&mut bank, vec![core("Anna is a  doctor.", "D2:1")]);
    let entry = bank.entries().remove(0);
    assert_eq!(entry.text, "Anna is a doctor.");
    assert_eq!(entry.evidence, ["D1:2", "D2:1"]);
}

#[test]
fn a_core_is_emptied_by_a_deletion_or_by_no_words() {
    for emptied in [Operation::Delete(CORE.into()), core(" ", "D2:1")] {
        let mut bank = life();
        assert_eq!(apply(&mut bank, vec![emptied]), ["core"]);
        assert_eq!(bank.stats().entries, 2);
        assert!(bank.render(&[CORE.into()]).is_err());
        apply(&mut bank, vec![core("New.", "D3:1")]);
        assert_eq!(bank.entries()[0].evidence, ["D3:1"]);
    }
}

#[test]
fn a_long_core_is_cut_counted_and_restored() {
    let mut bank = Typed::default();
    bank.configure(r#"{"core_words": 3}"#).unwrap();
    apply(&mut bank, vec![core("a nurse of thirty years", "D1:1")]);
    assert_eq!(bank.entries()[0].text, "a nurse of [cut]");
    assert_eq!(bank.stats().words, 4);
    let mut restored = Typed::default();
    restored.restore(&bank.snapshot()).unwrap();
    assert_eq!(restored.entries(), bank.entries());
    assert_eq!(restored.snapshot(), bank.snapshot());
}

#[test]
fn the_same_text_is_one_entry_in_each_list() {
    let mut bank = life();
    let operations = vec![
        insert("semantic", "Anna  skis.", "D2:1"),
        insert("episodic", "Anna skis.", "D2:2"),
    ];
    assert_eq!(apply(&mut bank, operations), ["m1", "m3"]);
    assert_eq!(bank.entries()[1].evidence, ["D1:1", "D2:1"]);
}

#[test]
fn a_query_chooses_a_list_or_the_core() {
    let bank = life();
    assert_eq!(found(&bank, "skis skied", ""), ["m1", "m2"]);
    assert_eq!(
        found(&bank, "skis skied", r#"{"type": "episodic"}"#),
        ["m2"]
    );
    assert_eq!(found(&bank, "skis", r#"{"type": "core"}"#), ["core"]);
    assert_eq!(found(&bank, "", ""), ["core", "m1", "m2"]);
    assert_eq!(found(&bank, "", r#"{"type": "semantic"}"#), ["m1"]);
    assert_eq!(found(&Typed::default(), "skis", ""), [""; 0]);
}

#[test]
fn bad_operations_fail_alone() {
    let mut bank = life();
    let operations = vec![
        insert("procedural", "How to ski.", "D2:1"),
        Operation::update("m9", "x", vec![]),
        insert("semantic", " ", "D2:1"),
        insert("semantic", "Anna swims.", "D2:1"),
        Operation::custom("fold", "{}"),
    ];
    let results = bank.apply(at(2), operations);
    let ok: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(ok, [false, false, false, true, false]);
    let unknown = bank.retrieve(&Query {
        options: r#"{"type": "procedural"}"#.into(),
        ..Query::new("x", 1)
    });
    assert!(unknown.is_err());
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = life();
    let before = bank.snapshot();
    let mut other = life();
    if let Some(core) = &mut other.core {
        core.text.clear();
    }
    for bytes in [&before[..before.len() - 1], b"nonsense", &other.snapshot()] {
        assert!(bank.restore(bytes).is_err());
        assert_eq!(bank.snapshot(), before);
    }
}

fn random_operation(random: &mut Random) -> Operation {
    const TEXTS: [&str; 5] = ["anna skis", "ben swims", "", "anna swims", "a b c d e"];
    let text = *random.pick(&TEXTS).unwrap();
    let id = *random.pick(&["m1", "m2", "m3", "core", "m7"]).unwrap();
    match random.below(4) {
        0 | 1 => {
            let kind = *random.pick(&["semantic", "episodic", "core"]).unwrap();
            insert(kind, text, "D1:1")
        }
        2 => Operation::update(id, text, vec!["D1:2".into()]),
        _ => Operation::Delete(id.into()),
    }
}

/// A model of the bank: the core, and the lists as (id, type, text).
#[derive(Default)]
struct Model {
    core: String,
    lists: Vec<(String, String, String)>,
    last: usize,
}

impl Model {
    fn apply(&mut self, operation: &Operation) -> bool {
        let place = |lists: &[(String, String, String)], id: &str| {
            lists.iter().position(|(other, ..)| other == id)
        };
        match operation {
            Operation::Insert(insertion) => {
                let kind = insertion.fields[0].1.clone();
                let text = insertion.text.clone();
                if kind == CORE || text.is_empty() {
                    return false;
                }
                let same = |(_, k, t): &(String, String, String)| *k == kind && *t == text;
                if !self.lists.iter().any(same) {
                    self.last += 1;
                    self.lists.push((format!("m{}", self.last), kind, text));
                }
                true
            }
            Operation::Update(revision) if revision.id == CORE => {
                self.core.clone_from(&revision.text);
                true
            }
            Operation::Update(revision) => match place(&self.lists, &revision.id) {
                Some(place) if !revision.text.is_empty() => {
                    self.lists[place].2.clone_from(&revision.text);
                    true
                }
                _ => false,
            },
            Operation::Delete(id) if id == CORE => {
                self.core.clear();
                true
            }
            Operation::Delete(id) => match place(&self.lists, id) {
                Some(place) => {
                    self.lists.remove(place);
                    true
                }
                None => false,
            },
            Operation::Custom(_) => false,
        }
    }
}

#[test]
fn random_operations_leave_what_a_model_of_the_bank_has() {
    let mut random = Random::new(7);
    for _ in 0..50 {
        let (mut bank, mut model) = (Typed::default(), Model::default());
        for _ in 0..30 {
            let operation = random_operation(&mut random);
            let done = bank.apply(at(1), vec![operation.clone()]).remove(0).is_ok();
            assert_eq!(done, model.apply(&operation), "{operation:?}");
            let entries = bank.entries().into_iter();
            let shown: Vec<(String, String, String)> = entries
                .map(|entry| (entry.id, entry.fields[0].1.clone(), entry.text))
                .collect();
            let core = (CORE.to_owned(), CORE.to_owned(), model.core.clone());
            let core = (!model.core.is_empty()).then_some(core);
            let expected: Vec<_> = core.into_iter().chain(model.lists.clone()).collect();
            assert_eq!(shown, expected);
            let mut restored = Typed::default();
            restored.restore(&bank.snapshot()).unwrap();
            assert_eq!(restored.snapshot(), bank.snapshot());
        }
    }
}
