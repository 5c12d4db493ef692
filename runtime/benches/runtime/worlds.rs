//! Actions in worlds of tasks.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use memloom_runtime::types::SessionContent;
use memloom_runtime::{Environment, Limits, Sandbox};

use crate::banks::components;

/// Measures an action of the expert, and what it sees, in each world.
pub fn worlds(criterion: &mut Criterion) {
    let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
    let mut group = criterion.benchmark_group("act");
    group.throughput(Throughput::Elements(1));
    for name in ["house", "office", "counsel"] {
        let path = components().join(format!("{name}.wasm"));
        let component = sandbox.environment(path).expect("an environment");
        let mut world = World {
            environment: component.instantiate().expect("an instance"),
            episode: 0,
            sessions: 0..0,
        };
        world.environment.load(&[], "{}").expect("options");
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| world.act(times));
        });
    }
}

/// An environment whose episodes are played one after another.
struct World {
    environment: Environment,
    episode: u64,
    /// Sessions of the open episode that are still to come.
    sessions: std::ops::Range<u32>,
}

impl World {
    /// Acts at least `times`, up to the end of a task, and returns the time of `times` actions.
    fn act(&mut self, times: u64) -> Duration {
        let (mut acts, mut took) = (0, Duration::ZERO);
        while acts < times {
            self.begin_task();
            loop {
                let advice = self.environment.advise("expert", 1).expect("advice");
                let start = Instant::now();
                let seen = self.environment.act(&advice).expect("an observation");
                took += start.elapsed();
                acts += 1;
                if seen.done {
                    break;
                }
            }
        }
        took.mul_f64(times as f64 / acts as f64)
    }

    fn begin_task(&mut self) {
        loop {
            let Some(session) = self.sessions.next() else {
                let opened = self.environment.open("train", self.episode, 0);
                self.sessions = 1..opened.expect("an episode").sessions + 1;
                self.episode += 1;
                continue;
            };
            let content = self.environment.session(session).expect("a session");
            if let SessionContent::Task(_) = content {
                return;
            }
        }
    }
}
