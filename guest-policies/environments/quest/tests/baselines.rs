//! Rewards of demonstrators and of chance over held-out episodes. The following command prints
//! a table: `cargo test --release -p environment-quest --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use environment_quest::Quest;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 200;

/// Returns the mean reward of a way of acting, and prints it by category.
fn worth(options: &str, way: &str) -> f32 {
    let mut categories: BTreeMap<String, (f32, f32)> = BTreeMap::new();
    let mut quest = Quest::default();
    quest.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        quest.open("held-out", index, 0).unwrap();
        let mut random = Random::derived(5, &[index]);
        let SessionContent::Task(task) = quest.session(1).unwrap() else {
            panic!("session 1 is a dialogue");
        };
        let mut listed = task.actions;
        for step in 0.. {
            assert!(step < task.steps, "a task goes on after its steps");
            let action = match way {
                "random" => random.pick(&listed).unwrap().clone(),
                _ => quest.advise(way, index).unwrap(),
            };
            let seen = quest.act(&action).unwrap();
            if seen.done {
                break;
            }
            listed = seen.actions;
        }
        for question in quest.questions().unwrap() {
            let silence = Answer {
                text: String::new(),
                citations: vec![],
            };
            let score = quest.score(&question.id, &silence).unwrap();
            let category = categories.entry(question.category).or_default();
            category.0 += 1.0;
            category.1 += score.reward;
        }
    }
    let sums = categories
        .values()
        .fold((0.0, 0.0), |(count, sum), (c, s)| (count + c, sum + s));
    let mean = sums.1 / sums.0;
    print!("{options} {way:12} {mean:.3} |");
    for (name, (count, sum)) in &categories {
        print!(" {name} {count}: {:.2}", sum / count);
    }
    println!();
    mean
}

#[test]
fn searching_decides_what_a_task_comes_to() {
    for options in [
        r#"{"actions": "listed"}"#,
        r#"{"actions": "listed", "objectives": 1, "turns": 4, "top": 2}"#,
        r#"{"actions": "listed", "objectives": 3, "turns": 8}"#,
    ] {
        let [expert, everything, demonstrator, nothing, random] =
            ["expert", "everything", "demonstrator", "nothing", "random"]
                .map(|way| worth(options, way));
        assert_eq!((expert, everything, nothing), (1.0, 1.0, 0.0));
        assert!(random <= 0.3);
        assert!(demonstrator > random + 0.2 && demonstrator < expert - 0.1);
    }
}

#[test]
fn sixteen_questions_need_more_turns_than_eight() {
    let expert = |turns: u32| {
        let options = format!(r#"{{"objectives": 16, "documents": 64, "turns": {turns}}}"#);
        worth(&options, "expert")
    };
    let [few, many] = [8, 33].map(expert);
    assert_eq!(many, 1.0);
    assert!(few < 0.7, "{few}");
}
