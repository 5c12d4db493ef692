//! Hostile guests: each ends in one clear error, and the next honest episode on
//! the same engine goes as ever.

use memloom_tests::hostile;

#[test]
fn hostile_guests_are_contained() {
    let outcomes = hostile::run();
    assert!(outcomes.len() >= 25);
    let mut loose = 0;
    for outcome in &outcomes {
        println!("{outcome}");
        if !outcome.contained() {
            loose += 1;
            println!("    EXPECTED {}", outcome.expected);
        }
    }
    assert_eq!(loose, 0, "of {}", outcomes.len());
}
