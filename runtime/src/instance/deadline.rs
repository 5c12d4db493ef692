//! Time as a limit: a clock for each call, and the thread that has wasmtime look
//! at it.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use wasmtime::{Engine, StoreContextMut, UpdateDeadline};

use crate::instance::Tenant;
use crate::limits::{Exceeded, Limit};

/// How often running code is made to look at its clock, at most.
const TICK: Duration = Duration::from_millis(10);

/// The time of one call of the host into a component.
pub(crate) struct Clock {
    limit: Duration,
    since: Instant,
    waited: Duration,
}

impl Clock {
    pub(crate) fn new(limit_ms: u64) -> Self {
        Self {
            limit: Duration::from_millis(limit_ms),
            since: Instant::now(),
            waited: Duration::ZERO,
        }
    }

    /// Starts anew, and says for how many ticks nobody needs to look at it.
    pub(crate) fn start(&mut self) -> u64 {
        self.since = Instant::now();
        self.waited = Duration::ZERO;
        ticks(self.limit)
    }

    /// Does not count what has passed since then.
    pub(crate) fn wait(&mut self, began: Instant) {
        self.waited += began.elapsed();
    }

    fn left(&self) -> Option<Duration> {
        let spent = self.since.elapsed().saturating_sub(self.waited);
        self.limit.checked_sub(spent).filter(|left| !left.is_zero())
    }
}

/// The first of them may be about to end.
fn ticks(time: Duration) -> u64 {
    time.div_duration_f64(TICK) as u64 + 1
}

/// What wasmtime does when the ticks that were given to a call are over.
pub(crate) fn look<S>(caller: StoreContextMut<'_, Tenant<S>>) -> wasmtime::Result<UpdateDeadline> {
    match caller.data().clock.left() {
        Some(left) => Ok(UpdateDeadline::Continue(ticks(left))),
        None => Err(wasmtime::Error::new(Exceeded(Limit::Time))),
    }
}

/// Ticks until nobody has the engine any more.
pub(crate) fn tick(engine: &Engine) -> io::Result<JoinHandle<()>> {
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
        let thread = tick(&engine).unwrap();
        drop(engine);
        thread::sleep(3 * TICK);
        assert!(!thread.is_finished());
        drop(other);
        thread.join().unwrap();
    }

    #[test]
    fn what_is_waited_for_is_not_counted() {
        let mut clock = Clock::new(1000);
        clock.start();
        clock.since -= Duration::from_secs(5);
        assert!(clock.left().is_none());
        clock.wait(clock.since + Duration::from_millis(10));
        assert!(clock.left().is_some());
        clock.start();
        clock.since -= Duration::from_secs(2);
        assert!(clock.left().is_none());
    }
}
