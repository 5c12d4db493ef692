#![allow(clippy::unwrap_used, reason = "tests")]

use crate::bank::Bank;
use crate::bank::BankComponent;
use crate::error::Error;
use crate::limits::Limits;
use crate::load::Sandbox;
use crate::testing::{self, TestComponent};
use crate::types::Moment;

fn load(component: &TestComponent, limits: Limits) -> BankComponent {
    let sandbox = Sandbox::new(limits).unwrap();
    sandbox.bank_from_bytes("flat", &component.build()).unwrap()
}

/// Returns a bank whose `end-session` has this body.
fn ending(body: &str) -> TestComponent {
    testing::bank().with("end-session", body)
}

fn end(bank: &mut Bank) -> Result<(), Error> {
    bank.end_session(&Moment {
        session: 1,
        time: String::new(),
    })
}

fn state(bank: &mut Bank) -> u32 {
    u32::from_le_bytes(bank.snapshot().unwrap().try_into().unwrap())
}

/// Returns the component in two forms: one forks by memory, one through exports.
fn both(component: &TestComponent) -> [BankComponent; 2] {
    let copying = load(component, Limits::default());
    assert!(copying.component.forks_by_memory());
    let exporting = load(&component.clone().with_a_table(), Limits::default());
    assert!(!exporting.component.forks_by_memory());
    [copying, exporting]
}

#[test]
fn forks_change_on_their_own_and_outlive_their_parent() {
    for component in both(&testing::bank()) {
        let mut parent = component.instantiate().unwrap();
        end(&mut parent).unwrap();
        let mut first = parent.fork().unwrap();
        end(&mut first).unwrap();
        let mut second = first.fork().unwrap();
        end(&mut parent).unwrap();
        end(&mut parent).unwrap();
        assert_eq!(state(&mut parent), 3 * 256);
        drop(parent);
        assert_eq!(state(&mut first), 2 * 256);
        drop(first);
        end(&mut second).unwrap();
        assert_eq!(state(&mut second), 3 * 256);
        assert_eq!(state(&mut component.instantiate().unwrap()), 0);
    }
}

#[test]
fn an_environment_forks_with_what_it_has_read() {
    let get_session = "(if (i32.eqz (i32.load (i32.const 3000))) (then unreachable))
         (i32.store (i32.const 2048) (i32.const 0))
         (i32.store (i32.const 2052) (i32.const 0))
         (i32.store (i32.const 2056) (local.get 0))
         (i32.const 2048)";
    // The loaded data is not part of the snapshot.
    let copying = testing::environment()
        .with(
            "load",
            "(i32.store (i32.const 3000) (i32.const 1)) (i32.const 64)",
        )
        .with("get-session", get_session);
    for (test_component, copies) in [(copying.clone(), true), (copying.with_a_table(), false)] {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let component = sandbox.environment_from_bytes("some", &test_component.build());
        let component = component.unwrap();
        assert_eq!(component.0.forks_by_memory(), copies);
        let mut parent = component.instantiate().unwrap();
        parent.load(&[], "{}").unwrap();
        let mut fork = parent.fork().unwrap();
        fork.session(1).unwrap();
        fork.fork().unwrap().session(2).unwrap();
        let mut new = component.instantiate().unwrap().fork().unwrap();
        assert!(new.session(1).is_err());
    }
}

#[test]
fn forks_share_a_state_across_threads() {
    for component in both(&testing::bank()) {
        let mut parent = component.instantiate().unwrap();
        end(&mut parent).unwrap();
        let forks: Vec<Bank> = (0..8).map(|_| parent.fork().unwrap()).collect();
        let threads = forks.into_iter().map(|mut fork| {
            std::thread::spawn(move || {
                end(&mut fork).unwrap();
                state(&mut fork)
            })
        });
        let threads: Vec<_> = threads.collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), 2 * 256);
        }
        assert_eq!(state(&mut parent), 256);
    }
}

/// Grows the memory by a page, and writes its size into the state and its
/// state into the new page; traps if the new page is not zero.
const GROW: &str = "(local $end i32)
    (local.set $end (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))
    (if (i32.load (local.get $end)) (then unreachable))
    (i32.store (local.get $end) (i32.const 7))
    (i32.store (i32.const 1024) (memory.size))";

#[test]
fn a_memory_that_grew_is_as_long_in_forks_and_short_again_in_new_instances() {
    let component = load(&ending(GROW), Limits::default());
    let mut parent = component.instantiate().unwrap();
    for round in 0..3 {
        end(&mut parent).unwrap();
        let mut fork = parent.fork().unwrap();
        end(&mut fork).unwrap();
        assert_eq!(state(&mut fork), 4 + round);
        assert_eq!(state(&mut parent), 3 + round);
        drop(fork);
        let mut new = component.instantiate().unwrap();
        assert_eq!(state(&mut new), 0);
        end(&mut new).unwrap();
        assert_eq!(state(&mut new), 3);
    }
}

#[test]
fn nothing_is_left_of_an_instance_in_the_next_in_its_slot() {
    // Counts the bytes of a page that are not zero, then fills it. The options take the first ones.
    let body = "(local $at i32) (local $found i32)
        (local.set $at (i32.const 65544))
        (loop
            (local.set $found (i32.add (local.get $found)
                (i32.ne (i32.load8_u (local.get $at)) (i32.const 0))))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $at) (i32.const 131072))))
        (memory.fill (i32.const 65536) (i32.const 170) (i32.const 65536))
        (i32.store (i32.const 1024) (local.get $found))";
    let component = load(&ending(body), Limits::default());
    for _ in 0..10 {
        let mut bank = component.instantiate().unwrap();
        end(&mut bank).unwrap();
        assert_eq!(state(&mut bank), 0);
    }
}

#[test]
fn a_slot_with_an_interrupted_call_is_not_used_again() {
    for body in ["unreachable", "(loop (br 0))"] {
        let limits = Limits {
            fuel: 100_000,
            ..Limits::default()
        };
        let component = load(&ending(body), limits);
        let mut bank = component.instantiate().unwrap();
        end(&mut bank).unwrap_err();
        let refused = bank.fork().err().unwrap().to_string();
        assert!(refused.contains("stopped in end-session and is unusable"));
        let idle = || component.component.idle().len();
        let before = idle();
        drop(bank);
        assert_eq!(idle(), before);
        assert_eq!(state(&mut component.instantiate().unwrap()), 0);
    }
}

#[test]
fn a_fork_has_the_rest_of_its_parents_limits() {
    let limits = Limits {
        memory_bytes: 4 * 65536,
        ..Limits::default()
    };
    let component = load(&ending(GROW), limits);
    let mut parent = component.instantiate().unwrap();
    end(&mut parent).unwrap();
    let mut fork = parent.fork().unwrap();
    end(&mut fork).unwrap();
    let why = end(&mut fork).unwrap_err().to_string();
    assert!(why.contains("memory_bytes"), "{why}");
    end(&mut parent).unwrap();
}

#[test]
fn a_component_that_grows_while_it_starts_forks_through_its_exports() {
    let start = "(start $grow) (func $grow (drop (memory.grow (i32.const 1))))";
    let component = load(&testing::bank().item(start), Limits::default());
    assert!(!component.component.forks_by_memory());
    let mut parent = component.instantiate().unwrap();
    end(&mut parent).unwrap();
    assert_eq!(state(&mut parent.fork().unwrap()), 256);
}

#[test]
fn a_pool_keeps_no_more_slots_than_its_capacity() {
    let component = load(&testing::bank(), Limits::default());
    let many: Vec<Bank> = (0..crate::instance::slot_pool::CAPACITY + 10)
        .map(|_| component.instantiate().unwrap())
        .collect();
    drop(many);
    assert_eq!(
        component.component.idle().len(),
        crate::instance::slot_pool::CAPACITY
    );
}
