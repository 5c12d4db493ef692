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

/// Sums over tasks.
#[derive(Default)]
struct Worth {
    tasks: f32,
    /// The sums of the metrics.
    sums: BTreeMap<String, f32>,
    /// The number of tasks and the sum of their rewards, by category.
    categories: BTreeMap<String, (f32, f32)>,
}

impl Worth {
    fn mean(&self, name: &str) -> f32 {
        self.sums[name] / self.tasks
    }
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

/// Returns what a way comes to in all tasks, and in those from session 2 on; prints both.
fn play(options: &str, way: Way) -> [Worth; 2] {
    let mut worths: [Worth; 2] = Default::default();
    let mut counsel = Counsel::default();
    counsel.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        live(&mut counsel, way, index);
        for question in counsel.questions().unwrap() {
            let silent = Answer {
                text: String::new(),
                citations: vec![],
            };
            let score = counsel.score(&question.id, &silent).unwrap();
            let metrics: BTreeMap<String, f32> = score.metrics.into_iter().collect();
            assert_eq!(metrics["return"], score.reward);
            let all = *question.sessions.last().unwrap() < 2;
            for worth in &mut worths[..if all { 1 } else { 2 }] {
                worth.tasks += 1.0;
                for (name, value) in &metrics {
                    *worth.sums.entry(name.clone()).or_default() += value;
                }
                let category = worth.categories.entry(question.category.clone());
                let (count, sum) = category.or_default();
                *count += 1.0;
                *sum += score.reward;
            }
        }
    }
    for (from, worth) in (1..).zip(&worths) {
        print!("{options} {} from session {from}:", way.name());
        for name in ["return", "success", "acts", "spent"] {
            print!(" {name} {:.3}", worth.mean(name));
        }
        for (category, (count, sum)) in &worth.categories {
            print!(
                " | {category} {:.2}: {:.2}",
                count / worth.tasks,
                sum / count
            );
        }
        println!();
    }
    worths
}

/// Lives an episode.
fn live(counsel: &mut Counsel, way: Way, index: u64) {
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
}

/// Returns the mean rewards of a demonstrator in all tasks, and in those from session 2 on.
fn rewards(options: &str, name: &'static str) -> [f32; 2] {
    play(options, Way::Advised(name)).map(|worth| worth.mean("return"))
}

#[test]
fn memory_decides_what_questions_come_to() {
    for options in [
        "{}",
        r#"{"sessions": 16}"#,
        r#"{"entities": 12, "advisers": 6}"#,
    ] {
        let expert = rewards(options, "expert");
        assert_eq!(rewards(options, "everything"), expert);
        let nothing = rewards(options, "nothing");
        let demonstrator = rewards(options, "demonstrator");
        let random = play(options, Way::Random);
        for from in 0..2 {
            assert!(expert[from] >= 0.95);
            assert!(nothing[from] <= expert[from] - 0.3);
            assert!(demonstrator[from] > nothing[from] + 0.2);
            assert!(demonstrator[from] < expert[from] - 0.05);
            assert!(random[from].mean("return") <= 0.2);
        }
    }
}

#[test]
fn one_tool_is_enough_for_an_expert() {
    for options in [r#"{"tools": ["search"]}"#, r#"{"tools": ["ask"]}"#] {
        let [_, expert] = rewards(options, "expert");
        let [_, nothing] = rewards(options, "nothing");
        assert!(expert >= 0.95 && nothing <= expert - 0.3);
    }
}

#[test]
fn without_tools_only_what_was_told_can_be_answered() {
    let options = r#"{"tools": []}"#;
    assert!(rewards(options, "expert")[1] >= 0.95);
    assert!(rewards(options, "nothing")[1] <= 0.3);
}

#[test]
fn where_no_facts_are_told_it_pays_to_remember_whom_people_trust() {
    let options = r#"{"tools": ["ask"], "domains": 2, "hops": 1, "told": false, "sessions": 16,
        "price_weight": 0.6}"#;
    let ways = ["expert", "nothing"].map(|name| play(options, Way::Advised(name)));
    let [expert, nothing] = ways.map(|[_, worth]| {
        let [asked, well] = ["asked", "well-asked"].map(|name| worth.mean(name));
        println!("asked {asked:.2}, well {:.2}", well / asked);
        assert!(asked < 1.3);
        (well / asked, worth.mean("success"), worth.mean("route"))
    });
    assert!(expert.0 >= 0.8 && expert.1 >= 0.8, "{expert:?}");
    assert!(nothing.0 <= expert.0 - 0.1, "{nothing:?}");
    assert!(nothing.2 < expert.2, "{nothing:?} {expert:?}");
    let [_, random] = play(options, Way::Random);
    assert!(random.mean("route") <= 0.2);
}

#[test]
fn a_taste_that_was_told_decides_rankings() {
    for (options, chance) in [
        (r#"{"mode": "shop"}"#, 0.1),
        (r#"{"mode": "shop", "actions": "open"}"#, 0.25),
    ] {
        assert_eq!(rewards(options, "expert")[0], 1.0);
        assert!(rewards(options, "nothing")[0] <= chance);
    }
}

#[test]
fn puzzles_need_thought_and_no_memory() {
    let options = r#"{"mode": "puzzle"}"#;
    assert_eq!(rewards(options, "expert")[0], 1.0);
    assert_eq!(rewards(options, "nothing")[0], 1.0);
    assert!(play(options, Way::Random)[0].mean("return") <= 0.2);
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
