//! Hostile guests: components that try to harm the host, and the errors that contain them.

mod calls;
mod guest;
mod made;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use memloom_runtime::{Error, Limits, Pace, Sandbox};
use serde::Serialize;

use self::guest::Guest;
pub use self::guest::complete;
use crate::memory::resident_kib;

/// The outcome of a hostile guest.
#[derive(Serialize)]
pub struct Outcome {
    /// Name of the guest.
    pub name: String,
    /// The attempt, in words.
    pub tries: String,
    /// Error of the host; empty for none.
    pub error: String,
    /// Expected error of the host; empty for none.
    pub expected: String,
    /// True if an honest episode on the same engine went as usual afterwards.
    pub honest_after: bool,
    /// Wall time from loading to the error, in milliseconds.
    pub milliseconds: f64,
    /// Resident memory before the attack, in KiB.
    pub before_kib: u64,
    /// Resident memory after the guest was dropped, in KiB.
    pub after_kib: u64,
}

impl Outcome {
    /// Returns true if the host gave the expected error and honest episodes go on as usual.
    pub fn contained(&self) -> bool {
        self.error == self.expected && self.honest_after
    }
}

/// A line of the table, and the error on a second line.
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

/// Returns the limits of hostile guests: the defaults with a hundredth of the fuel, so that an
/// endless call is stopped after a tenth of a second.
pub fn limits() -> Limits {
    Limits {
        fuel: 200_000_000,
        ..Limits::default()
    }
}

/// A hostile guest, ready to run.
pub struct Attack {
    /// Name.
    pub name: String,
    tries: String,
    expected: String,
    sandbox: Arc<Sandbox>,
    run: Box<dyn Fn(&Sandbox) -> String + Send + Sync>,
}

/// Returns all hostile guests: those of the files by name, then those made in code.
///
/// # Panics
/// Panics if a file does not describe a guest.
pub fn attacks() -> Vec<Attack> {
    let fuelled = Arc::new(Sandbox::new(limits()).expect("a sandbox"));
    let timed = Limits {
        pace: Pace::Time,
        call_ms: 300,
        ..limits()
    };
    let timed = Arc::new(Sandbox::new(timed).expect("a sandbox"));
    let of_files = guests().into_iter().map(|guest| Attack {
        name: guest.name.clone(),
        tries: guest.tries.clone(),
        expected: guest.error.clone().unwrap_or_default(),
        sandbox: match guest.name.ends_with("-by-the-clock") {
            true => timed.clone(),
            false => fuelled.clone(),
        },
        run: Box::new(move |sandbox| guest.attack(sandbox)),
    });
    let made = made::CASES.iter().map(|case| Attack {
        name: case.name.into(),
        tries: case.tries.into(),
        expected: case.error.into(),
        sandbox: fuelled.clone(),
        run: Box::new(|sandbox| said((case.attack)(sandbox))),
    });
    of_files.chain(made).collect()
}

/// Reads the guests of the files, in order of name.
fn guests() -> Vec<Guest> {
    let folder = crate::root().join("tests/hostile");
    let files = std::fs::read_dir(folder).expect("tests/hostile");
    let mut paths: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "wat"));
    paths.sort();
    paths.iter().map(|path| Guest::read(path)).collect()
}

impl Attack {
    /// Runs the guest between two honest episodes on the same engine.
    ///
    /// # Panics
    /// Panics if the honest episode fails before the attack, for instance because the guests of
    /// `cargo xtask guests` are not built.
    pub fn run(&self) -> Outcome {
        let usual = calls::honest(&self.sandbox).expect("an honest episode");
        let before_kib = resident_kib();
        let start = Instant::now();
        let error = (self.run)(&self.sandbox);
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        let after_kib = resident_kib();
        Outcome {
            name: self.name.clone(),
            tries: self.tries.clone(),
            error,
            expected: self.expected.clone(),
            honest_after: calls::honest(&self.sandbox).is_ok_and(|now| now == usual),
            milliseconds,
            before_kib,
            after_kib,
        }
    }
}

/// Returns the error's message, empty for none, without the guest's backtrace, which depends on
/// the versions of the tools.
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
