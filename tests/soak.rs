//! A soak: a bank is forked, worked on and dropped many times, to see that memory stays flat.

use memloom_runtime::types::{Moment, Operation, Query};
use memloom_runtime::{
    AgentParts, Bank, DemonstrationModel, Episode, Error, Event, Limits, Sandbox,
};
use serde::Serialize;

use crate::component;
use crate::memory::resident_kib;

/// The result of a soak.
#[derive(Clone, Debug, Serialize)]
pub struct Soak {
    /// Forks that were made and dropped.
    pub cycles: u32,
    /// Episodes whose bank operations were applied.
    pub episodes: u64,
    /// Calls into banks.
    pub calls: u64,
    /// Wall time, in seconds.
    pub seconds: f64,
    /// Resident memory after the first tenth, in KiB.
    pub first_kib: u64,
    /// Least resident memory after that, in KiB.
    pub least_kib: u64,
    /// Most resident memory after that, in KiB.
    pub most_kib: u64,
}

impl Soak {
    /// Returns the largest relative deviation of memory from its value after the first tenth.
    pub fn drift(&self) -> f64 {
        let first = self.first_kib as f64;
        (self.most_kib as f64 - first).max(first - self.least_kib as f64) / first
    }
}

/// A call of a policy into its bank.
enum Call {
    Apply(Moment, Vec<Operation>),
    Retrieve(Query),
}

/// Forks a bank `cycles` times, and applies the operations of `episodes` to each fork.
///
/// # Errors
/// Fails if a call into a component fails.
///
/// # Panics
/// Panics if the guests of `cargo xtask guests` are not built.
pub fn run(cycles: u32, episodes: u32, mut progress: impl FnMut(&Soak)) -> Result<Soak, Error> {
    let began = std::time::Instant::now();
    let sandbox = Sandbox::new(Limits::default())?;
    let calls = episode(&sandbox)?;
    let mut start = sandbox.bank(component("flat"))?.instantiate()?;
    live(&mut start, &calls)?;
    let mut soak = Soak {
        cycles: 0,
        episodes: 0,
        calls: 0,
        seconds: 0.0,
        first_kib: 0,
        least_kib: u64::MAX,
        most_kib: 0,
    };
    let before = start.snapshot()?;
    for cycle in 1..=cycles {
        let mut fork = start.fork()?;
        for _ in 0..episodes {
            live(&mut fork, &calls)?;
            fork.restore(&before)?;
        }
        drop(fork);
        soak.cycles = cycle;
        soak.episodes += u64::from(episodes);
        soak.calls += u64::from(episodes) * calls.len() as u64;
        soak.seconds = began.elapsed().as_secs_f64();
        if cycle % (cycles / 100).max(1) == 0 {
            let now = resident_kib();
            if cycle <= cycles / 10 {
                soak.first_kib = now;
            } else {
                soak.least_kib = soak.least_kib.min(now);
                soak.most_kib = soak.most_kib.max(now);
            }
            progress(&soak);
        }
    }
    Ok(soak)
}

fn live(bank: &mut Bank, calls: &[Call]) -> Result<(), Error> {
    for call in calls {
        match call {
            Call::Apply(at, operations) => drop(bank.apply(at, operations)?),
            Call::Retrieve(query) => drop(bank.retrieve(query)?),
        }
    }
    Ok(())
}

/// Returns the calls of a policy into its bank over an episode of six sessions.
fn episode(sandbox: &Sandbox) -> Result<Vec<Call>, Error> {
    let mut environment = sandbox.environment(component("chronicle"))?.instantiate()?;
    environment.load(&[], "{}")?;
    let sessions = environment.open("train", 0, 6)?.sessions;
    let parts = AgentParts {
        bank: sandbox.bank(component("flat"))?,
        policy: sandbox.policy(component("selector"))?,
        policy_options: "{}".into(),
        lexicon: environment.describe()?.lexicon,
    };
    let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
    episode.record();
    for session in 1..=sessions {
        episode.observe(session, Some(("demonstrator", 1)))?;
    }
    for question in episode.questions()? {
        episode.answer(&question)?;
    }
    let call = |event| match event {
        Event::Apply { at, operations, .. } => Some(Call::Apply(at, operations)),
        Event::Retrieve { query, .. } => Some(Call::Retrieve(query)),
        _ => None,
    };
    Ok(episode.take_events().into_iter().filter_map(call).collect())
}
