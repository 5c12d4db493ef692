//! Rewards of demonstrators and of chance over held-out episodes. The following command prints
//! a table: `cargo test --release -p environment-counsel --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use environment_counsel::Counsel;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::text::lower_words;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 60;

/// Means over tasks.
#[derive(Default)]
struct Worth {
    tasks: f32,
    reward: f32,
    success: f32,
    acts: f32,
    spent: f32,
    categories: BTreeMap<String, (f32, f32)>,
}

/// A way of choosing actions.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Advised(&'static str),
    Random,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Advised(name) => name,
            Self::Random => "random",
        }
    }
}

/// Returns what a way comes to in tasks from session `from` on.
fn play(options: &str, way: Way, from: u32) -> Worth {
    let mut worth = Worth::default();
    let mut counsel = Counsel::default();
    counsel.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        let sessions = counsel.open("held-out", index, 0).unwrap().sessions;
        let mut random = Random::new(index);
        for session in 1..=sessions {
            let SessionContent::Task(task) = counsel.session(session).unwrap() else {
                continue;
            };
            let mut actions = task.actions;
            loop {
                let action = match way {
                    Way::Advised(name) => counsel.advise(name, index).unwrap(),
                    Way::Random => random.pick(&actions).unwrap().clone(),
                };
                assert!(actions.is_empty() || actions.contains(&action), "{action}");
                let observation = counsel.act(&action).unwrap();
                actions = observation.actions;
                if observation.done {
                    break;
                }
            }
        }
        for question in counsel.questions().unwrap() {
            let silent = Answer {
                text: String::new(),
                citations: vec![],
            };
            let score = counsel.score(&question.id, &silent).unwrap();
            let metrics: BTreeMap<String, f32> = score.metrics.into_iter().collect();
            assert_eq!(metrics["return"], score.reward);
            if question.sessions.last().unwrap() < &from {
                continue;
            }
            worth.tasks += 1.0;
            worth.reward += score.reward;
            worth.success += metrics["success"];
            worth.acts += metrics["acts"];
            worth.spent += metrics["spent"];
            let category = worth.categories.entry(question.category).or_default();
            category.0 += 1.0;
            category.1 += score.reward;
        }
    }
    for sum in [
        &mut worth.reward,
        &mut worth.success,
        &mut worth.acts,
        &mut worth.spent,
    ] {
        *sum /= worth.tasks;
    }
    worth
}

fn row(options: &str, way: Way, from: u32) -> Worth {
    let worth = play(options, way, from);
    print!(
        "{options:30} {:12} from session {from}: reward {:.3} success {:.3} acts {:.2} spent {:.2}",
        way.name(),
        worth.reward,
        worth.success,
        worth.acts,
        worth.spent
    );
    for (category, (count, sum)) in &worth.categories {
        print!(
            " | {category} {:.2}: {:.2}",
            count / worth.tasks,
            sum / count
        );
    }
    println!();
    worth
}

#[test]
fn memory_decides_what_questions_come_to() {
    for options in [
        "{}",
        r#"{"sessions": 16}"#,
        r#"{"entities": 12, "advisers": 6}"#,
    ] {
        for from in [1, 2] {
            let reward = |name| row(options, Way::Advised(name), from).reward;
            let [expert, nothing] = [reward("expert"), reward("nothing")];
            let demonstrator = reward("demonstrator");
            assert!(expert >= 0.95, "{expert}");
            assert_eq!(reward("everything"), expert);
            assert!(nothing <= expert - 0.3, "{nothing}");
            assert!(nothing + 0.2 < demonstrator && demonstrator < expert - 0.05);
            assert!(row(options, Way::Random, from).reward <= 0.2);
        }
    }
}
#[test]
fn one_tool_is_enough_for_an_expert() {
    for options in [r#"{"tools": ["search"]}"#, r#"{"tools": ["ask"]}"#] {
        let reward = |name| row(options, Way::Advised(name), 2).reward;
        assert!(reward("nothing") <= reward("expert") - 0.3);
    }
}
#[test]
fn without_tools_only_what_was_told_can_be_answered() {
    let options = r#"{"tools": []}"#;
    assert!(row(options, Way::Advised("expert"), 2).reward >= 0.95);
    assert!(row(options, Way::Advised("nothing"), 2).reward <= 0.3);
}
#[test]
fn a_taste_that_was_told_decides_rankings() {
    for (options, chance) in [
        (r#"{"mode": "shop"}"#, 0.1),
        (r#"{"mode": "shop", "actions": "open"}"#, 0.25),
    ] {
        assert!(row(options, Way::Advised("expert"), 1).reward >= 0.95);
        assert!(row(options, Way::Advised("nothing"), 1).reward <= chance);
    }
}
#[test]
fn puzzles_need_thought_and_no_memory() {
    let options = r#"{"mode": "puzzle"}"#;
    assert_eq!(row(options, Way::Advised("expert"), 1).reward, 1.0);
    assert_eq!(row(options, Way::Advised("nothing"), 1).reward, 1.0);
    assert!(row(options, Way::Random, 1).reward <= 0.2);
}
/// Returns the words of all that is shown and listed in some episodes of a split.
fn words(split: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut counsel = Counsel::default();
    counsel.load(vec![], "{}").unwrap();
    for index in 0..EPISODES {
        counsel.open(split, index, 0).unwrap();
        for session in 1..=8 {
            let task = match counsel.session(session).unwrap() {
                SessionContent::Task(task) => task,
                SessionContent::Dialogue(dialogue) => {
                    let turns = dialogue.turns.iter();
                    words.extend(turns.flat_map(|turn| lower_words(&turn.text)));
                    continue;
                }
            };
            words.extend(lower_words(&task.instruction));
            words.extend(task.actions.iter().flat_map(|action| lower_words(action)));
            loop {
                let action = counsel.advise("nothing", index).unwrap();
                let observation = counsel.act(&action).unwrap();
                words.extend(lower_words(&observation.text));
                if observation.done {
                    break;
                }
            }
        }
    }
    words
}

#[test]
fn the_language_of_questions_is_closed_and_the_same_in_all_splits() {
    let [train, validation, held_out] = ["train", "validation", "held-out"].map(words);
    println!("{} words", train.len());
    assert!((200..=400).contains(&train.len()), "{}", train.len());
    assert_eq!(validation, train);
    assert_eq!(held_out, train);
}
