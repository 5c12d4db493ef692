//! Snapshots, capacity, and operations at random.

use super::*;
use memloom_sdk::random::Random;

#[test]
fn a_full_bank_refuses_new_cases_and_larger_snapshots() {
    let mut bank = Cases::default();
    bank.configure(r#"{"capacity": 2}"#).unwrap();
    let results = bank.apply(
        at(1),
        vec![
            tried("a", "x", "success"),
            tried("b", "x", "success"),
            tried("c", "x", "success"),
            tried("a", "x", "failure"),
        ],
    );
    let full = "full: the bank holds 2 cases: delete one first";
    assert_eq!(results[2], Err(Error::Invalid(full.into())));
    assert_eq!(results[3], Ok("c1".into()));
    let before = bank.snapshot();
    let refused = bank.restore(&errands().snapshot());
    let why = "cases: the snapshot holds 3 cases, but `capacity` is 2";
    assert_eq!(refused, Err(Error::Invalid(why.into())));
    assert_eq!(bank.snapshot(), before);
    let mut larger = errands();
    larger.restore(&before).unwrap();
    assert_eq!(larger.snapshot(), before);
    assert_eq!(
        larger.apply(at(2), vec![tried("c", "x", "success")]),
        [Ok("c3".into())]
    );
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut bank = errands();
    let before = bank.snapshot();
    let mut reversed = errands().memory;
    reversed.cases.reverse();
    let mut twins = errands().memory;
    twins.cases[1].fields.plan = "go east".into();
    let mut planless = errands().memory;
    planless.cases[0].fields.plan.clear();
    let mut uneven = errands().memory;
    uneven.cases[0].goal.vector = Some(vec![1.0]);
    uneven.cases[1].goal.vector = Some(vec![1.0, 2.0]);
    for bytes in [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        reversed.save(),
        twins.save(),
        planless.save(),
        uneven.save(),
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

fn random_operation(random: &mut Random) -> Operation {
    const GOALS: [&str; 5] = ["find the lamp", "cook rice", "find rice", "", "pay"];
    const PLANS: [&str; 4] = ["go west", "go east", "", "ask Ben"];
    const OUTCOMES: [&str; 4] = ["success", "failure", "unknown", "good"];
    let id = format!("c{}", random.below(20));
    let goal = *random.pick(&GOALS).unwrap();
    let fields = [
        ("score", format!("{}", random.unit() as f32)),
        ("outcome", random.pick(&OUTCOMES).unwrap().to_string()),
    ];
    let fields = fields.map(|(name, value)| (name.to_string(), value));
    let vector = random
        .chance(0.5)
        .then(|| vec![random.unit() as f32, random.unit() as f32]);
    match random.below(7) {
        3 => Operation::custom("prune", serde_json::json!({"ids": [id]}).to_string()),
        0 => Operation::Delete(id),
        1 => Operation::Update(Revision {
            vector,
            fields: fields.into(),
            ..Revision::new(id, goal, vec![])
        }),
        2 => Operation::Custom(CustomOperation {
            name: "outcome".into(),
            arguments: serde_json::json!({"ids": [id], "reward": random.unit(), "goal": goal})
                .to_string(),
            vector,
        }),
        _ => {
            let insertion = case(goal, random.pick(&PLANS).unwrap(), &[]);
            let evidence = vec![format!("D{}", random.below(9))];
            let fields = [insertion.fields, fields.into()].concat();
            Operation::Insert(Insertion {
                vector,
                evidence,
                fields,
                ..insertion
            })
        }
    }
}

#[test]
fn a_restored_bank_goes_on_exactly_as_the_original() {
    let queries = [
        "",
        r#"{"by": "value"}"#,
        r#"{"by": "value", "draw": 7}"#,
        r#"{"by": "recency", "outcome": "success"}"#,
    ];
    for seed in 0..40 {
        let options = match seed % 3 {
            0 => r#"{"capacity": 9, "records": 3}"#,
            1 => r#"{"capacity": 9, "records": 3, "q": "logistic"}"#,
            _ => r#"{"capacity": 9, "records": 3, "evict": true, "strikes": 2}"#,
        };
        let mut random = Random::new(seed);
        let mut original = Cases::default();
        original.configure(options).unwrap();
        for session in 1..=random.below(60) as u32 {
            original.apply(at(session), vec![random_operation(&mut random)]);
        }
        let bytes = original.snapshot();
        let mut restored = errands();
        restored.configure(options).unwrap();
        restored.restore(&bytes).unwrap();
        assert_eq!(restored.snapshot(), bytes);
        for session in 70..100 {
            let operations = vec![random_operation(&mut random), random_operation(&mut random)];
            assert_eq!(
                original.apply(at(session), operations.clone()),
                restored.apply(at(session), operations)
            );
            for options in queries {
                assert_eq!(
                    find(&original, "find rice", options),
                    find(&restored, "find rice", options)
                );
            }
            assert_eq!(original.snapshot(), restored.snapshot());
            consistent(&original);
        }
    }
}

fn consistent(bank: &Cases) {
    let entries = bank.entries();
    let stats = bank.stats();
    assert_eq!(stats, restored_stats(&entries));
    assert!(entries.len() <= 9);
    let all: Vec<String> = entries.iter().map(|entry| entry.id.clone()).collect();
    assert_eq!(bank.render(&all).unwrap().lines().count(), entries.len());
    let named: BTreeSet<_> = entries.iter().map(|e| (&e.text, &e.fields[0].1)).collect();
    assert_eq!(named.len(), entries.len());
    assert!(
        bank.memory
            .cases
            .iter()
            .all(|case| case.is_valid() && case.records.len() <= 3)
    );
    assert!(
        find(bank, "find rice", r#"{"by": "value"}"#)
            .iter()
            .all(|(_, v)| (0.0..=1.0).contains(v))
    );
}

fn restored_stats(entries: &[Entry]) -> Stats {
    Stats {
        entries: entries.len() as u32,
        words: entries
            .iter()
            .map(|entry| text::word_count(&entry.text) as u64)
            .sum(),
    }
}
