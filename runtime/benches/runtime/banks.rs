//! Banks of many entries.

use std::path::{Path, PathBuf};

use memloom_runtime::types::{Moment, Operation};
use memloom_runtime::{Bank, BankComponent, Limits, Sandbox};

/// The numbers of entries in the tables of results.
pub const SIZES: [u32; 4] = [100, 1_000, 10_000, 100_000];

/// The folder of components, which `cargo xtask guests` builds.
pub fn components() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/components")
}

/// Returns the bank `flat`.
///
/// # Panics
/// If it is not built.
pub fn flat() -> BankComponent {
    let path = components().join("flat.wasm");
    assert!(
        path.exists(),
        "{} is not there: run `cargo xtask guests` first",
        path.display()
    );
    let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
    sandbox.bank(path).expect("a bank")
}

fn apply(bank: &mut Bank, operations: &[Operation]) {
    let at = Moment {
        session: 1,
        time: "3 May".into(),
    };
    let results = bank.apply(&at, operations).expect("a bank that answers");
    for result in results {
        result.expect("an operation that makes sense");
    }
}

/// Returns one line, different for every seed.
pub fn fact(seed: u32) -> String {
    const VERBS: [&str; 5] = ["likes", "bought", "lost", "painted", "sold"];
    const THINGS: [&str; 7] = ["cats", "bread", "boats", "hats", "maps", "tea", "clocks"];
    let verb = VERBS[seed as usize % VERBS.len()];
    let thing = THINGS[seed as usize % THINGS.len()];
    format!("person{} {verb} {thing} number{seed} in May", seed % 997)
}

fn insertion(text: String) -> Operation {
    Operation::insert(text, "Ann", vec!["D1:1".into()])
}

/// Returns a bank with this many entries.
pub fn filled(component: &BankComponent, entries: u32) -> Bank {
    let mut bank = component.instantiate().expect("an instance");
    let seeds: Vec<u32> = (0..entries).collect();
    for some in seeds.chunks(10_000) {
        let operations: Vec<Operation> = some.iter().map(|&seed| insertion(fact(seed))).collect();
        apply(&mut bank, &operations);
    }
    bank
}

/// Inserts an entry.
pub fn insert(bank: &mut Bank, seed: u32) {
    write(bank, fact(seed));
}

/// Inserts the entry of this seed.
pub fn write(bank: &mut Bank, text: String) {
    apply(bank, &[insertion(text)]);
}

/// Runs a session that changes ten of this many entries.
pub fn change_ten(bank: &mut Bank, entries: u32, seed: u32) {
    let operations: Vec<Operation> = (0..10)
        .map(|number| {
            let id = format!("m{}", 1 + (seed * 10 + number) * 7919 % entries);
            Operation::update(id, fact(1_000_000 + seed + number), vec!["D2:1".into()])
        })
        .collect();
    apply(bank, &operations);
}
