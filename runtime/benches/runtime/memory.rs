//! Memory of many forks.

use criterion::Criterion;
use memloom_runtime::Bank;

use crate::banks;

/// Prints the memory of a thousand forks of a bank of 10 000 entries, each after ten
/// operations.
pub fn memory(_: &mut Criterion) {
    const ENTRIES: u32 = 10_000;
    let mut bank = banks::filled(&banks::flat(), ENTRIES);
    match of_a_thousand_forks(&mut bank, ENTRIES) {
        Some(bytes) => println!("live-1000-forks {} KiB", bytes / 1024),
        None => println!("live-1000-forks: this system does not say how much memory that takes"),
    }
}

/// Returns the bytes of all pages, shared ones counted once, and of the page tables. None
/// where the system does not report them.
fn of_a_thousand_forks(bank: &mut Bank, entries: u32) -> Option<u64> {
    drop(bank.fork().expect("a fork"));
    let before = in_use()?;
    let forks: Vec<Bank> = (0..1000)
        .map(|_| {
            let mut fork = bank.fork().expect("a fork");
            (1..=10).for_each(|number| banks::insert(&mut fork, entries + number));
            fork
        })
        .collect();
    let after = in_use()?;
    drop(forks);
    Some(after.saturating_sub(before))
}

fn in_use() -> Option<u64> {
    Some(
        kib("/proc/self/smaps_rollup", "Pss:")? * 1024 + kib("/proc/self/status", "VmPTE:")? * 1024,
    )
}

fn kib(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
