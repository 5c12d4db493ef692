//! Checks of state for every kind: the same calls lead to the same state, and a
//! restored or forked state continues like the original.

use super::generators::RandomStream;
use super::report::{Fault, Suite};
use crate::error::Error;

/// An instance that can be copied and driven by random calls.
pub(crate) trait Subject: Sized {
    /// The source of random calls. A clone makes the same calls.
    type Driver: Clone;

    /// Makes a call and returns its outcome as text.
    fn call(&mut self, driver: &mut Self::Driver) -> Result<String, Error>;
    /// Returns the state as the component exports it.
    fn snapshot(&mut self) -> Result<Vec<u8>, Error>;
    /// Restores a state.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error>;
    /// Returns a new instance.
    fn fresh(&mut self) -> Result<Self, Error>;
    /// Returns a fork.
    fn fork(&mut self) -> Result<Self, Error>;
}

/// The number of calls between two comparisons of the state.
const CALLS: usize = 12;
/// The number of comparisons.
const ROUNDS: usize = 6;

/// Runs the checks of state. `start` makes a subject and its driver.
pub(crate) fn run<S: Subject>(
    suite: &mut Suite,
    mut start: impl FnMut() -> Result<(S, S::Driver), Fault>,
) {
    let seed = suite.seed();
    suite.check(
        "determinism",
        "the same calls give the same bytes twice",
        || same(&history(&mut start)?, &history(&mut start)?),
    );
    suite.check(
        "state",
        "restored and forked instances continue alike",
        || copies(&mut start),
    );
    suite.check(
        "bad-snapshots",
        "damaged ones are refused and change nothing",
        || {
            let (mut subject, mut driver) = start()?;
            for round in 0..ROUNDS {
                run_on(&mut subject, &mut driver, CALLS)?;
                restore_garbage(
                    &mut subject,
                    &mut RandomStream::new(seed, &format!("garbage {round}")),
                )?;
            }
            Ok(())
        },
    );
}

/// Returns the outcomes of all calls and the states of a run.
fn history<S: Subject>(
    start: &mut impl FnMut() -> Result<(S, S::Driver), Fault>,
) -> Result<Vec<String>, Fault> {
    let (mut subject, mut driver) = start()?;
    let mut outcomes = Vec::new();
    for _ in 0..ROUNDS {
        outcomes.extend(run_on(&mut subject, &mut driver, CALLS)?);
        outcomes.push(format!("snapshot: {:?}", subject.snapshot()?));
    }
    Ok(outcomes)
}

/// Makes random calls and returns their outcomes.
fn run_on<S: Subject>(
    subject: &mut S,
    driver: &mut S::Driver,
    calls: usize,
) -> Result<Vec<String>, Fault> {
    (0..calls)
        .map(|_| subject.call(driver).map_err(Fault::from))
        .collect()
}

/// Requires that two runs had the same outcomes.
fn same(one: &[String], other: &[String]) -> Result<(), Fault> {
    match one.iter().zip(other).position(|(one, other)| one != other) {
        None if one.len() == other.len() => Ok(()),
        index => {
            let index = index.unwrap_or(one.len().min(other.len()));
            let at = |run: &[String]| run.get(index).cloned().unwrap_or_default();
            Err(difference(
                format!("call {index} of two runs"),
                &at(one),
                &at(other),
                "keep addresses, hash order and build-time randomness out of results",
            ))
        }
    }
}

/// Returns a fault that shows the first difference of two texts.
fn difference(at: String, one: &str, other: &str, advice: &str) -> Fault {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let from = common.count().saturating_sub(20);
    let part = |text: &str| text.chars().skip(from).take(60).collect::<String>();
    let what = format!("…{} became …{}", part(one), part(other));
    Fault::new(at, what, advice)
}

const COPY: &str = "put everything that later calls depend on into `snapshot`, and read it back";

/// Requires that restored and forked instances behave like the original.
fn copies<S: Subject>(
    start: &mut impl FnMut() -> Result<(S, S::Driver), Fault>,
) -> Result<(), Fault> {
    let (mut subject, mut driver) = start()?;
    for round in 0..ROUNDS {
        run_on(&mut subject, &mut driver, CALLS)?;
        let state = subject.snapshot()?;
        let mut restored = subject.fresh()?;
        restored.restore(&state)?;
        let mut fork = subject.fork()?;
        let mut kept = subject.fork()?;
        for (copy, name) in [
            (&mut subject, "snapshot"),
            (&mut restored, "restore"),
            (&mut fork, "fork"),
        ] {
            equal(name, "at once", &state, &copy.snapshot()?)?;
        }
        let expected = run_on(&mut subject, &mut driver.clone(), CALLS)?;
        let after = subject.snapshot()?;
        for (copy, name) in [(&mut restored, "restore"), (&mut fork, "fork")] {
            let outcomes = run_on(copy, &mut driver.clone(), CALLS)?;
            same(&expected, &outcomes).map_err(|fault| Fault {
                at: format!("{name}, then {}", fault.at),
                advice: COPY.into(),
                ..fault
            })?;
            equal(name, "after the same calls", &after, &copy.snapshot()?)?;
        }
        // Later calls of the others must not change it.
        equal("fork", "while others changed", &state, &kept.snapshot()?)?;
        // A restored state replaces a later one.
        subject.restore(&state)?;
        equal(
            "restore",
            "in place of a later state",
            &state,
            &subject.snapshot()?,
        )?;
        if round % 2 == 0 {
            subject = kept;
        }
    }
    Ok(())
}

/// Requires that two states are equal.
fn equal(function: &str, when: &str, wanted: &[u8], found: &[u8]) -> Result<(), Fault> {
    if wanted == found {
        return Ok(());
    }
    let (wanted, found) = (
        String::from_utf8_lossy(wanted),
        String::from_utf8_lossy(found),
    );
    let at = format!("snapshot {when} ({function})");
    Err(difference(at, &wanted, &found, COPY))
}

/// Restores bytes that are no snapshot, and damaged snapshots.
fn restore_garbage<S: Subject>(subject: &mut S, random: &mut RandomStream) -> Result<(), Fault> {
    let good = subject.snapshot()?;
    let mut invalid = vec![Vec::new(), b"{}".to_vec(), b"null".to_vec(), vec![0xff; 64]];
    for length in [1, 7, 200] {
        invalid.push((0..length).map(|_| random.bits() as u8).collect());
    }
    for cut in [good.len() / 2, good.len().saturating_sub(1)] {
        invalid.push(good[..cut].to_vec());
    }
    for bytes in invalid.into_iter().filter(|bytes| *bytes != good) {
        let at = format!(
            "restore of {} bytes, {}",
            bytes.len(),
            super::generators::excerpt(&String::from_utf8_lossy(&bytes))
        );
        super::report::survived(at.clone(), subject.restore(&bytes))?;
        if subject.snapshot()? != good {
            let advice = "check a header and the whole length, and change nothing on error";
            return Err(Fault::new(at, "changed the state", advice));
        }
    }
    for _ in 0..16.min(good.len()) {
        let mut bytes = good.clone();
        let index = random.below(bytes.len());
        bytes[index] ^= 1 << random.below(8);
        let at = format!("restore of a snapshot with byte {index} changed");
        let accepted = super::report::survived(at.clone(), subject.restore(&bytes))?.is_some();
        if !accepted && subject.snapshot()? != good {
            return Err(Fault::new(
                at,
                "was refused and changed the state",
                "check before changing",
            ));
        }
        subject.restore(&good)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_of_two_runs_is_found() {
        let run = |last: &str| vec!["one".to_owned(), format!("two {last}")];
        assert!(same(&run("a"), &run("a")).is_ok());
        let fault = same(&run("a"), &run("b")).expect_err("they differ");
        assert_eq!(fault.at, "call 1 of two runs");
        assert_eq!(fault.what, "…two a became …two b");
        assert!(same(&run("a"), &run("a")[..1]).is_err());
    }
}
