//! The banks of other kinds than `flat`: forks, and calls in the sandbox beside the same code compiled
//! into this program.

use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use memloom_runtime::types as sandboxed;
use memloom_runtime::{Limits, Sandbox};
use memloom_sdk::types as native;

use crate::banks::{components, fact};

const SIZES: [u32; 2] = [1_000, 10_000];
/// The number of insertions in one call, as for one chunk of a session.
const AT_ONCE: u32 = 10;
const QUESTION: &str = "what did person5 paint in May";

/// An operation of either side.
enum Write {
    Insert(String, Vec<(String, String)>),
    Update(String, String),
    Delete(String),
}

/// A bank on one of the two sides.
trait Subject {
    /// Applies operations in one call, and returns the ids.
    fn apply(&mut self, writes: Vec<Write>) -> Vec<String>;
    /// Returns the number of hits, at most ten.
    fn retrieve(&mut self) -> usize;
}

/// A kind of bank, and what is written into it.
struct Kind {
    name: &'static str,
    options: &'static str,
    /// Custom fields of an insertion.
    fields: &'static [(&'static str, &'static str)],
    /// True for a bank of one text, which is written anew each time.
    one_text: bool,
    native: fn() -> Box<dyn NativeBank>,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "page",
        options: "{}",
        fields: &[],
        one_text: true,
        native: || Box::<bank_page::Page>::default(),
    },
    Kind {
        name: "tray",
        options: "{}",
        fields: &[],
        one_text: false,
        native: || Box::<bank_tray::Tray>::default(),
    },
    Kind {
        name: "typed",
        options: "{}",
        fields: &[("type", "semantic")],
        one_text: false,
        native: || Box::<bank_typed::Typed>::default(),
    },
    Kind {
        name: "cases",
        options: r#"{"capacity":100000}"#,
        fields: &[("plan", "look, take, go")],
        one_text: false,
        native: || Box::<bank_cases::Cases>::default(),
    },
];

/// Measures forks, a call of writes and a search of each kind, by its number of entries. One text has
/// a tenth as many facts.
pub fn kinds(criterion: &mut Criterion) {
    for kind in &KINDS {
        let mut group = criterion.benchmark_group(kind.name);
        group.sample_size(20);
        for entries in SIZES {
            measure_kind(&mut group, kind, entries);
        }
    }
}

fn measure_kind(group: &mut BenchmarkGroup<'_, WallTime>, kind: &Kind, entries: u32) {
    let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
    let path = components().join(format!("{}.wasm", kind.name));
    let component = sandbox.bank(path).expect("a bank, by `cargo xtask guests`");
    let component = component.with_options(kind.options.to_owned());
    let mut bank = component.instantiate().expect("an instance");
    kind.fill(&mut bank, entries);
    group.bench_function(BenchmarkId::new("fork", entries), |bencher| {
        bencher.iter_custom(|times| {
            let mut one = || timed(|| bank.fork().expect("a fork")).1;
            (0..times).map(|_| one()).sum::<Duration>()
        });
    });
    group.bench_function(BenchmarkId::new("fork-and-write", entries), |bencher| {
        bencher.iter_custom(|times| {
            let mut one = |seed| {
                let writes = kind.writes(entries, seed, 1);
                let start = Instant::now();
                let mut fork = bank.fork().expect("a fork");
                Subject::apply(&mut fork, writes);
                start.elapsed()
            };
            (0..times as u32).map(&mut one).sum::<Duration>()
        });
    });
    measure_calls(group, kind, "wasm", &mut bank, entries);
    let mut native = (kind.native)();
    native.configure(kind.options).expect("the kind's options");
    kind.fill(&mut native, entries);
    measure_calls(group, kind, "native", &mut native, entries);
}

/// Measures a call of writes and a search on one side.
fn measure_calls(
    group: &mut BenchmarkGroup<'_, WallTime>,
    kind: &Kind,
    side: &str,
    subject: &mut impl Subject,
    entries: u32,
) {
    let mut seed = 0;
    group.bench_function(
        BenchmarkId::new(format!("write-{side}"), entries),
        |bencher| {
            bencher.iter_custom(|times| {
                let mut one = || {
                    seed += AT_ONCE;
                    let writes = kind.writes(entries, seed, AT_ONCE);
                    let (ids, took) = timed(|| subject.apply(writes));
                    if !kind.one_text {
                        subject.apply(ids.into_iter().map(Write::Delete).collect());
                    }
                    took
                };
                (0..times).map(|_| one()).sum::<Duration>()
            });
        },
    );
    let expected = if kind.one_text { 1 } else { 10 };
    assert_eq!(subject.retrieve(), expected, "{}", kind.name);
    group.bench_function(
        BenchmarkId::new(format!("retrieve-{side}"), entries),
        |bencher| bencher.iter(|| subject.retrieve()),
    );
}

impl Kind {
    /// Brings a new bank to its size.
    fn fill(&self, subject: &mut impl Subject, entries: u32) {
        let writes = match self.one_text {
            true => vec![Write::Insert(text(entries, 0), Vec::new())],
            false => (0..entries).map(|seed| self.insertion(seed)).collect(),
        };
        subject.apply(writes);
    }

    /// Returns `count` new entries for a bank of this size, or its one text anew.
    fn writes(&self, entries: u32, seed: u32, count: u32) -> Vec<Write> {
        match self.one_text {
            true => vec![Write::Update("p1".into(), text(entries, seed))],
            false => (0..count)
                .map(|number| self.insertion(entries + seed + number))
                .collect(),
        }
    }

    fn insertion(&self, seed: u32) -> Write {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| ((*name).into(), (*value).into()));
        Write::Insert(fact(seed), fields.collect())
    }
}

/// Returns a text that stands for so many entries.
fn text(entries: u32, seed: u32) -> String {
    let facts: Vec<String> = (0..entries / 10)
        .map(|number| fact(seed + number))
        .collect();
    facts.join("\n")
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

/// A bank as code of this program.
trait NativeBank: memloom_sdk::Bank {}

impl<B: memloom_sdk::Bank> NativeBank for B {}

/// The two sides' types have the same fields and are not the same types.
macro_rules! operation {
    ($types:ident, $write:expr) => {
        match $write {
            Write::Insert(text, fields) => {
                let insertion = $types::Insertion::new(text, "Ann", vec!["D1:1".into()]);
                $types::Operation::Insert($types::Insertion {
                    fields,
                    ..insertion
                })
            }
            Write::Update(id, text) => $types::Operation::update(id, text, vec!["D2:1".into()]),
            Write::Delete(id) => $types::Operation::Delete(id),
        }
    };
}

impl Subject for memloom_runtime::Bank {
    fn apply(&mut self, writes: Vec<Write>) -> Vec<String> {
        let at = sandboxed::Moment {
            session: 1,
            time: "3 May".into(),
        };
        let operations = writes.into_iter().map(|it| operation!(sandboxed, it));
        let operations: Vec<sandboxed::Operation> = operations.collect();
        let results = memloom_runtime::Bank::apply(self, &at, &operations).expect("an answer");
        let written = results.into_iter();
        written
            .map(|id| id.expect("a sensible operation"))
            .collect()
    }

    fn retrieve(&mut self) -> usize {
        let query = sandboxed::Query::new(QUESTION, 10);
        let hits = memloom_runtime::Bank::retrieve(self, &query);
        hits.expect("a sensible query").len()
    }
}

impl Subject for Box<dyn NativeBank> {
    fn apply(&mut self, writes: Vec<Write>) -> Vec<String> {
        let at = native::Moment {
            session: 1,
            time: "3 May".into(),
        };
        let operations = writes.into_iter().map(|it| operation!(native, it));
        let results = (**self).apply(at, operations.collect());
        let written = results.into_iter();
        written
            .map(|id| id.expect("a sensible operation"))
            .collect()
    }

    fn retrieve(&mut self) -> usize {
        let query = memloom_sdk::bank::Query::new(QUESTION, 10);
        let hits = (**self).retrieve(&query);
        hits.expect("a sensible query").len()
    }
}
