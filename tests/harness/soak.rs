//! Forks a bank ten thousand times, applies the operations of a hundred episodes to each fork,
//! drops the fork, and measures resident memory:
//!
//! ```text
//! cargo xtask guests
//! cargo run --release -p memloom-tests --example soak
//! cargo run --release -p memloom-tests --example soak -- 10000 100    # forks, episodes in each
//! ```
//!
//! Prints JSON on the standard output, and fails if memory drifts by more than 5 % after the
//! first tenth.

use memloom_tests::soak;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<u32> = std::env::args()
        .skip(1)
        .map(|n| n.parse())
        .collect::<Result<_, _>>()?;
    let (cycles, episodes) = match numbers[..] {
        [cycles, episodes] => (cycles, episodes),
        _ => (10_000, 100),
    };
    let soak = soak::run(cycles, episodes, |so_far| {
        eprintln!(
            "{} forks, {} episodes, {} calls, {:.0} s, {} to {} KiB",
            so_far.cycles,
            so_far.episodes,
            so_far.calls,
            so_far.seconds,
            so_far.least_kib.min(so_far.first_kib),
            so_far.most_kib.max(so_far.first_kib),
        );
    })?;
    println!(
        "{}",
        serde_json::json!({ "soak": soak, "drift": soak.drift() })
    );
    if soak.drift() > 0.05 {
        return Err(format!("memory drifted by {:.1} %", soak.drift() * 100.0).into());
    }
    Ok(())
}
