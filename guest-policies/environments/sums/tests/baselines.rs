//! Rewards of fixed ways of answering over held-out episodes. The following command prints them:
//! `cargo test --release -p environment-sums --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use environment_sums::Sums;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::text::lower_words;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 200;

/// A way of answering.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// As a demonstrator advises.
    Advised(&'static str),
    /// The answer that was told when the same task was done before; else a digit at random.
    Remembering,
    /// The right answer where the task tells its code word, or, with memory, an earlier one did; else
    /// a digit at random.
    Decoding { memory: bool },
}

/// Returns the mean reward of all tasks.
fn reward(options: &str, way: Way) -> f32 {
    let mut sums = Sums::default();
    sums.load(vec![], options).unwrap();
    let (mut total, mut tasks) = (0.0, 0.0);
    for index in 0..EPISODES {
        let sessions = sums.open("held-out", index, 0).unwrap().sessions;
        let mut random = Random::new(index);
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        let mut known: BTreeSet<String> = BTreeSet::new();
        for session in 1..=sessions {
            let SessionContent::Task(task) = sums.session(session).unwrap() else {
                panic!("session {session} is a dialogue");
            };
            let action = match way {
                Way::Advised(name) => sums.advise(name, index).unwrap(),
                Way::Remembering => {
                    let guess = random.below(10).to_string();
                    let known = told.get(&task.instruction);
                    format!("answer: {}", known.unwrap_or(&guess))
                }
                Way::Decoding { memory } => {
                    if !memory {
                        known.clear();
                    }
                    let text = task.instruction.to_lowercase();
                    let words: Vec<&str> = text.split(' ').collect();
                    if words[1] == "is" {
                        known.insert(words[0].into());
                    }
                    let has = words.iter().position(|word| *word == "has").unwrap();
                    match known.contains(words[has + 1]) {
                        true => sums.advise("expert", index).unwrap(),
                        false => format!("answer: {}", random.below(10)),
                    }
                }
            };
            let seen = sums.act(&action).unwrap();
            let answer = seen.text.rsplit(' ').next().unwrap().trim_end_matches('.');
            told.insert(task.instruction, answer.into());
        }
        for question in sums.questions().unwrap() {
            let silent = Answer {
                text: String::new(),
                citations: vec![],
            };
            total += sums.score(&question.id, &silent).unwrap().reward;
            tasks += 1.0;
        }
    }
    println!("{options} {way:?}: {:.3}", total / tasks);
    total / tasks
}

#[test]
fn working_an_answer_out_is_what_pays() {
    for options in [
        "{}",
        r#"{"depth": [4, 12], "tasks": 16, "order": "hard-first"}"#,
    ] {
        let by = |name| reward(options, Way::Advised(name));
        assert_eq!(by("expert"), 1.0);
        assert_eq!(by("everything"), 1.0);
        assert!((0.75..0.9).contains(&by("demonstrator")));
        assert!(by("nothing") <= 0.2);
    }
}

#[test]
fn memory_alone_gets_the_tasks_that_come_again() {
    let [guessed, remembered] =
        [Way::Advised("nothing"), Way::Remembering].map(|way| reward("{}", way));
    assert!((0.25..0.5).contains(&(remembered - guessed)));
    assert!(reward(r#"{"tasks": 1}"#, Way::Remembering) <= 0.2);
}

#[test]
fn whoever_remembers_code_words_does_all_tasks_and_others_the_first_with_each() {
    for options in [
        r#"{"codes": 2, "depth": [0, 0], "actions": "listed"}"#,
        r#"{"codes": 3, "tasks": 12}"#,
    ] {
        assert_eq!(reward(options, Way::Advised("expert")), 1.0);
        let [kept, forgotten] = [true, false].map(|memory| Way::Decoding { memory });
        assert!(reward(options, kept) >= 0.95);
        assert!(reward(options, forgotten) <= 0.5);
    }
}

#[test]
fn the_language_is_closed_small_and_that_of_the_lexicon() {
    for options in [r#"{"depth": [1, 12]}"#, r#"{"depth": [1, 12], "codes": 8}"#] {
        is_closed(options);
    }
}

/// Asserts that the language with these options is that of the lexicon.
fn is_closed(options: &str) {
    let mut sums = Sums::default();
    sums.load(vec![], options).unwrap();
    let lexicon = sums.describe().lexicon;
    let values: Vec<String> = lexicon.into_iter().flat_map(|kind| kind.values).collect();
    let listed: BTreeSet<String> = values.iter().cloned().collect();
    assert!(
        listed.len() == values.len() && listed.len() <= 60,
        "{}",
        values.len()
    );
    let mut seen = BTreeSet::new();
    for index in 0..EPISODES {
        let sessions = sums.open("train", index, 0).unwrap().sessions;
        for session in 1..=sessions {
            let SessionContent::Task(task) = sums.session(session).unwrap() else {
                panic!("session {session} is a dialogue");
            };
            let action = sums.advise("demonstrator", index).unwrap();
            let mut texts = vec![task.instruction, sums.act(&action).unwrap().text, action];
            sums.session(session).unwrap();
            texts.push(sums.act("nothing").unwrap().text);
            for text in texts {
                let signs = text.chars().filter(|c| c.is_ascii_punctuation());
                seen.extend(signs.map(String::from));
                seen.extend(lower_words(&text));
            }
        }
    }
    assert_eq!(seen, listed);
}
