//! The houses themselves: names, words and sizes.

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_language_is_closed() {
    let mut words = BTreeSet::new();
    for split in ["train", "validation", "held-out"] {
        for index in 0..10 {
            let mut house = opened(EVERYTHING, split, index);
            for way in ["random", "demonstrator"] {
                let seen = play(&mut house, 1..=15, way);
                let seen = seen
                    .iter()
                    .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
                let seen = seen.filter(|word| word.parse::<u64>().is_err());
                words.extend(seen.map(str::to_lowercase));
            }
        }
    }
    assert!((150..=400).contains(&words.len()), "{} words", words.len());
}

#[test]
fn splits_share_no_names() {
    let names = |split: &str| {
        let mut names = BTreeSet::new();
        for index in 0..30 {
            let house = opened(EVERYTHING, split, index);
            let open = house.open.unwrap();
            names.extend(open.house.rooms.into_iter().map(|room| room.name));
            names.extend(open.house.fixtures.into_iter().map(|fixture| fixture.name));
            names.extend(open.house.things.into_iter().map(|thing| thing.name));
        }
        names
    };
    let [train, validation, held_out] = ["train", "validation", "held-out"].map(names);
    assert!(train.is_disjoint(&validation));
    assert!(train.is_disjoint(&held_out));
    assert!(validation.is_disjoint(&held_out));
}

#[test]
fn names_in_a_house_differ_and_the_expert_succeeds_at_every_size() {
    for options in [
        r#"{"rooms": 2, "objects": 6, "distractors": 0, "drift": 1, "sessions": 12,
            "mix": ["cook", "hunt", "craft", "tidy", "find", "report", "recall"]}"#,
        r#"{"rooms": 12, "objects": 30, "distractors": 10, "drift": 0.5, "sessions": 12,
            "mix": ["cook", "hunt", "craft", "tidy", "find", "report", "recall"]}"#,
        r#"{"drift": 0, "mix": ["recall"], "actions": "open"}"#,
    ] {
        for (split, index) in [("train", 0), ("validation", 1), ("held-out", 2)] {
            let mut house = opened(options, split, index);
            let sessions = house.open(split, index, 0).unwrap().sessions;
            play(&mut house, 1..=sessions, "expert");
            let open = house.open.as_ref().unwrap();
            let names = open.house.things.iter().map(|thing| &thing.name);
            let names = names.chain(open.house.fixtures.iter().map(|fixture| &fixture.name));
            let mut different = BTreeSet::new();
            assert!(names.into_iter().all(|name| different.insert(name)));
            for lived in &open.lived {
                let complete = lived.progress.complete();
                assert!(
                    lived.goal.is_none() || complete,
                    "{options} {}",
                    lived.session
                );
            }
        }
    }
}
