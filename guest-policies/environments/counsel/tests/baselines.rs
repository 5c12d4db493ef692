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

/// What a way came to in tasks from session `from` on, with all texts that it saw.
fn play(options: &str, way: Way, from: u32, seen: &mut dyn FnMut(&str)) -> Worth {
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
            seen(&task.instruction);
            let mut actions = task.actions;
            loop {
                actions.iter().for_each(|action| seen(action));
                let action = match way {
                    Way::Advised(name) => counsel.advise(name, index).unwrap(),
                    Way::Random => random.pick(&actions).unwrap().clone(),
                };
                assert!(actions.is_empty() || actions.contains(&action), "{action}");
                let observation = counsel.act(&action).unwrap();
                seen(&observation.text);
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
    let worth = play(options, way, from, &mut |_| ());
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
        let reward = |name, from| row(options, Way::Advised(name), from).reward;
        let expert = reward("expert", 1);
        let demonstrator = reward("demonstrator", 1);
        assert!(expert >= 0.95, "{expert}");
        assert_eq!(reward("everything", 1), expert);
        assert!(reward("nothing", 2) <= reward("expert", 2) - 0.3);
        assert!(reward("nothing", 1) < demonstrator && demonstrator < expert - 0.05);
        assert!(row(options, Way::Random, 1).reward <= 0.2);
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
#[test]
fn the_language_of_listed_questions_is_closed() {
    let mut words = BTreeSet::new();
    for way in [Way::Advised("nothing"), Way::Random] {
        play("{}", way, 1, &mut |text| words.extend(lower_words(text)));
    }
    println!("{} words", words.len());
    assert!((150..=400).contains(&words.len()), "{}", words.len());
}
