//! Environments in Python and JavaScript.

use std::path::Path;
use std::time::{Duration, Instant};

use criterion::Criterion;
use memloom_runtime::{Environment, Limits, Sandbox};

use crate::banks::components;

/// Measures forks in the middle of an episode, alone and with their first call.
pub fn languages(criterion: &mut Criterion) {
    for (language, name) in [("python", "errands"), ("javascript", "ledger")] {
        let path = components().join(format!("{name}.wasm"));
        if !path.exists() {
            println!("{language} left out: `cargo xtask guests --all` builds {name}.wasm");
            continue;
        }
        let mut parent = amid(&path);
        let mut group = criterion.benchmark_group(language);
        group.sample_size(20);
        group.bench_function("fork", |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| fork(&mut parent)).sum());
        });
        group.bench_function("fork-and-call", |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| fork_and_call(&mut parent)).sum());
        });
    }
}

/// Returns an environment after the first sessions of an episode.
fn amid(path: &Path) -> Environment {
    let sandbox = Sandbox::new(Limits::default()).expect("a sandbox");
    let component = sandbox.environment(path).expect("an environment");
    let mut environment = component.instantiate().expect("an instance");
    environment.load(&[], "{}").expect("options");
    environment.open("train", 0, 8).expect("an episode");
    for session in 1..=4 {
        environment.session(session).expect("a session");
    }
    environment
}

fn fork(parent: &mut Environment) -> Duration {
    let start = Instant::now();
    let fork = parent.fork().expect("a fork");
    let took = start.elapsed();
    drop(fork);
    took
}

/// The call makes a session's turns and copies what pages it writes to.
fn fork_and_call(parent: &mut Environment) -> Duration {
    let start = Instant::now();
    let mut fork = parent.fork().expect("a fork");
    fork.session(5).expect("a session");
    start.elapsed()
}
