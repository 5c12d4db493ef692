//! Tests of generated worlds.

use std::collections::{BTreeMap, BTreeSet};

use memloom_sdk::text::word_count;
use memloom_sdk::types::DemonstratedOperation;

use super::*;

/// Returns true for a name of a signature in `labels`.
fn is_name(word: &str) -> bool {
    word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The number, subject and value of a statement such as `7. The river of Old Ford is Nesk.`
fn statement(text: &str) -> (u32, &str, &str) {
    let (number, rest) = text.split_once(". The ").unwrap();
    let (subject, value) = rest.split_once(" is ").unwrap();
    (
        number.parse().unwrap(),
        subject,
        value.strip_suffix('.').unwrap(),
    )
}

#[test]
fn in_conflicts_the_gold_is_the_value_of_the_largest_number_and_the_first_one_is_not_enough() {
    let options = r#"{"world": "conflicts", "slots": 300, "rewritten": 0.51667, "two_hop": 0,
                      "questions": 300}"#;
    for index in 0..5 {
        let mut chunks = generated(options, "held-out", index, 0);
        let told = sessions(&mut chunks).concat();
        assert_eq!(told.len(), 455);
        let (mut first, mut newest) = (BTreeMap::new(), BTreeMap::new());
        for turn in &told {
            let (number, subject, value) = statement(&turn.text);
            first.entry(subject).or_insert(value);
            let best = newest.entry(subject).or_insert((number, value));
            *best = (*best).max((number, value));
        }
        assert_eq!(first.len(), 300);
        let questions = chunks.questions().unwrap();
        assert_eq!(questions.len(), 300);
        let mut firsts = 0.0;
        for question in &questions {
            let subject = question.text.strip_prefix("What is the ").unwrap();
            let subject = subject.strip_suffix('?').unwrap();
            assert_eq!(worth(&chunks, &question.id, newest[subject].1), 1.0);
            firsts += worth(&chunks, &question.id, first[subject]);
        }
        assert!(firsts / 300.0 < 0.7, "{firsts} of 300");
    }
}

#[test]
fn a_question_over_two_facts_is_answered_by_the_newest_of_both() {
    let options = r#"{"world": "conflicts", "two_hop": 1, "numbered": false, "slots": 200}"#;
    let mut chunks = generated(options, "train", 3, 0);
    let told = sessions(&mut chunks).concat();
    let newest: BTreeMap<&str, &str> = told
        .iter()
        .map(|turn| {
            let (subject, value) = turn
                .text
                .strip_prefix("The ")
                .unwrap()
                .split_once(" is ")
                .unwrap();
            (subject, value.strip_suffix('.').unwrap())
        })
        .collect();
    let questions = chunks.questions().unwrap();
    assert_eq!(questions.len(), 20);
    for question in questions {
        assert_eq!(question.category, "conflict-resolution/two-hop");
        let text = question
            .text
            .strip_prefix("What is the ")
            .unwrap()
            .strip_suffix('?')
            .unwrap();
        let (relation, over) = text.split_once(" of the ").unwrap();
        let thing = newest[over];
        let subject = format!("{relation} of {thing}");
        assert_eq!(worth(&chunks, &question.id, newest[subject.as_str()]), 1.0);
        assert_eq!(question.evidence.len(), 2);
    }
}

#[test]
fn label_numbers_are_drawn_anew_and_only_examples_tell_them() {
    let options = r#"{"world": "labels", "classes": 24, "questions": 200}"#;
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for index in 0..20 {
        let mut chunks = generated(options, "train", index, 0);
        for turn in sessions(&mut chunks).concat() {
            let (text, label) = turn.text.split_once("\nlabel: ").unwrap();
            for word in text.split(' ').filter(|word| is_name(word)) {
                seen.entry(word.into()).or_default().insert(label.into());
            }
        }
    }
    let names = seen.values().filter(|labels| labels.len() > 5).count();
    assert!(names >= 140, "{names}");
}

#[test]
fn a_new_text_is_no_example_and_has_names_that_were_shown() {
    for options in [
        r#"{"world": "labels"}"#,
        r#"{"world": "labels", "classes": 2, "examples": 2, "questions": 50}"#,
    ] {
        for horizon in [1, 0] {
            let mut chunks = generated(options, "held-out", 4, horizon);
            let told = sessions(&mut chunks).concat();
            let questions = chunks.questions().unwrap();
            assert!(questions.len() > 5, "{}", questions.len());
            for question in questions {
                let text = question.text.rsplit(": ").next().unwrap();
                assert!(
                    told.iter()
                        .all(|turn| !turn.text.starts_with(&format!("{text}\n")))
                );
                let evidence = told
                    .iter()
                    .filter(|turn| question.evidence.contains(&turn.id));
                let shown: Vec<&str> = evidence.map(|turn| turn.text.as_str()).collect();
                let labels: BTreeSet<&str> = shown
                    .iter()
                    .map(|text| text.rsplit(": ").next().unwrap())
                    .collect();
                assert_eq!(labels.len(), 1);
                assert_eq!(worth(&chunks, &question.id, labels.first().unwrap()), 1.0);
            }
        }
    }
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    for options in [r#"{"world": "conflicts"}"#, r#"{"world": "labels"}"#] {
        let mut long = generated(options, "train", 2, 0);
        let mut short = generated(options, "train", 2, 3);
        let all = sessions(&mut long);
        assert!(all.len() > 5, "{}", all.len());
        assert_eq!(sessions(&mut short), all[..3]);
        for turns in all {
            let words: usize = turns.iter().map(|turn| word_count(&turn.text)).sum();
            assert!(words <= 60, "{words}");
        }
        for question in short.questions().unwrap() {
            assert!(question.sessions.iter().all(|session| *session <= 3));
        }
    }
}

#[test]
fn worlds_of_splits_and_seeds_differ_and_repeat() {
    let text = |options: &str, split: &str, index: u64| {
        let mut chunks = generated(options, split, index, 0);
        (format!("{:?}", sessions(&mut chunks)), chunks.snapshot())
    };
    for world in ["conflicts", "labels"] {
        let options = format!("{{\"world\": \"{world}\"}}");
        let one = text(&options, "train", 1);
        assert_eq!(text(&options, "train", 1), one);
        assert_ne!(text(&options, "train", 2).0, one.0);
        assert_ne!(text(&options, "held-out", 1).0, one.0);
        let seeded = format!("{{\"world\": \"{world}\", \"seed\": 2}}");
        assert_ne!(text(&seeded, "train", 1).0, one.0);
    }
}

#[test]
fn the_language_of_worlds_is_closed_and_the_same_in_all_splits() {
    let words = |options: &str, split: &str| -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for index in 0..60 {
            let mut chunks = generated(options, split, index, 0);
            let questions = chunks.questions().unwrap();
            let told = sessions(&mut chunks).concat();
            let texts = told.iter().map(|turn| &turn.text);
            for text in texts.chain(questions.iter().map(|question| &question.text)) {
                words.extend(memloom_sdk::text::lower_words(text));
            }
        }
        words
    };
    for (options, most) in [
        (r#"{"world": "conflicts", "numbered": false}"#, 190),
        (r#"{"world": "labels"}"#, 220),
    ] {
        let train = words(options, "train");
        assert!((150..=most).contains(&train.len()), "{}", train.len());
        assert_eq!(words(options, "validation"), train);
        assert_eq!(words(options, "held-out"), train);
    }
}

#[test]
fn worlds_read_no_file() {
    assert_eq!(
        refusal(&[MEM_ALPHA], r#"{"world": "labels"}"#),
        "chunks generates its episodes and reads no file: remove `rows.jsonl`"
    );
}

#[test]
fn the_expert_keeps_what_is_asked_and_updates_it() {
    let options = r#"{"world": "conflicts", "slots": 30, "rewritten": 2, "questions": 10}"#;
    let mut chunks = generated(options, "train", 0, 0);
    let told: BTreeMap<String, String> = sessions(&mut chunks)
        .concat()
        .into_iter()
        .map(|turn| (turn.id, turn.text))
        .collect();
    let count = chunks.opened().unwrap().sittings.len() as u32;
    let subject = |turn: &str| statement(&told[turn]).1.to_owned();
    let mut kept: BTreeMap<String, String> = BTreeMap::new();
    let (mut updates, mut insertions) = (0, 0);
    for index in 1..=count {
        for hint in chunks.demonstrate("expert", index, 0).unwrap() {
            match hint.operation {
                DemonstratedOperation::Insert => insertions += 1,
                DemonstratedOperation::Update(before) => {
                    updates += 1;
                    assert_eq!(kept[&subject(&hint.turn)], before);
                }
                other => panic!("{other:?}"),
            }
            kept.insert(subject(&hint.turn), hint.turn);
        }
    }
    assert_eq!(insertions, kept.len());
    assert!(updates > 10 && kept.len() < 16, "{updates} {}", kept.len());
    let evidence: BTreeSet<String> = chunks
        .questions()
        .unwrap()
        .into_iter()
        .flat_map(|one| one.evidence)
        .collect();
    assert_eq!(kept.into_values().collect::<BTreeSet<String>>(), evidence);
}
