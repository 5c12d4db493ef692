//! Memory of dropped forks. This test measures its process, so it has a binary of its own: no other
//! test runs beside it.

#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_runtime::types::Moment;
use memloom_runtime::{Bank, Limits, Sandbox};
use memloom_tests::hostile::complete;
use memloom_tests::memory::anonymous_kib;

/// A bank that writes a MiB at the end of a session.
const BANK: &str = r#"(module
    (func (export "memloom:agent/bank@0.2.0#end-session") (param i32 i32 i32)
        (drop (memory.grow (i32.const 16)))
        (memory.fill (i32.const 131072) (i32.const 1) (i32.const 1048576))))"#;

const FORKS: u64 = 50;

fn end(bank: &mut Bank) {
    bank.end_session(&Moment {
        session: 1,
        time: String::new(),
    })
    .unwrap();
}

#[test]
fn memory_of_dropped_forks_is_returned() {
    let sandbox = Sandbox::new(Limits::default()).unwrap();
    let bytes = complete(BANK, "memory-bank");
    let component = sandbox.bank_from_bytes("writer", &bytes).unwrap();
    let mut parent = component.instantiate().unwrap();
    end(&mut parent);
    let mut round = || {
        let forks: Vec<Bank> = (0..FORKS)
            .map(|_| {
                let mut fork = parent.fork().unwrap();
                end(&mut fork);
                fork
            })
            .collect();
        let full = anonymous_kib();
        drop(forks);
        (full, anonymous_kib())
    };
    // The first round fills pools, which keep some memory.
    round();
    for _ in 0..3 {
        let (full, after) = round();
        let returned = full.saturating_sub(after);
        assert!(
            returned > FORKS * 1024 * 4 / 5,
            "{full} KiB with {FORKS} forks of a MiB each, {after} KiB without"
        );
    }
}
