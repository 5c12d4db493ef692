//! Slots by place and the rules of eviction.

use super::*;

fn in_place(place: &str, text: &str) -> Operation {
    seen("", text, &[("place", place)])
}

/// Returns a full bank: the entries p1, p2 and p4 in `k`, p3 in `s`.
fn full(options: &str) -> Places {
    let mut bank = bank(options);
    let operations = [("k", "a"), ("k", "b"), ("s", "c"), ("k", "d")];
    let operations = operations.map(|(place, text)| in_place(place, text));
    let results = bank.apply(at(1), operations.into());
    assert!(results.iter().all(Result::is_ok));
    bank
}

#[test]
fn spatially_aware_each_rule_drops_its_entry_of_a_full_bank() {
    for (rule, dropped) in [("mvf", "p1"), ("lvf", "p3"), ("fifo", "p1"), ("lifo", "p4")] {
        let mut full = full(r#"{"capacity": 4}"#);
        let arguments = format!(r#"{{"rule": "{rule}"}}"#);
        let results = full.apply(at(2), vec![custom("evict", &arguments), in_place("s", "e")]);
        assert_eq!(results, [Ok(dropped.into()), Ok("p5".into())], "{rule}");
    }
    // The oldest entry of all is not that of the place with most entries.
    let mut bank = bank("{}");
    let operations =
        [("s", "a"), ("k", "b"), ("k", "c")].map(|(place, text)| in_place(place, text));
    bank.apply(at(1), operations.into());
    for (rule, dropped) in [("mvf", "p2"), ("fifo", "p1")] {
        let arguments = format!(r#"{{"rule": "{rule}"}}"#);
        assert_eq!(
            one(&mut bank, custom("evict", &arguments)),
            Ok(dropped.into())
        );
    }
}

#[test]
fn spatially_aware_without_a_rule_a_full_bank_refuses_and_the_options_may_name_one() {
    let mut refusing = full(r#"{"capacity": 4}"#);
    let before = refusing.snapshot();
    let why = "full: evict first: the bank holds 4, and the options name no `rule`";
    assert_eq!(
        one(&mut refusing, in_place("s", "e")),
        Err(Error::Invalid(why.into()))
    );
    assert_eq!(refusing.snapshot(), before);
    // A known thing needs no room, and a fixed one has none of its own.
    assert_eq!(one(&mut refusing, in_place("s", "c")), Ok("p3".into()));
    let wall = seen("", "a wall", &[("place", "s"), ("kind", "fixed")]);
    assert_eq!(one(&mut refusing, wall), Ok("p5".into()));
    for (rule, left) in [
        ("mvf", ["p2", "p3", "p4", "p5"]),
        ("lvf", ["p1", "p2", "p4", "p5"]),
        ("fifo", ["p2", "p3", "p4", "p5"]),
        ("lifo", ["p1", "p2", "p3", "p5"]),
    ] {
        let mut bank = full(&format!(r#"{{"capacity": 4, "rule": "{rule}"}}"#));
        one(&mut bank, in_place("s", "e")).unwrap();
        assert_eq!(ids(&bank), left, "{rule}");
    }
}

#[test]
fn visits_that_were_said_count_before_the_number_of_entries() {
    for (rule, dropped) in [("mvf", "p3"), ("lvf", "p1")] {
        let mut bank = full("{}");
        one(&mut bank, custom("visit", r#"{"place": "s"}"#)).unwrap();
        let arguments = format!(r#"{{"rule": "{rule}"}}"#);
        assert_eq!(
            one(&mut bank, custom("evict", &arguments)),
            Ok(dropped.into())
        );
    }
}

#[test]
fn a_place_has_a_capacity_of_its_own_and_the_rule_keeps_to_it() {
    let options = r#"{"per_place": 3, "capacity": 9}"#;
    let mut refusing = full(options);
    let why = "full: evict first: the place \"k\" holds 3, and the options name no `rule`";
    assert_eq!(
        one(&mut refusing, in_place("k", "e")),
        Err(Error::Invalid(why.into()))
    );
    assert_eq!(one(&mut refusing, in_place("s", "e")), Ok("p5".into()));
    let arguments = r#"{"rule": "fifo", "place": "s"}"#;
    assert_eq!(
        one(&mut refusing, custom("evict", arguments)),
        Ok("p3".into())
    );
    for (rule, left) in [
        ("lvf", ["p2", "p3", "p4", "p5"]),
        ("lifo", ["p1", "p2", "p3", "p5"]),
    ] {
        let mut bank = full(&format!(r#"{{"per_place": 3, "rule": "{rule}"}}"#));
        one(&mut bank, in_place("k", "e")).unwrap();
        assert_eq!(ids(&bank), left, "{rule}");
    }
}

#[test]
fn what_is_fixed_is_never_evicted() {
    let mut bank = bank(r#"{"rule": "fifo", "capacity": 1}"#);
    let wall = seen("", "a wall", &[("place", "a"), ("kind", "fixed")]);
    bank.apply(at(1), vec![wall, in_place("a", "x"), in_place("a", "y")]);
    assert_eq!(ids(&bank), ["p1", "p3"]);
    one(&mut bank, custom("evict", "{}")).unwrap();
    let nothing = Err(Error::Invalid("evict: there is nothing to evict".into()));
    assert_eq!(one(&mut bank, custom("evict", "{}")), nothing);
    assert_eq!(ids(&bank), ["p1"]);
}
