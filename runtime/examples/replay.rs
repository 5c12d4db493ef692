//! Records an episode, and replays it from its trace without a model.
//!
//!     cargo xtask guests
//!     cargo run --release -p memloom-runtime --example replay
//!
//! Components are deterministic, so every call, state and reward of the replay must be the same,
//! byte for byte.

use std::path::Path;

use memloom_runtime::{DemonstrationModel, EpisodeSetup, Error, Program, SetupFiles, Trace};

fn main() -> Result<(), Error> {
    let stage = EpisodeSetup::from_files(SetupFiles {
        bank: Path::new("target/components/flat.wasm"),
        environment: Path::new("target/components/chronicle.wasm"),
        policy: Path::new("target/components/selector.wasm"),
        data: &[],
    })?
    .load()?;
    let program = Program {
        split: "train",
        index: 0,
        horizon: 3,
        demonstrator: Some(("expert", 1)),
        from: None,
        embedder: None,
    };
    let (trace, result) = stage.record(&program, Box::new(DemonstrationModel), &mut |_, _| Ok(()));
    result?;
    let path = std::env::temp_dir().join(format!("episode-{}.trace", std::process::id()));
    trace.write(&path)?;
    let read = Trace::read(&path);
    std::fs::remove_file(&path).ok();
    let replay = read?.replay(&stage, None)?;
    match replay.difference {
        None => println!(
            "{} events, {} states and {} scores are as recorded; total reward {}",
            replay.events, replay.states, replay.scores, replay.reward
        ),
        Some(difference) => println!("event {} differs: {difference:?}", difference.event),
    }
    Ok(())
}
