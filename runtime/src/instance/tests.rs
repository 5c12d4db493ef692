#![allow(clippy::unwrap_used, reason = "tests")]

use crate::bank::Bank;
use crate::limits::Limits;
use crate::limits::Pace;
use crate::load::Sandbox;
use crate::testing::{self, TestComponent};
use crate::types::{Level, Moment};

fn load(component: &TestComponent, limits: Limits) -> Bank {
    let sandbox = Sandbox::new(limits).unwrap();
    let component = sandbox.bank_from_bytes("flat", &component.build()).unwrap();
    component.instantiate().unwrap()
}

fn end(bank: &mut Bank) -> String {
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    bank.end_session(&at).unwrap_err().to_string()
}

fn ends_with(body: &str, limits: Limits) -> String {
    end(&mut load(
        &testing::bank().with("end-session", body),
        limits,
    ))
}

#[test]
fn a_loop_without_end_runs_out_of_fuel() {
    let limits = Limits {
        fuel: 100_000,
        ..Limits::default()
    };
    assert_eq!(
        ends_with("(loop (br 0))", limits),
        "flat: end-session exceeded its fuel limit (100000); \
         fix the component or raise `limits.fuel`"
    );
}

#[test]
fn every_call_has_the_full_fuel() {
    let limits = Limits {
        fuel: 10_000,
        ..Limits::default()
    };
    let body = "(local $i i32) (loop
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if 0 (i32.lt_u (local.get $i) (i32.const 1000))))";
    let mut bank = load(&testing::bank().with("end-session", body), limits);
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    for _ in 0..10 {
        bank.end_session(&at).unwrap();
    }
}

#[test]
fn memory_beyond_the_limit_ends_the_call() {
    assert_eq!(
        ends_with("(drop (memory.grow (i32.const 4095)))", Limits::default()),
        "flat: end-session exceeded its memory_bytes limit (268435456); \
         fix the component or raise `limits.memory_bytes`"
    );
}

#[test]
fn memory_up_to_the_limit_is_granted() {
    let body = "(if (i32.eq (memory.grow (i32.const 4094)) (i32.const -1)) (then unreachable))";
    let mut bank = load(
        &testing::bank().with("end-session", body),
        Limits::default(),
    );
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    bank.end_session(&at).unwrap();
}

#[test]
fn a_table_beyond_the_limit_ends_the_call() {
    let bank = testing::bank().item("(table $t 1 funcref)").with(
        "end-session",
        "(drop (table.grow $t (ref.null func) (i32.const 100000)))",
    );
    assert_eq!(
        end(&mut load(&bank, Limits::default())),
        "flat: end-session exceeded its table_elements limit (100000); \
         fix the component or raise `limits.table_elements`"
    );
}

#[test]
fn recursion_without_end_runs_out_of_stack() {
    let bank = testing::bank()
        .item("(func $deep (call $deep))")
        .with("end-session", "(call $deep)");
    assert_eq!(
        end(&mut load(&bank, Limits::default())),
        "flat: end-session exceeded its stack_bytes limit (524288); \
         fix the component or raise `limits.stack_bytes`"
    );
}

#[test]
fn a_result_beyond_the_limit_ends_the_call() {
    let limits = Limits {
        transfer_bytes: 1000,
        ..Limits::default()
    };
    let bank = testing::bank().with(
        "render",
        "(i32.store (i32.const 2052) (i32.const 4096))
         (i32.store (i32.const 2056) (i32.const 1001))
         (i32.const 2048)",
    );
    assert_eq!(
        load(&bank, limits).render(&[]).unwrap_err().to_string(),
        "flat: render exceeded its transfer_bytes limit (1000); \
         fix the component or raise `limits.transfer_bytes`"
    );
    let whole = load(&bank, Limits::default()).render(&[]).unwrap();
    assert_eq!(whole.len(), 1001);
}

#[test]
fn a_component_of_too_many_parts_is_refused() {
    let limits = Limits {
        instances: 0,
        ..Limits::default()
    };
    let sandbox = Sandbox::new(limits).unwrap();
    let refused = sandbox.bank_from_bytes("flat", &testing::bank().build());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "flat is a memory bank that cannot run here: \
         flat: instantiate exceeded its instances limit (0); \
         fix the component or raise `limits.instances`"
    );
}

#[test]
fn a_trap_names_component_and_function_and_ends_the_instance() {
    let mut bank = load(
        &testing::bank().with("end-session", "unreachable"),
        Limits::default(),
    );
    let why = end(&mut bank);
    assert!(why.starts_with("flat: end-session trapped: "), "{why}");
    assert!(why.contains("unreachable"), "{why}");
    assert_eq!(
        bank.stats().unwrap_err().to_string(),
        "flat: cannot call get-stats: this instance stopped in end-session and is unusable; \
         create a new one"
    );
}

#[test]
fn results_outside_of_memory_and_text_that_is_none_are_traps() {
    let far = "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const -4))
         (i32.store (i32.const 2056) (i32.const 100))
         (i32.const 2048)";
    let crooked = "(i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 3000))
         (i32.store (i32.const 2056) (i32.const 1))
         (i32.store8 (i32.const 3000) (i32.const 255))
         (i32.const 2048)";
    for body in [far, crooked, "(i32.const -2)"] {
        let mut bank = load(&testing::bank().with("render", body), Limits::default());
        let why = bank.render(&[]).unwrap_err().to_string();
        assert!(why.starts_with("flat: render trapped: "), "{why}");
    }
}

#[test]
fn log_lines_are_kept_up_to_the_limit_and_cut() {
    let limits = Limits {
        log_lines: 2,
        ..Limits::default()
    };
    let bank = testing::bank()
        .importing("log", "write", "(param i32 i32 i32)")
        .with(
            "end-session",
            "(memory.fill (i32.const 3000) (i32.const 97) (i32.const 1001))
             (call $write (i32.const 2) (i32.const 3000) (i32.const 1001))
             (call $write (i32.const 0) (i32.const 3000) (i32.const 2))
             (call $write (i32.const 0) (i32.const 3000) (i32.const 3))",
        );
    let mut bank = load(&bank, limits);
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    bank.end_session(&at).unwrap();
    let lines = bank.take_log();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0].text.len(), 1000);
    assert_eq!(
        (lines[0].level, &*lines[0].component),
        (Level::Warn, "flat")
    );
    assert_eq!((lines[1].level, &*lines[1].text), (Level::Debug, "aa"));
    bank.end_session(&at).unwrap();
    assert!(bank.take_log().is_empty());
}

#[test]
fn log_text_is_kept_up_to_the_limit() {
    let limits = Limits {
        log_bytes: 5,
        ..Limits::default()
    };
    let mut bank = load(&logging("3"), limits);
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    bank.end_session(&at).unwrap();
    bank.end_session(&at).unwrap();
    assert_eq!(bank.take_log().len(), 1);
}

/// Returns a bank that logs this many bytes when a session ends.
fn logging(bytes: &str) -> TestComponent {
    let body = format!("(call $write (i32.const 0) (i32.const 3000) (i32.const {bytes}))");
    testing::bank()
        .importing("log", "write", "(param i32 i32 i32)")
        .with("end-session", &body)
}

#[test]
fn calls_into_the_host_are_counted_and_weighed() {
    let flood = testing::bank()
        .importing("log", "write", "(param i32 i32 i32)")
        .with(
            "end-session",
            "(loop (call $write (i32.const 0) (i32.const 3000) (i32.const 1000)) (br 0))",
        );
    assert_eq!(
        end(&mut load(&flood, Limits::default())),
        "flat: end-session exceeded its host_calls limit (100000); \
         fix the component or raise `limits.host_calls`"
    );
    let limits = Limits {
        host_bytes: 10_000,
        ..Limits::default()
    };
    assert_eq!(
        end(&mut load(&flood, limits)),
        "flat: end-session exceeded its host_bytes limit (10000); \
         fix the component or raise `limits.host_bytes`"
    );
}

#[test]
fn time_ends_a_call_in_place_of_fuel() {
    let limits = Limits {
        pace: Pace::Time,
        fuel: 1,
        call_ms: 50,
        ..Limits::default()
    };
    assert_eq!(
        ends_with("(loop (br 0))", limits.clone()),
        "flat: end-session exceeded its call_ms limit (50); \
         fix the component or raise `limits.call_ms`"
    );
    let mut bank = load(&testing::bank(), limits);
    let at = Moment {
        session: 1,
        time: String::new(),
    };
    for _ in 0..10 {
        std::thread::sleep(std::time::Duration::from_millis(10));
        bank.end_session(&at).unwrap();
    }
}
