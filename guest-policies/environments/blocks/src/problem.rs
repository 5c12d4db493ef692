//! A problem: a world at its start, and a goal.

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::shares::hash;

use crate::domain::Instance;
use crate::ground::Ground;
use crate::worlds::World;

/// The categories, by the number of goals.
pub const CATEGORIES: [&str; 4] = ["one-goal", "two-goals", "three-goals", "four-goals-or-more"];

/// A problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    world: World,
    instance: Instance,
}

impl Problem {
    /// Draws a problem of a split. No goal holds at the start, and no other split has the problem.
    pub fn draw(world: World, size: u32, split: Split, random: &mut Random) -> Self {
        loop {
            let instance = world.draw(size, random);
            let is_met = |goal: &String| instance.start.contains(goal);
            if instance.goal.is_empty() || instance.goal.iter().any(is_met) {
                continue;
            }
            let problem = Self { world, instance };
            if problem.owner() == split {
                return problem;
            }
        }
    }

    /// Returns the split that has the problem: half of all are for training, a quarter each for
    /// validation and reports.
    fn owner(&self) -> Split {
        let text = |facts: &[String]| {
            // The order in which things were named is no part of a problem.
            let mut facts = facts.to_vec();
            facts.sort_unstable();
            facts.join(". ")
        };
        let Instance { start, goal, .. } = &self.instance;
        match hash(&format!("{}\n{}", text(goal), text(start))) % 4 {
            0 | 1 => Split::Train,
            2 => Split::Validation,
            _ => Split::HeldOut,
        }
    }

    /// Returns the facts and actions.
    #[must_use]
    pub fn ground(&self) -> Ground {
        Ground::new(self.world.domain(), &self.instance)
    }

    /// Returns the forms of actions, in which a capital letter stands for a thing.
    pub fn forms(&self) -> impl Iterator<Item = &'static str> {
        self.world.domain().rules.iter().map(|rule| rule.words)
    }

    /// Returns the number of goals.
    #[must_use]
    pub fn goals(&self) -> usize {
        self.instance.goal.len()
    }

    /// Returns the category.
    #[must_use]
    pub fn category(&self) -> &'static str {
        CATEGORIES[self.goals().clamp(1, CATEGORIES.len()) - 1]
    }
}
