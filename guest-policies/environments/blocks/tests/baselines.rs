//! Rewards of demonstrators and of chance over held-out episodes. The following command prints
//! a table: `cargo test --release -p environment-blocks --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use environment_blocks::Blocks;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::text::lower_words;
use memloom_sdk::types::{Answer, SessionContent};

const EPISODES: u64 = 40;

/// Means over tasks.
#[derive(Debug)]
struct Worth {
    progress: f32,
    success: f32,
    acts: f32,
}

/// Returns the worth of a way of acting, and prints it.
fn worth(options: &str, way: &str) -> Worth {
    let mut blocks = Blocks::default();
    blocks.load(vec![], options).unwrap();
    let mut sums = [0.0; 3];
    for index in 0..EPISODES {
        blocks.open("held-out", index, 0).unwrap();
        let mut random = Random::derived(5, &[index]);
        let SessionContent::Task(task) = blocks.session(1).unwrap() else {
            panic!("session 1 is a dialogue");
        };
        let mut listed = task.actions;
        for step in 0.. {
            assert!(step < task.steps, "a task goes on after its steps");
            assert!(listed.len() <= 40, "{} actions", listed.len());
            let action = match way {
                "random" => random.pick(&listed).unwrap().clone(),
                _ => blocks.advise(way, index).unwrap(),
            };
            let seen = blocks.act(&action).unwrap();
            if seen.done {
                break;
            }
            listed = seen.actions;
        }
        let silence = Answer {
            text: String::new(),
            citations: vec![],
        };
        let score = blocks.score("task-1", &silence).unwrap();
        for (sum, value) in
            sums.iter_mut()
                .zip([score.reward, score.metrics[0].1, score.metrics[1].1])
        {
            *sum += value;
        }
    }
    let [progress, success, acts] = sums.map(|sum| sum / EPISODES as f32);
    println!("{options} {way:12} progress {progress:.3} success {success:.3} acts {acts:.1}");
    Worth {
        progress,
        success,
        acts,
    }
}

#[test]
fn planning_pays_and_chance_does_not() {
    for world in ["blocksworld", "gripper"] {
        for size in ["[3, 3]", "[3, 6]"] {
            let options =
                format!(r#"{{"feedback": "valid-actions", "world": "{world}", "size": {size}}}"#);
            let [expert, everything, demonstrator, nothing, random] =
                ["expert", "everything", "demonstrator", "nothing", "random"]
                    .map(|way| worth(&options, way));
            assert_eq!((expert.progress, expert.success), (1.0, 1.0));
            assert_eq!(everything.acts, expert.acts);
            assert_eq!((nothing.progress, nothing.success), (0.0, 0.0));
            assert!(demonstrator.acts > expert.acts + 1.0);
            assert!(demonstrator.success > random.success + 0.3);
        }
    }
}

#[test]
fn eight_steps_are_enough_for_three_blocks_and_leave_a_careless_planner_behind() {
    let options = r#"{"feedback": "valid-actions", "size": [3, 3], "steps": 8}"#;
    let [expert, demonstrator, random] =
        ["expert", "demonstrator", "random"].map(|way| worth(options, way));
    assert_eq!(expert.success, 1.0);
    assert!(demonstrator.success > random.success + 0.3);
    assert!(demonstrator.success < expert.success - 0.1);
}

#[test]
fn the_language_is_closed_small_and_that_of_the_lexicon() {
    let mut listed = BTreeSet::new();
    for kind in Blocks::default().describe().lexicon {
        listed.extend(
            kind.values
                .iter()
                .flat_map(|value| value.split(' '))
                .map(String::from),
        );
    }
    assert!(listed.len() <= 64, "{}", listed.len());
    let mut seen = BTreeSet::new();
    for world in ["blocksworld", "gripper"] {
        let mut blocks = Blocks::default();
        let options =
            format!(r#"{{"feedback": "valid-actions", "world": "{world}", "subgoals": true}}"#);
        blocks.load(vec![], &options).unwrap();
        for index in 0..EPISODES {
            blocks.open("train", index, 0).unwrap();
            let SessionContent::Task(task) = blocks.session(1).unwrap() else {
                panic!("session 1 is a dialogue");
            };
            let mut texts = vec![task.instruction];
            for other in [
                "fly",
                "check valid actions",
                "stack red on blue",
                "drop red in hall with left hand",
            ] {
                texts.extend([other.replace("fly", ""), blocks.act(other).unwrap().text]);
            }
            loop {
                let advice = blocks.advise("demonstrator", index).unwrap();
                let act = blocks.act(&advice).unwrap();
                texts.extend([advice, act.text].into_iter().chain(act.actions));
                if act.done {
                    break;
                }
            }
            for text in texts {
                let signs = text.chars().filter(|c| c.is_ascii_punctuation());
                seen.extend(signs.map(String::from));
                seen.extend(lower_words(&text));
            }
        }
    }
    assert_eq!(seen, listed);
}
