//! Rewards of fixed ways of keeping a memory, with the policy `selector` and the bank
//! `flat`. The following command prints a table:
//! `cargo test --release -p environment-chronicle --test baselines -- --nocapture`.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use bank_flat::Flat;
use environment_chronicle::Chronicle;
use memloom_sdk::text::word_count;
use memloom_sdk::types::{DemonstratedOperation, Hint, SessionContent};
use memloom_sdk::{Bank, Environment, MockHost, Policy};
use policy_selector::Selector;

const EPISODES: u64 = 50;

/// A way of keeping a memory: a demonstrator, and a change of its hints.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    demonstrator: &'static str,
    change: fn(&mut Vec<Hint>),
}

const EXPERT: Way = Way {
    name: "expert",
    demonstrator: "expert",
    change: |_| (),
};
const NO_DELETE: Way = Way {
    name: "expert, no delete",
    demonstrator: "expert",
    change: drop_deletions,
};
const INSERT_ONLY: Way = Way {
    name: "facts, insert only",
    demonstrator: "expert",
    change: |hints| {
        drop_deletions(hints);
        for hint in hints {
            hint.operation = DemonstratedOperation::Insert;
        }
    },
};
const DEMONSTRATOR: Way = Way {
    name: "demonstrator",
    demonstrator: "demonstrator",
    change: |_| (),
};
const NOTHING: Way = Way {
    name: "nothing",
    demonstrator: "nothing",
    change: |_| (),
};
const EVERYTHING: Way = Way {
    name: "everything",
    demonstrator: "everything",
    change: |_| (),
};

fn drop_deletions(hints: &mut Vec<Hint>) {
    hints.retain(|hint| !matches!(hint.operation, DemonstratedOperation::Delete(_)));
}

/// Means over episodes.
#[derive(Default)]
struct Worth {
    /// The mean reward of the answers.
    answers: f32,
    /// The bank's words divided by the dialogue's.
    ratio: f32,
    /// `answers` minus half of the ratio's excess over a quarter.
    reward: f32,
    /// The share of sessions without a question.
    unasked: f32,
    /// The number and mean reward of the questions by category.
    categories: BTreeMap<String, (f32, f32)>,
}

fn worth(way: Way, sessions: u32) -> Worth {
    let mut mean = Worth::default();
    let share = 1.0 / EPISODES as f32;
    for episode in 0..EPISODES {
        let mut chronicle = Chronicle::default();
        chronicle.load(vec![], "{}").unwrap();
        chronicle.open("held-out", episode, sessions).unwrap();
        let mut host = MockHost::demonstrated(Flat::default());
        let mut selector = Selector::default();
        selector
            .configure("{}", chronicle.describe().lexicon)
            .unwrap();
        let mut words = 0;
        for index in 1..=sessions {
            let session = chronicle.session(index).unwrap();
            let SessionContent::Dialogue(dialogue) = &session else {
                panic!("a task");
            };
            words += dialogue
                .turns
                .iter()
                .map(|turn| word_count(&turn.text))
                .sum::<usize>();
            let mut hints = chronicle
                .demonstrate(way.demonstrator, index, episode)
                .unwrap();
            (way.change)(&mut hints);
            let report = selector.observe(&mut host, session, Some(hints)).unwrap();
            assert_eq!((report.malformed, report.refused), (0, 0));
        }
        let questions = chronicle.questions().unwrap();
        let mut asked: BTreeSet<u32> = BTreeSet::new();
        let mut sum = 0.0;
        for question in &questions {
            let answer = selector.answer(&mut host, &question.text).unwrap();
            let reward = chronicle.score(&question.id, &answer).unwrap().reward;
            sum += reward;
            asked.extend(&question.sessions);
            let category = mean
                .categories
                .entry(question.category.clone())
                .or_default();
            category.0 += share;
            category.1 += reward * share;
        }
        let answers = sum / questions.len() as f32;
        let ratio = host.bank.stats().words as f32 / words as f32;
        mean.answers += answers * share;
        mean.ratio += ratio * share;
        mean.reward += (answers - 0.5 * (ratio - 0.25).max(0.0)) * share;
        mean.unasked += (1.0 - asked.len() as f32 / sessions as f32) * share;
    }
    mean
}

/// Runs one way at the horizons of the curriculum.
fn table(way: Way) -> [Worth; 3] {
    [8, 16, 32].map(|sessions| {
        let worth = worth(way, sessions);
        let name = way.name;
        let Worth {
            answers,
            ratio,
            reward,
            ..
        } = worth;
        print!(
            "{name:18} T={sessions:2} reward {reward:5.2} answers {answers:.3} bank {ratio:.2} |"
        );
        for (category, (count, sum)) in &worth.categories {
            print!(" {category} {count:.1}: {:.2}", sum / count);
        }
        println!();
        worth
    })
}

#[test]
fn the_expert_answers_every_question_from_a_small_bank() {
    for worth in table(EXPERT) {
        assert!((worth.answers - 1.0).abs() < 1e-5, "{}", worth.answers);
        assert!(worth.ratio < 0.25, "{}", worth.ratio);
        assert!(worth.unasked <= 0.01, "{}", worth.unasked);
        assert_eq!(worth.categories.len(), 5);
    }
}

#[test]
fn a_bank_that_only_grows_loses_more_the_longer_it_lives() {
    let [short, medium, long] = table(INSERT_ONLY).map(|worth| worth.reward);
    assert!(short < 0.75 && medium < short - 0.05 && long < medium - 0.15);
}

#[test]
fn leaving_cancelled_trips_in_the_bank_costs_answers() {
    for worth in table(NO_DELETE) {
        assert!(worth.answers < 0.96, "{}", worth.answers);
    }
}

#[test]
fn keeping_everything_is_worth_less_than_keeping_nothing() {
    for (everything, nothing) in table(EVERYTHING).iter().zip(table(NOTHING)) {
        assert!(everything.reward < nothing.reward);
    }
}

#[test]
fn silence_is_right_about_once_in_five() {
    let [short, ..] = table(NOTHING);
    assert!((0.15..0.25).contains(&short.answers), "{}", short.answers);
}

#[test]
fn the_demonstrator_leaves_most_to_learn() {
    for worth in table(DEMONSTRATOR) {
        assert!(worth.answers < 0.6, "{}", worth.answers);
    }
}
