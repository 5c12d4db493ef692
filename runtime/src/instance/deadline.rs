//! The time limit of a call: a clock for each call, and the thread that makes
//! wasmtime check it.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::Engine;

/// The shortest interval at which running code checks its clock.
const TICK: Duration = Duration::from_millis(10);

/// The time of one call of the host into a component.
pub(crate) struct Clock {
    limit: Duration,
    since: Instant,
    waited: Duration,
}

impl Clock {
    /// Returns a clock that allows so many milliseconds.
    pub(crate) fn new(limit_ms: u64) -> Self {
        Self {
            limit: Duration::from_millis(limit_ms),
            since: Instant::now(),
            waited: Duration::ZERO,
        }
    }

    /// Starts anew. Returns the ticks after which the clock must be checked.
    pub(crate) fn start(&mut self) -> u64 {
        self.since = Instant::now();
        self.waited = Duration::ZERO;
        ticks(self.limit)
    }

    /// Excludes the time since `began` from the call's.
    pub(crate) fn exclude_since(&mut self, began: Instant) {
        self.waited += began.elapsed();
    }

    /// Returns the ticks until the next check; none if the time is up.
    pub(crate) fn ticks_left(&self) -> Option<u64> {
        let spent = self.since.elapsed().saturating_sub(self.waited);
        let left = self.limit.checked_sub(spent)?;
        (!left.is_zero()).then(|| ticks(left))
    }
}

/// Returns the ticks that certainly cover a time: the first may be about to end.
fn ticks(time: Duration) -> u64 {
    time.div_duration_f64(TICK) as u64 + 1
}

/// Starts a thread that advances the engine's epoch until the engine is dropped.
pub(crate) fn start_ticking(engine: &Engine) -> io::Result<JoinHandle<()>> {
    let engine = engine.weak();
    let run = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    let named = thread::Builder::new().name("memloom-clock".into());
    named.spawn(run)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_thread_ends_with_the_engine() {
        let engine = Engine::default();
        let other = engine.clone();
        let thread = start_ticking(&engine).unwrap();
        drop(engine);
        thread::sleep(3 * TICK);
        assert!(!thread.is_finished());
        drop(other);
        thread.join().unwrap();
    }

    #[test]
    fn waiting_does_not_count() {
        let mut clock = Clock::new(1000);
        clock.start();
        clock.since -= Duration::from_secs(5);
        assert!(clock.ticks_left().is_none());
        clock.exclude_since(clock.since + Duration::from_millis(10));
        assert!(clock.ticks_left().is_some());
        clock.start();
        clock.since -= Duration::from_secs(2);
        assert!(clock.ticks_left().is_none());
    }
}
