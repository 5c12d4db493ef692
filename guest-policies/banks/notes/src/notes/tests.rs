#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;
use serde_json::{Value, json};

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(text: &str) -> Operation {
    Operation::insert(text, "Anna", vec!["D1:1".into()])
}

fn evolve(arguments: Value) -> Operation {
    Operation::custom("evolve", arguments.to_string())
}

fn apply(bank: &mut Notes, operations: Vec<Operation>) -> Vec<String> {
    let results = bank.apply(at(1), operations);
    results.into_iter().collect::<Result<_, _>>().unwrap()
}

/// Returns a bank with the notes n1 to n6, of which the number is a word.
fn six() -> Notes {
    let mut bank = Notes::default();
    let notes = ["one", "two", "three", "four", "five", "six"].map(insert);
    assert_eq!(
        apply(&mut bank, notes.into()),
        ["n1", "n2", "n3", "n4", "n5", "n6"]
    );
    bank
}

/// Returns six notes of which each has a vector.
fn six_with_vectors() -> Notes {
    let mut bank = Notes::default();
    let with_vector = |number: u8| {
        let insertion = Insertion::new(format!("note {number}"), "Anna", vec![]);
        Operation::Insert(Insertion {
            vector: Some(vec![f32::from(number), 1.0]),
            ..insertion
        })
    };
    apply(&mut bank, (1..=6).map(with_vector).collect());
    bank
}

fn field(bank: &Notes, id: &str, name: &str) -> String {
    let entry = bank.entries().into_iter().find(|e| e.id == id).unwrap();
    let found = entry.fields.into_iter().find(|(other, _)| other == name);
    found.unwrap().1
}

fn found(bank: &Notes, query: &Query) -> Vec<String> {
    let hits = bank.retrieve(query).unwrap().into_iter();
    hits.map(|hit| hit.entry.id).collect()
}

fn nearest(text: &str, nearest: u32) -> Query {
    Query {
        options: format!(r#"{{"nearest": {nearest}}}"#),
        ..Query::new(text, 100)
    }
}

fn refused(bank: &mut Notes, operation: Operation) -> Error {
    let before = bank.snapshot();
    let error = bank.apply(at(2), vec![operation]).remove(0).unwrap_err();
    assert_eq!(bank.snapshot(), before, "{error:?}");
    error
}

#[test]
fn a_note_shows_its_content_and_the_fields_that_are_set() {
    let mut bank = six();
    let fields = [
        ("context", "On snow."),
        ("keywords", "ski"),
        ("tags", "sport"),
    ];
    let note = Insertion {
        fields: fields.map(|(n, v)| (n.to_string(), v.to_string())).into(),
        ..Insertion::new("Anna says: I\nski.", "Anna", vec![])
    };
    apply(
        &mut bank,
        vec![
            Operation::Insert(note),
            evolve(json!({"id": "n7", "links": ["n2"]})),
        ],
    );
    assert_eq!(
        bank.render(&["n7".into(), "n1".into()]).unwrap(),
        "[n7] (1 May 2023) Anna says: I ski. | context: On snow. | keywords: ski | tags: sport | \
         links: n2\n[n1] (1 May 2023) Anna: one"
    );
    assert_eq!(bank.entries()[6].text, "Anna says: I ski.");
    assert_eq!(bank.stats().words, 6 + 4);
    for word in ["snow", "ski", "sport"] {
        assert_eq!(found(&bank, &Query::new(word, 9)), ["n7"], "{word}");
    }
}

#[test]
fn an_evolution_rewrites_exactly_the_neighbours_that_it_names() {
    let mut bank = six();
    let before = bank.entries();
    let neighbours = json!([
        {"id": "n5", "context": "of five", "tags": ["odd", "prime"]},
        {"id": "n2", "context": "of two", "tags": ["even"]},
    ]);
    apply(
        &mut bank,
        vec![evolve(json!({"id": "n6", "neighbours": neighbours}))],
    );
    let after = bank.entries();
    let changed = before.iter().zip(&after).filter(|(old, new)| old != new);
    let changed: Vec<&str> = changed.map(|(old, _)| &*old.id).collect();
    assert_eq!(changed, ["n2", "n5"]);
    let fields = |id| ["context", "tags"].map(|name| field(&bank, id, name));
    assert_eq!(fields("n5"), ["of five", "odd, prime"]);
    assert_eq!(fields("n2"), ["of two", "even"]);
    assert_eq!(found(&bank, &Query::new("prime", 9)), ["n5"]);
}

#[test]
fn a_rewritten_neighbour_keeps_its_time_and_an_updated_note_has_a_new_one() {
    let mut bank = six();
    let neighbours = json!([{"id": "n5", "context": "c", "tags": []}]);
    let operations = vec![
        evolve(json!({"id": "n6", "tags": ["x"], "neighbours": neighbours})),
        Operation::update("n1", "uno", vec!["D2:1".into()]),
    ];
    bank.apply(at(2), operations);
    let entries = bank.entries();
    let times = [0, 4, 5].map(|place| (entries[place].last_session, &*entries[place].time));
    assert_eq!(
        times,
        [(2, "2 May 2023"), (1, "1 May 2023"), (1, "1 May 2023")]
    );
    assert_eq!(entries[0].evidence, ["D1:1", "D2:1"]);
}

#[test]
fn tags_are_replaced_and_links_are_added() {
    let mut bank = six();
    let operations = vec![
        evolve(json!({"id": "n6", "links": ["n2", "n1", "n2"], "tags": ["a", "b, c"]})),
        evolve(json!({"id": "n6", "links": ["n4", "n1"], "tags": ["d"]})),
        evolve(json!({"id": "n6", "links": ["n5"]})),
    ];
    assert_eq!(apply(&mut bank, operations), ["n6"; 3]);
    assert_eq!(field(&bank, "n6", "links"), "n2, n1, n4, n5");
    assert_eq!(field(&bank, "n6", "tags"), "d");
}

#[test]
fn a_link_to_an_unknown_note_is_refused_alone() {
    let mut bank = six();
    let operations = vec![
        evolve(json!({"id": "n6", "links": ["n1", "n9"], "tags": ["x"]})),
        evolve(json!({"id": "n6", "links": ["n1"]})),
    ];
    let results = bank.apply(at(2), operations);
    let unknown = Error::Unknown("no entry has the id \"n9\"".into());
    assert_eq!(results, [Err(unknown), Ok("n6".into())]);
    assert_eq!(field(&bank, "n6", "links"), "n1");
    assert_eq!(field(&bank, "n6", "tags"), "");
}

#[test]
fn a_link_of_a_note_to_itself_is_invalid() {
    let itself = evolve(json!({"id": "n6", "links": ["n1", "n6"]}));
    let why = "evolve of n6: a note cannot link to itself";
    assert_eq!(refused(&mut six(), itself), Error::Invalid(why.into()));
}

/// Links n1 to n2, n3 and n4, and n2 to n3, n1 and n5, of which n1 and n2 are the hits for `hit`.
fn linked() -> Notes {
    let mut bank = six();
    let rewrite = |id: &str, words: &str| Operation::update(id, words, vec![]);
    let operations = vec![
        rewrite("n1", "hit hit hit"),
        rewrite("n2", "hit"),
        evolve(json!({"id": "n1", "links": ["n2", "n3", "n4"]})),
        evolve(json!({"id": "n2", "links": ["n3", "n1", "n5"]})),
    ];
    apply(&mut bank, operations);
    bank
}

#[test]
fn each_of_the_nearest_is_followed_by_its_links_and_no_id_comes_twice() {
    let bank = linked();
    assert_eq!(found(&bank, &Query::new("hit", 9)), ["n1", "n2"]);
    assert_eq!(
        found(&bank, &nearest("hit", 2)),
        ["n1", "n3", "n4", "n2", "n5"]
    );
    let scores: Vec<f32> = bank
        .retrieve(&nearest("hit", 2))
        .unwrap()
        .iter()
        .map(|h| h.score)
        .collect();
    assert!(scores[..3].iter().all(|score| *score == scores[0]) && scores[3] < scores[0]);
}

#[test]
fn as_many_links_follow_as_there_are_hits_or_as_the_options_say() {
    let mut bank = linked();
    assert_eq!(found(&bank, &nearest("hit", 1)), ["n1", "n2"]);
    bank.configure(r#"{"links": 1}"#).unwrap();
    assert_eq!(found(&bank, &nearest("hit", 2)), ["n1", "n3", "n2", "n5"]);
    bank.configure(r#"{"links": 0}"#).unwrap();
    assert_eq!(found(&bank, &nearest("hit", 2)), ["n1", "n2"]);
}

#[test]
fn limit_and_speaker_hold_for_links_as_well() {
    let mut bank = linked();
    let within = Query {
        limit: 3,
        ..nearest("hit", 2)
    };
    assert_eq!(found(&bank, &within), ["n1", "n3", "n4"]);
    let ben = Operation::insert("seven", "Ben", vec![]);
    apply(
        &mut bank,
        vec![ben, evolve(json!({"id": "n2", "links": ["n7"]}))],
    );
    let of = |speaker: &str| Query {
        speaker: Some(speaker.into()),
        ..nearest("hit", 4)
    };
    assert_eq!(found(&bank, &of("anna")), ["n1", "n3", "n4", "n2", "n5"]);
    assert_eq!(found(&bank, &of("Ben")), [""; 0]);
}

#[test]
fn deleting_a_note_leaves_no_link_to_it() {
    let mut bank = linked();
    apply(&mut bank, vec![Operation::Delete("n2".into())]);
    assert!(
        bank.entries()
            .iter()
            .all(|entry| !entry.fields[3].1.contains("n2"))
    );
    assert_eq!(
        bank.render(&["n1".into(), "n6".into()]).unwrap(),
        "[n1] (1 May 2023) Anna: hit hit hit | links: n3, n4\n[n6] (1 May 2023) Anna: six"
    );
    assert_eq!(found(&bank, &nearest("hit", 2)), ["n1", "n3", "n4"]);
}

#[test]
fn a_neighbour_without_a_vector_is_invalid_where_the_bank_holds_vectors() {
    let mut bank = six_with_vectors();
    let neighbours = json!([{"id": "n5", "context": "c", "tags": []}]);
    let without = evolve(json!({"id": "n6", "neighbours": neighbours}));
    let why = "evolve of n6: the bank holds vectors, and that of n5 would be out of date: give its \
               vector";
    assert_eq!(refused(&mut bank, without), Error::Invalid(why.into()));
    let tags = evolve(json!({"id": "n6", "tags": ["x"]}));
    let Error::Invalid(why) = refused(&mut bank, tags) else {
        panic!("not invalid");
    };
    assert!(why.contains("that of n6 would be out of date"), "{why}");
    let links = evolve(json!({"id": "n6", "links": ["n1"]}));
    assert_eq!(apply(&mut bank, vec![links]), ["n6"]);
}

#[test]
fn a_rewritten_note_is_found_by_its_new_vector() {
    let mut bank = six_with_vectors();
    let neighbours = json!([{"id": "n5", "context": "c", "tags": [], "vector": [-1.0, 0.0]}]);
    let arguments = json!({"id": "n6", "tags": ["x"], "neighbours": neighbours});
    let operation = Operation::Custom(CustomOperation {
        name: "evolve".into(),
        arguments: arguments.to_string(),
        vector: Some(vec![0.0, -1.0]),
    });
    apply(&mut bank, vec![operation]);
    for (vector, id) in [([-1.0, 0.0], "n5"), ([0.0, -1.0], "n6")] {
        let query = Query {
            vector: Some(vector.into()),
            ..Query::new("", 1)
        };
        assert_eq!(found(&bank, &query), [id]);
    }
}

#[test]
fn vectors_of_several_lengths_are_refused() {
    let neighbour =
        |id: &str, vector: &[f32]| json!({"id": id, "context": "", "tags": [], "vector": vector});
    let neighbours = [neighbour("n5", &[1.0]), neighbour("n2", &[1.0, 2.0])];
    let uneven = evolve(json!({"id": "n6", "neighbours": neighbours}));
    let why = "evolve of n6: vectors of [1, 2] numbers do not fit together";
    assert_eq!(
        refused(&mut six(), uneven.clone()),
        Error::Invalid(why.into())
    );
    let why = "a vector of 1 numbers does not fit this bank's of 2";
    assert_eq!(
        refused(&mut six_with_vectors(), uneven),
        Error::Invalid(why.into())
    );
}

#[test]
fn bad_operations_fail_alone_and_say_why() {
    let mut bank = six();
    let with_links = Operation::Insert(Insertion {
        fields: vec![("links".into(), "n1".into())],
        ..Insertion::new("x", "", vec![])
    });
    for (operation, error) in [
        (
            with_links,
            Error::Invalid("the bank keeps `links` itself: apply the operation evolve".into()),
        ),
        (
            insert(" "),
            Error::Invalid("insert: the text is empty".into()),
        ),
        (
            Operation::update("n1", "", vec![]),
            Error::Invalid("update of n1: the text is empty".into()),
        ),
        (
            Operation::update("n9", "x", vec![]),
            Error::Unknown("no entry has the id \"n9\"".into()),
        ),
        (
            Operation::Delete("n01".into()),
            Error::Unknown("no entry has the id \"n01\"".into()),
        ),
        (
            evolve(json!({"id": "m1"})),
            Error::Unknown("no entry has the id \"m1\"".into()),
        ),
        (
            Operation::custom("merge", "{}"),
            Error::Unsupported("the bank of notes has no operation \"merge\"".into()),
        ),
    ] {
        assert_eq!(refused(&mut bank, operation), error);
    }
}

#[test]
fn equal_contents_are_two_notes() {
    let mut bank = six();
    assert_eq!(apply(&mut bank, vec![insert("one")]), ["n7"]);
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = linked();
    let before = bank.snapshot();
    let with = |change: fn(&mut Note)| {
        let mut other = linked();
        change(other.records.data_mut("n1").unwrap());
        other.snapshot()
    };
    for bytes in [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        with(|note| note.links.push(9)),
        with(|note| note.links.push(1)),
        with(|note| note.links.push(2)),
        with(|note| note.tags.push("x".into())),
        with(|note| note.context = " ".into()),
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

#[test]
fn random_operations_leave_a_bank_that_is_restored_and_searched_as_a_fresh_one() {
    let mut random = Random::new(7);
    for _ in 0..30 {
        let mut bank = Notes::default();
        for _ in 0..40 {
            let mut id = || format!("n{}", 1 + random.below(12));
            let (one, other, third) = (id(), id(), id());
            let text = *random.pick(&["ski", "swim", "ski swim"]).unwrap();
            let operation = match random.below(6) {
                0 => Operation::Delete(one),
                1 => Operation::update(one, text, vec![]),
                2 => evolve(json!({"id": one, "links": [other, third], "tags": [text]})),
                3 => {
                    let neighbours = json!([{"id": other, "context": text, "tags": ["a"]}]);
                    evolve(json!({"id": one, "neighbours": neighbours}))
                }
                _ => insert(text),
            };
            bank.apply(at(1), vec![operation]);
            let mut restored = Notes::default();
            restored.restore(&bank.snapshot()).unwrap();
            assert_eq!(restored.snapshot(), bank.snapshot());
            let query = nearest("ski", 3);
            assert_eq!(restored.retrieve(&query), bank.retrieve(&query));
            let mut ids = found(&bank, &query);
            let all = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), all);
        }
    }
}
