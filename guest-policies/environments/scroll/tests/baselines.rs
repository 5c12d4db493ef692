//! Rewards of demonstrators and of chance over held-out episodes. The following command prints
//! a table: `cargo test --release -p environment-scroll --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use environment_scroll::Scroll;
use environment_scroll::fact::Relation;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 200;

/// Returns the mean reward of a way of acting, and prints it by category.
fn worth(options: &str, way: &str) -> f32 {
    let mut categories: BTreeMap<String, (f32, f32)> = BTreeMap::new();
    let mut scroll = Scroll::default();
    scroll.load(vec![], options).unwrap();
    for index in 0..EPISODES {
        let sessions = scroll.open("held-out", index, 0).unwrap().sessions;
        let mut random = Random::derived(5, &[index]);
        for session in 1..=sessions {
            let SessionContent::Task(task) = scroll.session(session).unwrap() else {
                panic!("session {session} is a dialogue");
            };
            for step in 0.. {
                assert!(step < task.steps, "a task goes on after its steps");
                let action = match way {
                    "random" => any(&mut random),
                    _ => scroll.advise(way, index).unwrap(),
                };
                if scroll.act(&action).unwrap().done {
                    break;
                }
            }
        }
        for question in scroll.questions().unwrap() {
            let silence = Answer {
                text: String::new(),
                citations: vec![],
            };
            let score = scroll.score(&question.id, &silence).unwrap();
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

/// Goes on, or answers with any value.
fn any(random: &mut Random) -> String {
    let values = Relation::VALUES.iter().flat_map(|it| it.values());
    let mut actions: Vec<String> = values.map(|value| format!("answer: {value}")).collect();
    actions.resize(2 * actions.len(), "next".into());
    random.pick(&actions).unwrap().clone()
}

#[test]
fn memory_decides_what_a_text_comes_to() {
    for options in [
        "{}",
        r#"{"hops": 1}"#,
        r#"{"tasks": 4}"#,
        r#"{"documents": 40, "sections": 8, "section_words": 200}"#,
    ] {
        let [expert, everything, demonstrator, nothing, random] =
            ["expert", "everything", "demonstrator", "nothing", "random"]
                .map(|way| worth(options, way));
        assert!(expert >= 0.95);
        assert_eq!(everything, expert);
        assert!(nothing <= 0.1 && random <= 0.1);
        assert!(demonstrator > nothing + 0.3 && demonstrator < expert - 0.1);
    }
}
