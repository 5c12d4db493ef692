//! Scores of fixed ways of acting. The following command prints a table:
//! `cargo test --release -p environment-house --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use environment_house::House;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 60;

/// Means over tasks.
#[derive(Default)]
struct Worth {
    /// The number of tasks and the sum of their rewards, by category.
    categories: BTreeMap<String, (f32, f32)>,
    /// The sum of acts.
    acts: f32,
}

impl Worth {
    /// Returns the mean reward of the tasks of all categories, or of all but one.
    fn mean(&self, without: &str) -> f32 {
        let counted = self.categories.iter().filter(|(name, _)| *name != without);
        let (count, sum) =
            counted.fold((0.0, 0.0), |(count, sum), (_, (c, s))| (count + c, sum + s));
        sum / count
    }
}

/// Plays episodes as a demonstrator does, or at random.
fn worth(options: &str, way: &str) -> Worth {
    let mut worth = Worth::default();
    let mut house = House::default();
    house.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        let episode = house.open("held-out", index, 0).unwrap();
        let mut random = Random::derived(5, &[index]);
        for session in 1..=episode.sessions {
            let SessionContent::Task(task) = house.session(session).unwrap() else {
                continue;
            };
            let mut actions = task.actions;
            for step in 0.. {
                assert!(step < task.steps, "a task goes on after its steps");
                assert!(actions.len() <= 40, "{} actions", actions.len());
                let action = match way {
                    "random" => random.pick(&actions).unwrap().clone(),
                    _ => house.advise(way, index).unwrap(),
                };
                let seen = house.act(&action).unwrap();
                actions = seen.actions;
                if seen.done {
                    break;
                }
            }
        }
        let questions = house.questions().unwrap().into_iter();
        for question in questions.filter(|question| question.text.is_empty()) {
            let silence = Answer {
                text: String::new(),
                citations: vec![],
            };
            let score = house.score(&question.id, &silence).unwrap();
            let category = worth.categories.entry(question.category).or_default();
            category.0 += 1.0;
            category.1 += score.reward;
            worth.acts += score.metrics[1].1;
        }
    }
    print!(
        "{way:12} {:.3} without the tour {:.3} |",
        worth.mean(""),
        worth.mean("tour")
    );
    for (name, (count, sum)) in &worth.categories {
        print!(" {name} {count}: {:.2}", sum / count);
    }
    println!();
    worth
}

fn check(options: &str) {
    println!("{options}");
    let [expert, everything, demonstrator, nothing, random] =
        ["expert", "everything", "demonstrator", "nothing", "random"]
            .map(|way| worth(options, way));
    assert!(expert.mean("") >= 0.95);
    assert_eq!(everything.categories, expert.categories);
    assert!(nothing.mean("tour") <= expert.mean("tour") - 0.3);
    assert!(random.mean("") <= 0.2);
    let middle = demonstrator.mean("tour");
    assert!(middle < expert.mean("tour") && middle > random.mean("tour") + 0.2);
}

#[test]
fn memory_pays() {
    check("{}");
}

#[test]
fn memory_pays_in_every_kind_of_task() {
    for kind in ["find", "hunt", "tidy", "cook", "craft", "recall"] {
        check(&format!(r#"{{"mix": ["report", "{kind}"]}}"#));
    }
}

#[test]
fn memory_pays_where_the_house_is_told() {
    check(r#"{"mix": ["find"], "tour": "told"}"#);
    check(r#"{"tour": "told"}"#);
}
