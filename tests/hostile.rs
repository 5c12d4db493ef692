//! Guests that mean harm, and what the host says to them.

mod calls;
mod guest;
mod made;

use std::fmt;
use std::time::Instant;

use memloom_runtime::{Error, Limits, Pace, Sandbox};
use serde::Serialize;

use self::guest::Guest;
pub use self::guest::complete;
use crate::memory::resident_kib;

/// What became of a hostile guest.
#[derive(Serialize)]
pub struct Outcome {
    /// Its name.
    pub name: String,
    /// What it tried.
    pub tries: String,
    /// What the host said; empty where there was nothing to say.
    pub error: String,
    /// What it should have said.
    pub expected: String,
    /// Whether an honest episode on the same engine went as ever afterwards.
    pub honest_after: bool,
    /// Wall time from loading to the error, in milliseconds.
    pub milliseconds: f64,
    /// Resident memory before, in KiB.
    pub before_kib: u64,
    /// Resident memory once the guest was dropped, in KiB.
    pub after_kib: u64,
}

impl Outcome {
    /// Whether the host said what it should, and nothing was left behind.
    pub fn contained(&self) -> bool {
        self.error == self.expected && self.honest_after
    }
}

/// A line of the table, and the error on the next.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = if self.error.is_empty() {
            "-"
        } else {
            &self.error
        };
        write!(
            f,
            "{:<30} {:>8.1} ms {:>8} -> {:>8} KiB  {}\n    {error}",
            self.name,
            self.milliseconds,
            self.before_kib,
            self.after_kib,
            if self.contained() {
                "contained"
            } else {
                "LOOSE"
            },
        )
    }
}

/// Limits under which hostile guests run: the defaults, but a hundredth of the
/// fuel, so that what does not end does so in a tenth of a second.
pub fn limits() -> Limits {
    Limits {
        fuel: 200_000_000,
        ..Limits::default()
    }
}

/// Has every hostile guest try what it tries, one after the other.
///
/// # Panics
/// Where the guests of `cargo xtask guests` are not built.
pub fn run() -> Vec<Outcome> {
    let fuelled = Sandbox::new(limits()).expect("a sandbox");
    let timed = Limits {
        pace: Pace::Time,
        call_ms: 300,
        ..limits()
    };
    let timed = Sandbox::new(timed).expect("a sandbox");
    let mut outcomes = Vec::new();
    for guest in guests() {
        let (sandbox, name) = match guest.name.strip_suffix("-by-the-clock") {
            Some(_) => (&timed, &guest.name),
            None => (&fuelled, &guest.name),
        };
        let expected = guest.error.clone().unwrap_or_default();
        let attack = || guest.attack(sandbox);
        outcomes.push(outcome(sandbox, name, &guest.tries, expected, attack));
    }
    for case in made::CASES {
        let attack = || said((case.attack)(&fuelled));
        outcomes.push(outcome(
            &fuelled,
            case.name,
            case.tries,
            case.error.into(),
            attack,
        ));
    }
    outcomes
}

/// Those of the files, by name.
fn guests() -> Vec<Guest> {
    let folder = crate::root().join("tests/hostile");
    let files = std::fs::read_dir(folder).expect("tests/hostile");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "wat"));
    paths.sort();
    paths.iter().map(|path| Guest::read(path)).collect()
}

fn outcome(
    sandbox: &Sandbox,
    name: &str,
    tries: &str,
    expected: String,
    attack: impl FnOnce() -> String,
) -> Outcome {
    let usual = calls::honest(sandbox).expect("an honest episode");
    let before_kib = resident_kib();
    let began = Instant::now();
    let error = attack();
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    let after_kib = resident_kib();
    Outcome {
        name: name.to_owned(),
        tries: tries.to_owned(),
        error,
        expected,
        honest_after: calls::honest(sandbox).is_ok_and(|now| now == usual),
        milliseconds,
        before_kib,
        after_kib,
    }
}

/// The error's message, empty where there is none, without the place in the
/// guest's code, which is another for every version of every tool.
fn said(result: Result<(), Error>) -> String {
    let Err(error) = result else {
        return String::new();
    };
    let message = error.to_string();
    let place = message.find("error while executing at wasm backtrace:");
    match (place, message.find("wasm trap: ")) {
        (Some(place), Some(trap)) => message[..place].to_owned() + &message[trap..],
        _ => message,
    }
}
