//! The history in chunks.

use super::*;

fn pointing(text: &str, vector: &[f32]) -> Operation {
    Operation::Insert(Insertion {
        vector: Some(vector.into()),
        ..Insertion::new(text, "", vec![])
    })
}

fn towards(bank: &Places, vector: &[f32]) -> Vec<(String, f32)> {
    let query = Query {
        vector: Some(vector.into()),
        ..Query::new("", 10)
    };
    let hits = bank.retrieve(&query).unwrap().into_iter();
    hits.map(|hit| (hit.entry.id, hit.score)).collect()
}

fn close(found: &[(String, f32)], expected: &[(&str, f32)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!((found.1 - expected.1).abs() < 1e-4, "{found:?}");
    }
}

#[test]
fn hcam_a_chunk_that_is_not_among_the_best_contributes_nothing() {
    // Of four numbers, so that products are divided by 2. The mean of the chunks' products is 2, 1, 0.
    let half = 9.0_f32.ln() / 2.0;
    let operations = [2.0, 2.0, 1.0 + half, 1.0 - half, 9.0, -9.0]
        .map(|score| pointing("seen", &[2.0 * score, 0.0, 0.0, 0.0]));
    let mut bank = bank(r#"{"mode": "chunks", "chunk": 2, "top": 2}"#);
    bank.apply(at(1), operations.into());
    let here = [1.0, 0.0, 0.0, 0.0];
    close(
        &towards(&bank, &here),
        &[
            ("p1", 0.3655),
            ("p2", 0.3655),
            ("p3", 0.2420),
            ("p4", 0.0269),
        ],
    );
    bank.configure(r#"{"mode": "chunks", "chunk": 2, "top": 3}"#)
        .unwrap();
    assert_eq!(towards(&bank, &here).len(), 6);
}

#[test]
fn a_chunk_is_a_session_or_a_number_of_entries_whatever_was_deleted() {
    for (chunk, chunks) in [
        ("", ["1", "2", "2", "3"]),
        (r#", "chunk": 3"#, ["1", "1", "2", "2"]),
    ] {
        let mut bank = bank(&format!(r#"{{"mode": "chunks"{chunk}}}"#));
        for (session, text) in [(1, "a"), (2, "b"), (2, "c"), (2, "c"), (3, "e")] {
            bank.apply(at(session), vec![seen("", text, &[])]);
        }
        assert_eq!(
            one(&mut bank, Operation::Delete("p3".into())),
            Ok("p3".into())
        );
        let found = ["p1", "p2", "p4", "p5"].map(|id| field(&bank, id, "chunk"));
        assert_eq!(found, chunks);
    }
}

#[test]
fn words_choose_chunks_by_all_their_words_and_entries_inside() {
    let mut bank = bank(r#"{"mode": "chunks"}"#);
    for (session, text) in [
        (1, "the lamp stood in the study"),
        (1, "beside it a red box"),
        (2, "a box in the hall"),
        (3, "rain"),
    ] {
        bank.apply(at(session), vec![seen("", text, &[])]);
    }
    let found = find(&bank, "the box beside the lamp", "");
    // The lamp's session is the best one, so its other entry comes before the box of another day.
    let order: Vec<&str> = found.iter().map(|hit| &*hit.0).collect();
    assert_eq!(order, ["p2", "p1", "p3"]);
    let sum: f32 = found.iter().map(|hit| hit.1).sum();
    assert!((sum - 1.0).abs() < 1e-5);
    assert!(find(&bank, "snow", "").is_empty());
    assert_eq!(find(&bank, "", "").len(), 4);
}

#[test]
fn a_write_changes_what_is_found_and_a_place_restricts_it() {
    let mut bank = bank(r#"{"mode": "chunks", "chunk": 1}"#);
    one(&mut bank, seen("", "a lamp", &[("place", "hall")])).unwrap();
    assert_eq!(find(&bank, "lamp", "").len(), 1);
    one(&mut bank, seen("", "a lamp", &[])).unwrap();
    assert_eq!(find(&bank, "lamp", "").len(), 2);
    assert_eq!(
        find(&bank, "lamp", r#"{"place": "hall"}"#),
        [("p1".into(), 1.0)]
    );
}

#[test]
fn a_threshold_that_is_no_number_is_refused() {
    let mut bank = bank(r#"{"mode": "chunks"}"#);
    one(&mut bank, seen("", "a lamp", &[])).unwrap();
    let query = Query {
        threshold: f32::NAN,
        ..Query::new("lamp", 1)
    };
    let why = "a query's threshold must be a number";
    assert_eq!(bank.retrieve(&query), Err(Error::Invalid(why.into())));
}
