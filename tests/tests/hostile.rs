//! Hostile guests, one test each: the host gives one clear error, and the next honest episode on
//! the same engine goes as usual.

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use memloom_tests::hostile::{Attack, attacks};

/// Number of hostile guests. A guest that is lost from the folder must not go unnoticed.
const GUESTS: usize = 81;

fn main() {
    let mut arguments = Arguments::from_args();
    // Guests take memory up to their limits, and each outcome reports the memory around it.
    arguments.test_threads = Some(1);
    let attacks: Vec<Arc<Attack>> = attacks().into_iter().map(Arc::new).collect();
    let count = attacks.len();
    let mut trials = vec![Trial::test(
        "all_hostile_guests_are_there",
        move || match count {
            GUESTS => Ok(()),
            _ => Err(Failed::from(format!("{count} guests, not {GUESTS}"))),
        },
    )];
    trials.extend(attacks.into_iter().map(|attack| {
        let name = format!("{} is contained", attack.name).replace([' ', '-'], "_");
        Trial::test(name, move || contained(&attack))
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

fn contained(attack: &Attack) -> Result<(), Failed> {
    let outcome = attack.run();
    println!("{outcome}");
    match outcome.contained() {
        true => Ok(()),
        false => Err(format!("{outcome}\n    EXPECTED {}", outcome.expected).into()),
    }
}
