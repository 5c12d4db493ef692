#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use memloom_sdk::random::Random;

fn at(session: u32) -> Moment {
    Moment {
        session,
        time: format!("{session} May 2023"),
    }
}

fn insert(speaker: &str, text: &str, turn: &str) -> Operation {
    Operation::insert(text, speaker, vec![turn.into()])
}

fn update(id: &str, text: &str, turn: &str) -> Operation {
    Operation::update(id, text, vec![turn.into()])
}

fn pointing(text: &str, vector: &[f32]) -> Operation {
    Operation::Insert(Insertion {
        vector: Some(vector.into()),
        ..Insertion::new(text, "Anna", vec![])
    })
}

fn query(text: &str) -> Query {
    Query::new(text, 10)
}

fn ids(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.entry.id.as_str()).collect()
}

fn family() -> Flat {
    let mut bank = Flat::default();
    let operations = vec![
        insert("Anna", "I live in Rome", "D1:1"),
        insert("Ben", "I live in Oslo", "D1:2"),
        insert("Anna", "I have a dog", "D1:3"),
    ];
    let ids: Vec<String> = bank
        .apply(at(1), operations)
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(ids, ["m1", "m2", "m3"]);
    bank
}

#[test]
fn an_insertion_shows_what_was_written() {
    let entry = family().entries().remove(1);
    assert_eq!(
        entry,
        Entry {
            id: "m2".into(),
            text: "I live in Oslo".into(),
            speaker: "Ben".into(),
            time: "1 May 2023".into(),
            first_session: 1,
            last_session: 1,
            evidence: vec!["D1:2".into()],
            fields: vec![("first-time".into(), "1 May 2023".into())],
        }
    );
}

#[test]
fn saying_the_same_again_adds_evidence_to_the_entry_that_is_there() {
    let mut bank = family();
    let results = bank.apply(
        at(2),
        vec![
            insert("Anna", "I live  in Rome\n", "D2:1"),
            insert("Anna", "I live in Rome", "D2:1"),
            insert("Ben", "I live in Rome", "D2:2"),
        ],
    );
    assert_eq!(results, [Ok("m1".into()), Ok("m1".into()), Ok("m4".into())]);
    let entry = bank.entries().remove(0);
    assert_eq!(entry.evidence, ["D1:1", "D2:1"]);
    assert_eq!((entry.first_session, entry.last_session), (1, 2));
    assert_eq!(entry.time, "2 May 2023");
}

#[test]
fn an_update_shows_its_time_and_keeps_the_first() {
    let mut bank = family();
    let results = bank.apply(at(3), vec![update("m1", "I live in Paris", "D3:4")]);
    assert_eq!(results, [Ok("m1".into())]);
    let entry = bank.entries().remove(0);
    assert_eq!(entry.text, "I live in Paris");
    assert_eq!(entry.evidence, ["D1:1", "D3:4"]);
    assert_eq!(entry.time, "3 May 2023");
    assert_eq!(
        entry.fields,
        [("first-time".to_string(), "1 May 2023".to_string())]
    );
    assert_eq!(ids(&bank.retrieve(&query("Paris")).unwrap()), ["m1"]);
    assert!(bank.retrieve(&query("Rome")).unwrap().is_empty());
}

#[test]
fn a_deleted_entry_is_gone_and_its_id_is_never_given_again() {
    let mut bank = family();
    let results = bank.apply(
        at(2),
        vec![
            Operation::Delete("m3".into()),
            insert("Anna", "I have a cat", "D2:1"),
        ],
    );
    assert_eq!(results, [Ok("m3".into()), Ok("m4".into())]);
    assert!(bank.retrieve(&query("dog")).unwrap().is_empty());
    assert!(
        bank.entries()
            .iter()
            .all(|entry| entry.evidence != ["D1:3"])
    );
}

#[test]
fn a_bad_operation_fails_alone_and_says_why() {
    let mut bank = family();
    let results = bank.apply(
        at(2),
        vec![
            update("m9", "x", "D2:1"),
            insert("Anna", "  ", "D2:2"),
            update("m1", "", "D2:3"),
            Operation::custom("merge", "{}"),
            insert("Anna", "I ski", "D2:4"),
        ],
    );
    assert_eq!(
        results,
        [
            Err(Error::Unknown("no entry has the id \"m9\"".into())),
            Err(Error::Invalid("insert: the text is empty".into())),
            Err(Error::Invalid("update of m1: the text is empty".into())),
            Err(Error::Unsupported(
                "the flat bank has no operation \"merge\"".into()
            )),
            Ok("m4".into()),
        ]
    );
}

#[test]
fn speakers_are_filtered_whatever_their_case() {
    let bank = family();
    let of_anna = Query {
        speaker: Some("ANNA".into()),
        ..query("live")
    };
    assert_eq!(ids(&bank.retrieve(&of_anna).unwrap()), ["m1"]);
}

#[test]
fn ties_stay_in_order_of_insertion_and_the_limit_cuts() {
    let bank = family();
    let hits = bank.retrieve(&query("live")).unwrap();
    assert_eq!(ids(&hits), ["m1", "m2"]);
    assert_eq!(hits[0].score, hits[1].score);
    let one = Query {
        limit: 1,
        ..query("live")
    };
    assert_eq!(ids(&bank.retrieve(&one).unwrap()), ["m1"]);
}

#[test]
fn an_empty_query_lists_everything_that_passes_the_filter() {
    let bank = family();
    let all = Query {
        threshold: 5.0,
        speaker: Some("anna".into()),
        ..query(" ")
    };
    let hits = bank.retrieve(&all).unwrap();
    assert_eq!(ids(&hits), ["m1", "m3"]);
    assert!(hits.iter().all(|hit| hit.score == 0.0));
}

#[test]
fn a_threshold_below_zero_lets_the_rest_in_behind() {
    let bank = family();
    let any = Query {
        threshold: -1.0,
        ..query("dog")
    };
    assert_eq!(ids(&bank.retrieve(&any).unwrap()), ["m3", "m1", "m2"]);
}

#[test]
fn meanings_are_compared_where_a_vector_is_given() {
    let mut bank = family();
    bank.apply(
        at(1),
        vec![pointing("up", &[0.0, 2.0]), pointing("right", &[1.0, 0.1])],
    );
    let right = Query {
        vector: Some(vec![1.0, 0.0]),
        ..query("")
    };
    assert_eq!(ids(&bank.retrieve(&right).unwrap()), ["m5"]);
    let anywhere = Query {
        threshold: -2.0,
        ..right
    };
    assert_eq!(ids(&bank.retrieve(&anywhere).unwrap()), ["m5", "m4"]);
}

#[test]
fn vectors_of_another_length_are_refused() {
    let mut bank = family();
    bank.apply(at(1), vec![pointing("up", &[0.0, 2.0])]);
    let wrong = Error::Invalid("a vector of 3 numbers does not fit this bank's of 2".into());
    let results = bank.apply(at(1), vec![pointing("deep", &[0.0, 0.0, 1.0])]);
    assert_eq!(results, [Err(wrong.clone())]);
    let deep = Query {
        vector: Some(vec![0.0, 0.0, 1.0]),
        ..query("")
    };
    assert_eq!(bank.retrieve(&deep), Err(wrong));
    let nowhere = bank.apply(at(1), vec![pointing("lost", &[f32::NAN, 0.0])]);
    assert!(nowhere[0].is_err());
}

#[test]
fn rendering_puts_each_entry_on_a_line() {
    let mut bank = family();
    bank.apply(at(2), vec![insert("", "snow fell", "D2:1")]);
    let rendered = bank.render(&["m2".into(), "m4".into()]);
    assert_eq!(
        rendered,
        Ok("[m2] (1 May 2023) Ben: I live in Oslo\n[m4] (2 May 2023) snow fell".into())
    );
    assert_eq!(
        bank.render(&["m7".into()]),
        Err(Error::Unknown("no entry has the id \"m7\"".into()))
    );
}

#[test]
fn facts_without_spaces_are_counted_and_found() {
    let facts = [
        "安娜住在罗马。",
        "アンナは猫を飼う",
        "แมว",
        "Anna lives in Rome.",
    ];
    let mut bank = Flat::default();
    bank.apply(at(1), facts.map(|fact| insert("Anna", fact, "D1:1")).into());
    assert_eq!(bank.stats().words, 6 + 7 + 2 + 4);
    for (query, place) in [("她住在哪里？", 0), ("猫", 1), ("แมว", 2), ("rome?", 3)] {
        let hits = bank.retrieve(&self::query(query)).unwrap();
        assert_eq!(hits[0].entry.text, facts[place], "{query}");
    }
}

#[test]
fn words_are_counted_as_the_paper_counts_them() {
    let mut bank = family();
    let stats = |bank: &Flat| (bank.stats().entries, bank.stats().words);
    assert_eq!(stats(&bank), (3, 12));
    bank.apply(
        at(2),
        vec![
            update("m1", "It's Paris!", "D2:1"),
            Operation::Delete("m2".into()),
        ],
    );
    assert_eq!(stats(&bank), (2, 7));
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = family();
    let before = bank.snapshot();
    for bytes in [&before[..before.len() - 1], b"nonsense"] {
        assert!(bank.restore(bytes).is_err());
        assert_eq!(bank.snapshot(), before);
    }
}

fn random_operation(random: &mut Random) -> Operation {
    const TEXTS: [&str; 7] = [
        "rome",
        "oslo dog",
        "i live",
        "dog",
        "cat in rome",
        "",
        "live live",
    ];
    const SPEAKERS: [&str; 3] = ["Anna", "Ben", ""];
    let id = format!("m{}", random.below(30));
    let text = *random.pick(&TEXTS).unwrap();
    let turn = format!("D{}", random.below(50));
    match random.below(5) {
        0 => update(&id, text, &turn),
        1 => Operation::Delete(id),
        2 => pointing(text, &[random.unit() as f32, random.unit() as f32]),
        _ => insert(random.pick(&SPEAKERS).unwrap(), text, &turn),
    }
}

#[test]
fn a_restored_bank_goes_on_exactly_as_the_original() {
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let mut original = Flat::default();
        for session in 1..=random.below(40) as u32 {
            original.apply(at(session), vec![random_operation(&mut random)]);
        }
        let bytes = original.snapshot();
        let mut restored = family();
        restored.restore(&bytes).unwrap();
        assert_eq!(restored.snapshot(), bytes);
        for session in 50..80 {
            let operations = vec![random_operation(&mut random), random_operation(&mut random)];
            assert_eq!(
                original.apply(at(session), operations.clone()),
                restored.apply(at(session), operations)
            );
            for text in ["live in rome", "dog", ""] {
                assert_eq!(
                    original.retrieve(&query(text)),
                    restored.retrieve(&query(text))
                );
            }
            assert_eq!(original.stats(), restored.stats());
            assert_eq!(original.snapshot(), restored.snapshot());
        }
    }
}
