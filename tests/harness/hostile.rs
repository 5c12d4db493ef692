//! Runs all hostile guests and prints the outcomes as a table or as JSON:
//!
//! ```text
//! cargo xtask guests
//! cargo run --release -p memloom-tests --example hostile
//! cargo run --release -p memloom-tests --example hostile -- --json
//! ```

use memloom_tests::hostile::{self, Attack, Outcome};

fn main() {
    let outcomes: Vec<Outcome> = hostile::attacks().iter().map(Attack::run).collect();
    if std::env::args().any(|argument| argument == "--json") {
        println!(
            "{}",
            serde_json::json!({
                "hostile_contained": outcomes.iter().filter(|outcome| outcome.contained()).count(),
                "hostile_total": outcomes.len(),
                "hostile": outcomes,
            })
        );
    } else {
        outcomes.iter().for_each(|outcome| println!("{outcome}"));
        let contained = outcomes
            .iter()
            .filter(|outcome| outcome.contained())
            .count();
        println!("{contained} of {} contained", outcomes.len());
    }
    if !outcomes.iter().all(Outcome::contained) {
        std::process::exit(1);
    }
}
