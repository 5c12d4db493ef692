//! Records and replays episodes of every environment, and prints the number of mismatches as
//! JSON:
//!
//! ```sh
//! cargo xtask guests
//! cargo run --release -p memloom-tests --example replays -- 100 [PATH/locomo-dev.json ...]
//! ```
//!
//! Without a file, `locomo` reads made-up conversations.

use memloom_tests::replays::{conversations, environments, replay};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let episodes = arguments.next().map_or(100, |count| {
        count
            .parse()
            .expect("the first argument is a number of episodes")
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut data: Vec<_> = arguments.map(Into::into).collect();
    if data.is_empty() {
        data.push(conversations(folder.path()));
    }
    let counts = environments(data).map(|(environment, data)| {
        replay(environment, &data, episodes)
            .unwrap_or_else(|error| panic!("{environment}: {error}"))
    });
    println!(
        "{}",
        serde_json::json!({
            "replayed": counts.iter().map(|count| count.replayed).sum::<u64>(),
            "replay_mismatches": counts.iter().map(|count| count.mismatches).sum::<u64>(),
        })
    );
}
