//! Snapshots, and operations at random.

use super::*;
use memloom_sdk::random::Random;

fn in_place(place: &str, text: &str) -> Operation {
    seen(text, text, &[("place", place)])
}

#[test]
fn a_snapshot_that_the_options_do_not_allow_is_refused_and_changes_nothing() {
    let mut larger = bank("{}");
    let operations =
        [("k", "a"), ("k", "b"), ("s", "c")].map(|(place, text)| in_place(place, text));
    larger.apply(at(1), operations.into());
    let mut placeless = bank(r#"{"mode": "chunks"}"#);
    one(&mut placeless, seen("a", "a", &[])).unwrap();
    let mut counted = bank(r#"{"mode": "cache"}"#);
    one(&mut counted, in_place("k", "a")).unwrap();
    let mut nameless = bank("{}");
    one(&mut nameless, seen("", "a", &[("place", "k")])).unwrap();
    let foreign = "has entries that the operations of this mode do not leave";
    for (options, other, why) in [
        (
            r#"{"capacity": 2}"#,
            &larger,
            "holds 3 entries, but `capacity` is 2",
        ),
        (
            r#"{"per_place": 1}"#,
            &larger,
            "holds 2 entries in \"k\", more than `per_place`",
        ),
        ("{}", &placeless, foreign),
        ("{}", &counted, foreign),
        (r#"{"mode": "chunks"}"#, &counted, foreign),
        (r#"{"mode": "cache"}"#, &nameless, foreign),
    ] {
        let mut bank = bank(options);
        one(&mut bank, in_place("z", "z")).unwrap();
        let before = bank.snapshot();
        let why = Err(Error::Invalid(format!("places: the snapshot {why}")));
        assert_eq!(bank.restore(&other.snapshot()), why, "{options}");
        assert_eq!(bank.snapshot(), before);
    }
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = bank(r#"{"mode": "cache", "capacity": 3}"#);
    for thing in ["a", "b", "c", "d"] {
        one(&mut bank, in_place("k", thing)).unwrap();
    }
    let before = bank.snapshot();
    let mut random = Random::new(4);
    for _ in 0..1_000 {
        let mut bytes = before.clone();
        bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
        if let Some(byte) = random.pick_mut(&mut bytes) {
            *byte = random.below(256) as u8;
        }
        match bank.restore(&bytes) {
            Ok(()) => assert_eq!(bank.snapshot(), bytes),
            Err(_) => assert_eq!(bank.snapshot(), before),
        }
        bank.restore(&before).unwrap();
    }
}

fn random_operation(random: &mut Random) -> Operation {
    let id = format!("p{}", random.below(20));
    let word = *random.pick(&["a", "b", "c", "d", ""]).unwrap();
    let place = *random.pick(&["k", "s", ""]).unwrap();
    let kind = *random.pick(&["state", "state", "fixed", "solid"]).unwrap();
    let rule = *random.pick(&["fifo", "lifo", "mvf", "lvf"]).unwrap();
    let vector = random.chance(0.5).then(|| vec![random.unit() as f32, 1.0]);
    match random.below(8) {
        0 => Operation::Delete(id),
        1 => Operation::update(id, word, vec![]),
        2 => custom("touch", &format!(r#"{{"id": "{id}"}}"#)),
        3 => custom("visit", &format!(r#"{{"place": "{place}"}}"#)),
        4 => custom("evict", &format!(r#"{{"rule": "{rule}"}}"#)),
        _ => match seen(word, word, &[("place", place), ("kind", kind)]) {
            Operation::Insert(insertion) => Operation::Insert(Insertion {
                vector,
                ..insertion
            }),
            other => other,
        },
    }
}

#[test]
fn a_restored_bank_goes_on_exactly_as_the_original() {
    let modes = [
        r#"{"capacity": 5, "per_place": 3}"#,
        r#"{"capacity": 5, "rule": "lvf"}"#,
        r#"{"mode": "chunks", "chunk": 3, "top": 2, "capacity": 6, "rule": "fifo"}"#,
        r#"{"mode": "chunks"}"#,
        r#"{"mode": "cache", "capacity": 3}"#,
    ];
    for seed in 0..40_usize {
        let options = modes[seed % modes.len()];
        let mut random = Random::new(seed as u64);
        let mut original = bank(options);
        for session in 1..=random.below(60) as u32 {
            original.apply(at(session), vec![random_operation(&mut random)]);
        }
        let bytes = original.snapshot();
        let mut restored = bank(options);
        restored.restore(&bytes).unwrap();
        assert_eq!(restored.snapshot(), bytes);
        for session in 70..100 {
            let operations = vec![random_operation(&mut random), random_operation(&mut random)];
            assert_eq!(
                original.apply(at(session), operations.clone()),
                restored.apply(at(session), operations)
            );
            assert_eq!(find(&original, "a b", ""), find(&restored, "a b", ""));
            assert_eq!(original.entries(), restored.entries());
            assert_eq!(original.snapshot(), restored.snapshot());
            let states = held(&original.records).len();
            assert!(states <= original.options.capacity, "{options}");
        }
    }
}
