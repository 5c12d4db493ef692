//! Runs a fuzz target on stable Rust:
//!
//! ```sh
//! cargo run --release --manifest-path fuzz/Cargo.toml -- TARGET SECONDS [SEED]
//! ```

use anyhow::{Context, Result};

fn main() -> Result<()> {
    const USAGE: &str = "usage: fuzz TARGET SECONDS [SEED]";
    let mut arguments = std::env::args().skip(1);
    let target = arguments.next().context(USAGE)?;
    let seconds = arguments.next().context(USAGE)?;
    let seconds = seconds.parse::<u64>().context(USAGE)?;
    let seed = match arguments.next() {
        Some(seed) => seed.parse::<u64>().context(USAGE)?,
        None => 1,
    };
    let runs = memloom_fuzz::driver::run(&target, seconds, seed)?;
    println!("{target}: {runs} inputs in {seconds} s, seed {seed}, no fault");
    Ok(())
}
