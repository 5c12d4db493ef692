//! The tasks of an episode.

use std::collections::BTreeSet;

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;

use crate::chain::Chain;
use crate::codes;
use crate::language::FORM;
use crate::options::{Actions, Named, Options, Order};
use crate::problem::Problem;

/// Problems that share a chain and differ in the first number.
const ALIKE: usize = 2;

/// Draws the tasks of a made-up episode. There are as many problems to draw from as tasks, two of
/// a chain each, so that tasks of a stream are alike, and some are the same. Where the episode has
/// code words, first numbers are said by them.
#[must_use]
pub fn made_up(options: &Options, split: Split, index: u64) -> Vec<Problem> {
    let mut random = Random::derived(options.seed, &[1, split as u64, index]);
    let tasks = options.tasks as usize;
    let codes = codes::draw(options.codes, split, &mut random);
    let mut problems = Vec::new();
    for _ in 0..tasks.div_ceil(ALIKE) {
        let chain = Chain::draw(options.depth, &mut random);
        let mut alike: Vec<Problem> = match codes.is_empty() {
            true => {
                let first = chain.first_numbers(split).into_iter();
                first.map(|first| chain.problem(first)).collect()
            }
            false => codes.iter().map(|code| chain.coded(code)).collect(),
        };
        random.shuffle(&mut alike);
        alike.truncate(ALIKE);
        problems.extend(alike);
    }
    if options.actions == Actions::Open {
        for problem in &mut problems {
            problem.instruction += &format!(" {FORM}");
        }
    }
    let drawn = (0..tasks).filter_map(|_| random.pick(&problems).cloned());
    drawn.collect()
}

/// Puts tasks into an order, those of equally many steps as they stood before.
pub fn put_in_order(tasks: &mut [Problem], order: Order, split: Split, index: u64) {
    match order {
        Order::Named(Named::Given) => (),
        Order::Named(Named::EasyFirst) => tasks.sort_by_key(|task| task.steps),
        Order::Named(Named::HardFirst) => tasks.sort_by_key(|task| u32::MAX - task.steps),
        Order::Shuffled(seed) => {
            Random::derived(seed, &[2, split as u64, index]).shuffle(tasks);
        }
    }
}

/// Lets the first task with each code word tell what it stands for.
pub fn explain(tasks: &mut [Problem]) {
    let mut told = BTreeSet::new();
    for task in tasks {
        let Some(code) = &task.code else {
            continue;
        };
        if told.insert(code.word.clone()) {
            let sentence = code.to_string();
            let (first, rest) = sentence.split_at(1);
            task.instruction = format!("{}{rest} {}", first.to_uppercase(), task.instruction);
        }
    }
}

/// Returns the place of the task that tells what the code word of another one stands for; none if
/// that task tells all that it needs.
#[must_use]
pub fn told_at(tasks: &[Problem], place: usize) -> Option<usize> {
    let code = tasks.get(place)?.code.as_ref()?;
    let first = tasks
        .iter()
        .position(|task| task.code.as_ref() == Some(code))?;
    (first < place).then_some(first)
}
