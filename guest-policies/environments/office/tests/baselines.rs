//! Scores of fixed ways of acting. The following command prints a table:
//! `cargo test --release -p environment-office --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use environment_office::Office;
use memloom_sdk::Environment;
use memloom_sdk::random::Random;
use memloom_sdk::types::{Answer, SessionContent, Task};

const SESSIONS: u32 = 8;

/// Means over the tasks of held-out episodes.
#[derive(Default)]
struct Means {
    /// Of all tasks.
    all: f32,
    /// Of the tasks of session 2 and later.
    later: f32,
    /// The number of tasks and the sum of scores by template.
    templates: BTreeMap<String, (u32, f32)>,
}

fn opened(options: &str, split: &str, index: u64, sessions: u32) -> Office {
    let mut office = Office::default();
    office.load(vec![], options).unwrap();
    office.open(split, index, sessions).unwrap();
    office
}

fn task(office: &mut Office, session: u32) -> Task {
    match office.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("a dialogue"),
    }
}

/// Returns the scores of an episode's tasks. `choose` returns an action, given those listed.
fn live(
    office: &mut Office,
    sessions: u32,
    mut choose: impl FnMut(&Office, &[String]) -> String,
) -> Vec<f32> {
    for session in 1..=sessions {
        let task = task(office, session);
        let mut actions = task.actions;
        for act in 1.. {
            let action = choose(office, &actions);
            let observation = office.act(&action).unwrap();
            if observation.done {
                assert!(act <= task.steps && observation.actions.is_empty());
                break;
            }
            actions = observation.actions;
        }
    }
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let questions = office.questions().unwrap();
    let score = |question: &str| office.score(question, &nothing).unwrap().reward;
    questions
        .iter()
        .map(|question| score(&question.id))
        .collect()
}

fn means(
    name: &str,
    options: &str,
    episodes: u64,
    mut choose: impl FnMut(u64, &Office, &[String]) -> String,
) -> Means {
    let mut means = Means::default();
    let share = 1.0 / (episodes as f32 * SESSIONS as f32);
    for episode in 0..episodes {
        let mut office = opened(options, "held-out", episode, SESSIONS);
        let scores = live(&mut office, SESSIONS, |office, actions| {
            choose(episode, office, actions)
        });
        for (place, (score, question)) in scores.iter().zip(office.questions().unwrap()).enumerate()
        {
            means.all += score * share;
            if place > 0 {
                means.later += score * share * SESSIONS as f32 / (SESSIONS as f32 - 1.0);
            }
            let of_template = means.templates.entry(question.category).or_default();
            of_template.0 += 1;
            of_template.1 += score;
        }
    }
    print!(
        "{name:12} {options} all {:.3} later {:.3} |",
        means.all, means.later
    );
    for (template, (tasks, sum)) in &means.templates {
        print!(" {template} {tasks}: {:.2}", sum / *tasks as f32);
    }
    println!();
    means
}

fn demonstrated(demonstrator: &str, options: &str, episodes: u64) -> Means {
    means(
        demonstrator,
        options,
        episodes,
        |episode, office, actions| {
            let action = office.advise(demonstrator, episode).unwrap();
            assert!(
                actions.is_empty() || actions.contains(&action),
                "{action}: {actions:?}"
            );
            action
        },
    )
}

fn at_random(options: &str, episodes: u64) -> Means {
    let mut random = Random::new(7);
    means("random", options, episodes, |_, _, actions| {
        random.pick(actions).unwrap().clone()
    })
}

const CALLS: &str = "{}";
const PAGES: &str = r#"{"view": "pages"}"#;

/// Checks that memory decides about a good part of the scores.
fn check(options: &str, episodes: u64) {
    let expert = demonstrated("expert", options, episodes);
    let everything = demonstrated("everything", options, episodes);
    let nothing = demonstrated("nothing", options, episodes);
    let careless = demonstrated("demonstrator", options, episodes);
    let random = at_random(options, episodes);
    assert!(expert.all >= 0.95 && expert.later >= 0.95);
    assert_eq!(everything.all, expert.all);
    assert!(nothing.later <= expert.later - 0.3);
    assert!(random.all <= 0.2);
    assert!(random.all + 0.2 <= careless.all && careless.all <= expert.all - 0.1);
}

#[test]
fn memory_decides_in_calls() {
    check(CALLS, 40);
}

#[test]
fn memory_decides_in_pages() {
    check(PAGES, 12);
}

/// Returns the words of all texts and the length of the longest list of actions.
fn language(options: &str, episodes: u64) -> (BTreeSet<String>, usize) {
    let mut words = BTreeSet::new();
    let mut longest = 0;
    let mut keep = |text: &str| {
        let parts = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.extend(parts.filter(|word| !word.is_empty()).map(String::from));
    };
    let mut random = Random::new(3);
    let splits = ["train", "validation", "held-out"];
    for (split, episode) in splits
        .iter()
        .flat_map(|split| (0..episodes).map(move |at| (split, at)))
    {
        let mut office = opened(options, split, episode, SESSIONS);
        for session in 1..=SESSIONS {
            let task = task(&mut office, session);
            keep(&task.instruction);
            keep(&task.time);
            let mut actions = task.actions;
            while !actions.is_empty() {
                longest = longest.max(actions.len());
                actions.iter().for_each(|action| keep(action));
                let action = match random.below(3) {
                    0 => random.pick(&actions).unwrap().clone(),
                    _ => office.advise("nothing", 0).unwrap(),
                };
                let observation = office.act(&action).unwrap();
                keep(&observation.text);
                actions = observation.actions;
            }
        }
    }
    println!("{options} {} words, at most {longest} actions", words.len());
    (words, longest)
}

#[test]
fn the_closed_language_is_small() {
    for options in [CALLS, PAGES] {
        let (words, longest) = language(options, 20);
        assert!(words.len() <= 400, "{}: {words:?}", words.len());
        assert!(words.iter().all(|word| *word == word.to_lowercase()));
        assert!(longest <= 40, "{longest}");
    }
}
