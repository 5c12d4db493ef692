//! Hostile guests and what became of them, as a table, or as JSON:
//!
//! ```text
//! cargo run --release --example hostile
//! cargo run --release --example hostile -- --json
//! ```

use memloom_tests::hostile::{self, Outcome};

fn main() {
    let outcomes = hostile::run();
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
