use std::collections::BTreeSet;

use super::*;
use memloom_sdk::generated::Split;

fn story(split: Split, index: u64, sessions: u32) -> Story {
    let address = Address {
        split,
        index,
        sessions,
    };
    live(&Options::default(), &address)
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    let long = story(Split::Train, 3, 16);
    let short = story(Split::Train, 3, 8);
    assert_eq!(long.people, short.people);
    assert_eq!(long.sittings[..8], short.sittings);
}

#[test]
fn episodes_and_seeds_differ_and_repeat() {
    assert_eq!(story(Split::Train, 3, 8), story(Split::Train, 3, 8));
    assert_ne!(story(Split::Train, 3, 8), story(Split::Train, 4, 8));
    let address = Address {
        split: Split::Train,
        index: 3,
        sessions: 8,
    };
    let other = Options {
        seed: 2,
        ..Options::default()
    };
    assert_ne!(live(&other, &address), story(Split::Train, 3, 8));
}

#[test]
fn splits_share_no_person() {
    let people = |split| -> BTreeSet<&str> {
        (0..50)
            .flat_map(|index| story(split, index, 1).people)
            .collect()
    };
    let [train, validation, held_out] = Split::ALL.map(people);
    assert!(train.is_disjoint(&validation));
    assert!(train.is_disjoint(&held_out));
    assert!(validation.is_disjoint(&held_out));
    assert!(train.len() > 35);
}

#[test]
fn turns_are_of_the_kinds_and_lengths_that_were_meant() {
    let mut counts = [0_usize; 6];
    let (mut turns, mut words) = (0, 0);
    for index in 0..100 {
        for (_, line) in story(Split::Train, index, 8).lines() {
            turns += 1;
            words += memloom_sdk::text::word_count(&line.text);
            counts[match line.meaning {
                Meaning::Fact(..) => 0,
                Meaning::Change { .. } => 1,
                Meaning::Cancellation { .. } => 2,
                Meaning::Lure(..) => 3,
                Meaning::Ephemeral => 4,
                Meaning::Talk => 5,
            }] += 1;
        }
    }
    let shares = counts.map(|count| (100.0 * count as f64 / turns as f64).round() as usize);
    assert_eq!(shares, [24, 15, 7, 16, 18, 20]);
    assert!(
        (6.0..8.0).contains(&(words as f64 / turns as f64)),
        "{words}"
    );
}

#[test]
fn nobody_answers_themself_without_need() {
    let story = story(Split::Train, 0, 32);
    let lines: Vec<&Line> = story.lines().map(|(_, line)| line).collect();
    let repeated = lines
        .windows(2)
        .filter(|two| two[0].speaker == two[1].speaker)
        .count();
    assert!(repeated * 10 < lines.len(), "{repeated} of {}", lines.len());
}

#[test]
fn an_attribute_has_at_most_one_true_word_a_session() {
    for index in 0..20 {
        let mut seen = BTreeSet::new();
        for (session, line) in story(Split::HeldOut, index, 16).lines() {
            if !matches!(line.meaning, Meaning::Lure(..))
                && let Some(slot) = line.meaning.slot()
            {
                assert!(seen.insert((session, slot)), "{}", line.text);
            }
        }
    }
}

#[test]
fn a_change_names_what_held_before_and_a_trip_keeps_its_destination() {
    for index in 0..20 {
        let story = story(Split::HeldOut, index, 16);
        let find = |id: &str| {
            let found = story
                .lines()
                .map(|(_, line)| line)
                .find(|line| line.id == id);
            found.and_then(|line| line.meaning.written()).cloned()
        };
        for (_, line) in story.lines() {
            if let Meaning::Change { value, before, .. } = &line.meaning {
                let old = find(before).expect("an earlier write");
                assert_ne!(old.words, value.words);
                assert_eq!(old.destination, value.destination);
            }
        }
    }
}

#[test]
fn nobody_is_their_own_mentor() {
    for index in 0..50 {
        let story = story(Split::Train, index, 16);
        for (_, line) in story.lines() {
            let own = line
                .meaning
                .slot()
                .is_some_and(|slot| slot.kind == Kind::Mentor);
            assert!(
                !own || !line.text.contains(story.people[line.speaker]),
                "{}",
                line.text
            );
        }
    }
}
