//! Every operation of the bank `flat` in its sandbox and as the same code compiled
//! into this program.

use std::time::{Duration, Instant};

use bank_flat::Flat;
use criterion::Criterion;
use memloom_runtime::Bank;
use memloom_runtime::types as sandboxed;
use memloom_sdk::Bank as _;
use memloom_sdk::types as native;

use crate::banks;

const ENTRIES: u32 = 10_000;
/// The number of operations in one call, as for one chunk of a session.
const AT_ONCE: u32 = 10;

/// The measured functions, for both sides.
trait Subject {
    /// Inserts these facts in one call, and returns their ids.
    fn insert(&mut self, facts: Vec<String>) -> Vec<String>;
    fn update(&mut self, facts: Vec<(String, String)>);
    fn delete(&mut self, ids: Vec<String>);
    /// Returns the number of hits, at most ten.
    fn retrieve(&mut self, words: &str) -> usize;
}

/// Measures each operation on both sides, ten in a call, on a bank of 10 000 entries.
pub fn operations(criterion: &mut Criterion) {
    let component = banks::flat();
    let mut sandboxed = component.instantiate().expect("an instance");
    measure(criterion, "wasm", &mut sandboxed);
    measure(criterion, "native", &mut Flat::default());
}

fn measure(criterion: &mut Criterion, side: &str, subject: &mut dyn Subject) {
    let mut ids: std::collections::VecDeque<String> = subject
        .insert((0..ENTRIES).map(banks::fact).collect())
        .into();
    // The first search builds the index.
    assert_eq!(subject.retrieve("painted boats in May"), 10);
    let mut seed = ENTRIES;
    let mut facts = || {
        seed += AT_ONCE;
        (seed - AT_ONCE..seed)
            .map(banks::fact)
            .collect::<Vec<String>>()
    };
    let mut group = criterion.benchmark_group(side);
    // Deleting the oldest keeps the size, and counts for `delete` below.
    let mut one = |subject: &mut dyn Subject, of: Timed| {
        let new = facts();
        let (inserted, insert) = timed(|| subject.insert(new));
        ids.extend(inserted);
        let revised = ids.iter().rev().step_by(97).take(AT_ONCE as usize).cloned();
        let revised: Vec<_> = revised.zip(facts()).collect();
        let ((), update) = timed(|| subject.update(revised));
        let oldest = ids.drain(..AT_ONCE as usize).collect();
        let ((), delete) = timed(|| subject.delete(oldest));
        match of {
            Timed::Insert => insert,
            Timed::Update => update,
            Timed::Delete => delete,
        }
    };
    for (name, of) in [
        ("insert", Timed::Insert),
        ("update", Timed::Update),
        ("delete", Timed::Delete),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| one(subject, of)).sum());
        });
    }
    group.bench_function("retrieve", |bencher| {
        bencher.iter(|| subject.retrieve("what did person5 paint in May"));
    });
}

#[derive(Clone, Copy)]
enum Timed {
    Insert,
    Update,
    Delete,
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// The two sides' types have the same fields and are not the same types.
macro_rules! subject {
    ($bank:ty, $types:ident, $bank_types:path, $apply:expr, $retrieve:expr) => {
        impl Subject for $bank {
            fn insert(&mut self, facts: Vec<String>) -> Vec<String> {
                use $types::Operation;
                let operation = |text: String| Operation::insert(text, "Ann", vec!["D1:1".into()]);
                $apply(self, facts.into_iter().map(operation).collect())
            }

            fn update(&mut self, facts: Vec<(String, String)>) {
                use $types::Operation;
                let operation =
                    |(id, text): (String, String)| Operation::update(id, text, vec!["D2:1".into()]);
                $apply(self, facts.into_iter().map(operation).collect());
            }

            fn delete(&mut self, ids: Vec<String>) {
                let operations = ids.into_iter().map($types::Operation::Delete);
                $apply(self, operations.collect());
            }

            fn retrieve(&mut self, words: &str) -> usize {
                use $bank_types as bank;
                let query = bank::Query::new(words, 10);
                $retrieve(self, &query).expect("a sensible query").len()
            }
        }
    };
}

fn apply_sandboxed(bank: &mut Bank, operations: Vec<sandboxed::Operation>) -> Vec<String> {
    let at = sandboxed::Moment {
        session: 1,
        time: "3 May".into(),
    };
    let results = bank.apply(&at, &operations).expect("a bank that answers");
    let written = results
        .into_iter()
        .map(|id| id.expect("an operation that makes sense"));
    written.collect()
}

fn apply_native(bank: &mut Flat, operations: Vec<native::Operation>) -> Vec<String> {
    let at = native::Moment {
        session: 1,
        time: "3 May".into(),
    };
    let results = bank.apply(at, operations);
    let written = results
        .into_iter()
        .map(|id| id.expect("an operation that makes sense"));
    written.collect()
}

subject!(
    Bank,
    sandboxed,
    memloom_runtime::types,
    apply_sandboxed,
    Bank::retrieve
);
subject!(
    Flat,
    native,
    memloom_sdk::bank,
    apply_native,
    <Flat as memloom_sdk::Bank>::retrieve
);
