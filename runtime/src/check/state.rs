//! What every kind must keep: the same calls lead to the same state, and a state
//! that is restored or forked goes on as the one that it was taken from.

use super::generators::Draw;
use super::report::{Fault, Suite};
use crate::error::Error;

/// Something that can be copied, and used at random.
pub(crate) trait Subject: Sized {
    /// What decides the next call. A copy makes the same calls.
    type Driver: Clone;

    /// Makes a call and tells what came of it.
    fn step(&mut self, driver: &mut Self::Driver) -> Result<String, Error>;
    /// Its state, as the component exports it.
    fn snapshot(&mut self) -> Result<Vec<u8>, Error>;
    /// Puts it into a state.
    fn restore(&mut self, state: &[u8]) -> Result<(), Error>;
    /// Another that is in no state yet.
    fn fresh(&mut self) -> Result<Self, Error>;
    /// Another in the same state, as the host forks.
    fn fork(&mut self) -> Result<Self, Error>;
}

/// Steps between two looks at the state, and how often it is looked at.
const STEPS: usize = 12;
const ROUNDS: usize = 6;

/// Runs the checks of this file. `start` makes a subject and its driver.
pub(crate) fn run<S: Subject>(
    suite: &mut Suite,
    seed: u64,
    mut start: impl FnMut() -> Result<(S, S::Driver), Fault>,
) {
    suite.check(
        "determinism",
        "the same calls give the same bytes twice",
        || same(&history(&mut start)?, &history(&mut start)?),
    );
    suite.check(
        "state",
        "restored and forked, it goes on as it would have",
        || copies(&mut start),
    );
    suite.check(
        "bad-snapshots",
        "damaged ones are refused and change nothing",
        || {
            let (mut subject, mut driver) = start()?;
            for round in 0..ROUNDS {
                run_on(&mut subject, &mut driver, STEPS)?;
                garbage(
                    &mut subject,
                    &mut Draw::new(seed, &format!("garbage {round}")),
                )?;
            }
            Ok(())
        },
    );
}

/// What a life of a subject looked like from outside.
fn history<S: Subject>(
    start: &mut impl FnMut() -> Result<(S, S::Driver), Fault>,
) -> Result<Vec<String>, Fault> {
    let (mut subject, mut driver) = start()?;
    let mut told = Vec::new();
    for _ in 0..ROUNDS {
        told.extend(run_on(&mut subject, &mut driver, STEPS)?);
        told.push(format!("snapshot: {:?}", subject.snapshot()?));
    }
    Ok(told)
}

fn run_on<S: Subject>(
    subject: &mut S,
    driver: &mut S::Driver,
    steps: usize,
) -> Result<Vec<String>, Fault> {
    (0..steps)
        .map(|_| subject.step(driver).map_err(Fault::from))
        .collect()
}

/// Whether two lives were alike.
fn same(one: &[String], other: &[String]) -> Result<(), Fault> {
    match one.iter().zip(other).position(|(one, other)| one != other) {
        None if one.len() == other.len() => Ok(()),
        place => {
            let place = place.unwrap_or(one.len().min(other.len()));
            let at = |life: &[String]| life.get(place).cloned().unwrap_or_default();
            Err(differ(
                format!("call {place} of two runs"),
                &at(one),
                &at(other),
                "let no address, hash order or build-time randomness reach a result",
            ))
        }
    }
}

/// A fault that shows where two texts part.
fn differ(at: String, one: &str, other: &str, advice: &str) -> Fault {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    let from = common.count().saturating_sub(20);
    let part = |text: &str| text.chars().skip(from).take(60).collect::<String>();
    let what = format!("…{} became …{}", part(one), part(other));
    Fault::new(at, what, advice)
}

const COPY: &str = "put all that later calls depend on into `snapshot`, and read it all back";

fn copies<S: Subject>(
    start: &mut impl FnMut() -> Result<(S, S::Driver), Fault>,
) -> Result<(), Fault> {
    let (mut subject, mut driver) = start()?;
    for round in 0..ROUNDS {
        run_on(&mut subject, &mut driver, STEPS)?;
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
        let expected = run_on(&mut subject, &mut driver.clone(), STEPS)?;
        let after = subject.snapshot()?;
        for (copy, name) in [(&mut restored, "restore"), (&mut fork, "fork")] {
            let told = run_on(copy, &mut driver.clone(), STEPS)?;
            same(&expected, &told).map_err(|fault| Fault {
                at: format!("{name}, then {}", fault.at),
                advice: COPY.into(),
                ..fault
            })?;
            equal(name, "after the same calls", &after, &copy.snapshot()?)?;
        }
        // What the others did since is not its own.
        equal("fork", "while others went on", &state, &kept.snapshot()?)?;
        // A restored state takes the place of another.
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

fn equal(function: &str, when: &str, wanted: &[u8], found: &[u8]) -> Result<(), Fault> {
    if wanted == found {
        return Ok(());
    }
    let (wanted, found) = (
        String::from_utf8_lossy(wanted),
        String::from_utf8_lossy(found),
    );
    let at = format!("snapshot {when} ({function})");
    Err(differ(at, &wanted, &found, COPY))
}

/// Restores what no snapshot is, and what was one before it was damaged.
fn garbage<S: Subject>(subject: &mut S, draw: &mut Draw) -> Result<(), Fault> {
    let good = subject.snapshot()?;
    let mut alien = vec![Vec::new(), b"{}".to_vec(), b"null".to_vec(), vec![0xff; 64]];
    for length in [1, 7, 200] {
        alien.push((0..length).map(|_| draw.bits() as u8).collect());
    }
    for cut in [good.len() / 2, good.len().saturating_sub(1)] {
        alien.push(good[..cut].to_vec());
    }
    for bytes in alien.into_iter().filter(|bytes| *bytes != good) {
        let at = format!(
            "restore of {} bytes, {}",
            bytes.len(),
            super::generators::shown(&String::from_utf8_lossy(&bytes))
        );
        super::report::survived(at.clone(), subject.restore(&bytes))?;
        if subject.snapshot()? != good {
            let advice = "check a header and the whole length, and change nothing on error";
            return Err(Fault::new(at, "changed the state", advice));
        }
    }
    for _ in 0..16.min(good.len()) {
        let mut bytes = good.clone();
        let place = draw.below(bytes.len());
        bytes[place] ^= 1 << draw.below(8);
        let at = format!("restore of a snapshot with byte {place} changed");
        let taken = super::report::survived(at.clone(), subject.restore(&bytes))?.is_some();
        if !taken && subject.snapshot()? != good {
            return Err(Fault::new(
                at,
                "was refused and changed the state",
                "check before you change",
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
    fn lives_that_part_are_told_apart_where_they_do() {
        let life = |last: &str| vec!["one".to_owned(), format!("two {last}")];
        assert!(same(&life("a"), &life("a")).is_ok());
        let fault = same(&life("a"), &life("b")).expect_err("they part");
        assert_eq!(fault.at, "call 1 of two runs");
        assert_eq!(fault.what, "…two a became …two b");
        assert!(same(&life("a"), &life("a")[..1]).is_err());
    }
}
