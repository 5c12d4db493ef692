//! Forks an episode after its first session, and lets both forks go on differently.
//!
//!     cargo xtask guests
//!     cargo run --release -p memloom-runtime --example fork_an_episode
//!
//! A fork takes microseconds: it maps the memory of its components copy-on-write.

use std::time::Instant;

use memloom_runtime::{AgentParts, DemonstrationModel, Episode, Error, Limits, Sandbox};

fn main() -> Result<(), Error> {
    let sandbox = Sandbox::new(Limits::default())?;
    let mut environment = sandbox
        .environment("target/components/chronicle.wasm")?
        .instantiate()?;
    environment.load(&[], "{}")?;
    let parts = AgentParts {
        bank: sandbox.bank("target/components/flat.wasm")?,
        policy: sandbox.policy("target/components/selector.wasm")?,
        policy_options: "{}".into(),
        lexicon: environment.describe()?.lexicon,
    };
    let mut episode = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
    let sessions = episode.open("train", 0, 4)?.sessions;
    episode.observe(1, Some(("expert", 1)))?;

    let point = episode.fork_point()?;
    // The model of each fork repeats the demonstrations of another script.
    for script in ["everything", "nothing", "expert"] {
        let start = Instant::now();
        let mut fork = point.fork(Box::new(DemonstrationModel))?;
        let took = start.elapsed();
        for session in 2..=sessions {
            fork.observe(session, Some((script, 1)))?;
        }
        let mut reward = 0.0;
        let questions = fork.questions()?;
        for question in &questions {
            let answer = fork.answer(question)?;
            reward += fork.score(question, &answer)?.reward;
        }
        println!(
            "{script:<10}  forked in {took:?}, {} entries, reward {:.2}",
            fork.entries()?.len(),
            reward / questions.len() as f32
        );
    }
    println!(
        "the episode itself has {} entries",
        episode.entries()?.len()
    );
    Ok(())
}
