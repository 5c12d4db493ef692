//! The cache of states.

use std::collections::BTreeMap;

use super::*;
use memloom_sdk::random::Random;

fn state(thing: &str) -> Operation {
    seen(thing, &format!("{thing} is here"), &[("place", "a")])
}

fn touch(bank: &mut Places, thing: &str, times: usize) {
    let entry = bank.entries().into_iter().find(|it| it.speaker == thing);
    let arguments = format!(r#"{{"id": "{}"}}"#, entry.unwrap().id);
    for _ in 0..times {
        one(bank, custom("touch", &arguments)).unwrap();
    }
}

/// Returns the things in the cache with their counts.
fn things(bank: &Places) -> BTreeMap<String, String> {
    let entries = bank.entries().into_iter();
    let uses = |entry: Entry| (entry.speaker, field(bank, &entry.id, "uses"));
    entries.map(uses).collect()
}

/// Returns a cache of four with a: 5, b: 1, c: 2 in the main part and d in the window.
fn full() -> Places {
    let mut bank = bank(r#"{"mode": "cache", "capacity": 4}"#);
    for thing in ["a", "b", "c", "d"] {
        one(&mut bank, state(thing)).unwrap();
    }
    touch(&mut bank, "a", 4);
    touch(&mut bank, "c", 1);
    bank
}

fn named<const N: usize>(counts: [(&str, &str); N]) -> BTreeMap<String, String> {
    let owned = counts.map(|(thing, count)| (thing.to_string(), count.to_string()));
    owned.into()
}

#[test]
fn karma_a_candidate_that_was_not_used_more_is_dropped_when_it_leaves_the_window() {
    let mut bank = full();
    let before = named([("a", "5"), ("b", "1"), ("c", "2"), ("d", "1")]);
    assert_eq!(things(&bank), before);
    one(&mut bank, state("e")).unwrap();
    let after = named([("a", "5"), ("b", "1"), ("c", "2"), ("e", "1")]);
    assert_eq!(things(&bank), after);
}

#[test]
fn karma_a_candidate_that_was_used_more_takes_the_place_of_the_least_used() {
    let mut bank = full();
    touch(&mut bank, "d", 1);
    one(&mut bank, state("e")).unwrap();
    let after = named([("a", "5"), ("c", "2"), ("d", "2"), ("e", "1")]);
    assert_eq!(things(&bank), after);
}

#[test]
fn karma_a_new_state_replaces_the_text_and_the_count_is_kept() {
    let mut bank = full();
    let moved = seen("a", "a is broken", &[("place", "b")]);
    assert_eq!(one(&mut bank, moved), Ok("p1".into()));
    let shown = ["place", "uses"].map(|name| field(&bank, "p1", name));
    assert_eq!(shown, ["b", "5"]);
    assert_eq!(bank.entries()[0].text, "a is broken");
    assert_eq!(bank.stats().entries, 4);
}

#[test]
fn karma_counts_have_four_bits_and_halve_after_ten_uses_for_each_place() {
    let mut bank = full();
    // Four things that entered and five touches are nine of forty uses.
    touch(&mut bank, "a", 30);
    assert_eq!(things(&bank)["a"], "15");
    touch(&mut bank, "c", 1);
    let halved = named([("a", "7"), ("b", "0"), ("c", "1"), ("d", "0")]);
    assert_eq!(things(&bank), halved);
}

#[test]
fn a_thing_that_comes_back_is_remembered_by_its_count() {
    let mut bank = full();
    for thing in ["e", "d", "f"] {
        one(&mut bank, state(thing)).unwrap();
    }
    // d was dropped with 1, came back with 2 and beat b.
    let after = named([("a", "5"), ("c", "2"), ("d", "2"), ("f", "1")]);
    assert_eq!(things(&bank), after);
}

#[test]
fn what_is_fixed_is_outside_of_the_cache() {
    let mut bank = full();
    let wall = seen("", "a wall", &[("place", "b"), ("kind", "fixed")]);
    assert_eq!(one(&mut bank, wall), Ok("p5".into()));
    for thing in ["e", "f", "g"] {
        one(&mut bank, state(thing)).unwrap();
    }
    assert_eq!(ids(&bank), ["p1", "p2", "p3", "p5", "p8"]);
    assert_eq!(field(&bank, "p5", "uses"), "");
}

/// A model of the cache: the things in order of arrival, of which the last may be in the window.
#[derive(Default)]
struct Model {
    main: Vec<&'static str>,
    window: Option<&'static str>,
    counts: BTreeMap<&'static str, u8>,
    uses: usize,
}

impl Model {
    const CAPACITY: usize = 3;

    fn count(&self, thing: &str) -> u8 {
        self.counts.get(thing).copied().unwrap_or(0)
    }

    fn used(&mut self, thing: &'static str) {
        self.counts.insert(thing, (self.count(thing) + 1).min(15));
        self.uses += 1;
        if self.uses == 10 * Self::CAPACITY {
            self.uses = 0;
            self.counts.values_mut().for_each(|count| *count /= 2);
        }
    }

    fn holds(&self, thing: &str) -> bool {
        self.window == Some(thing) || self.main.contains(&thing)
    }

    fn enter(&mut self, thing: &'static str) {
        if self.holds(thing) {
            return;
        }
        self.used(thing);
        let Some(candidate) = self.window.replace(thing) else {
            return;
        };
        if self.main.len() == Self::CAPACITY - 1 {
            let least = self
                .main
                .iter()
                .map(|thing| self.count(thing))
                .min()
                .unwrap();
            if self.count(candidate) <= least {
                return;
            }
            let victim = self.main.iter().position(|it| self.count(it) == least);
            self.main.remove(victim.unwrap());
        }
        self.main.push(candidate);
    }

    fn delete(&mut self, thing: &str) {
        self.window = self.window.filter(|window| *window != thing);
        self.main.retain(|it| *it != thing);
    }
}

#[test]
fn random_operations_leave_what_a_model_of_the_cache_has() {
    const THINGS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    const OPTIONS: &str = r#"{"mode": "cache", "capacity": 3}"#;
    for seed in 0..40 {
        let mut random = Random::new(seed);
        let (mut bank, mut model) = (bank(OPTIONS), Model::default());
        for _ in 0..120 {
            let thing = *random.pick(&THINGS).unwrap();
            let entry = bank.entries().into_iter().find(|it| it.speaker == thing);
            match (random.below(6), entry) {
                (0 | 1, _) => {
                    one(&mut bank, state(thing)).unwrap();
                    model.enter(thing);
                }
                (2, Some(entry)) => {
                    one(&mut bank, Operation::Delete(entry.id)).unwrap();
                    model.delete(thing);
                }
                (_, Some(_)) => {
                    touch(&mut bank, thing, 1);
                    model.used(thing);
                }
                (_, None) => {}
            }
            let held = THINGS.into_iter().filter(|thing| model.holds(thing));
            let expected = held.map(|thing| (thing.to_string(), model.count(thing).to_string()));
            assert_eq!(things(&bank), expected.collect());
            let mut restored = self::bank(OPTIONS);
            restored.restore(&bank.snapshot()).unwrap();
            assert_eq!(restored.snapshot(), bank.snapshot());
            bank = restored;
        }
    }
}
