//! The course of a task: what was read, and what it came to.

use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::options::Options;
use crate::scoring::{Outcome, judge};
use crate::text::Text;

/// The course of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The number of sections that were read.
    pub read: u32,
    /// The number of actions.
    pub acts: u32,
    /// True once the task is over.
    pub over: bool,
    /// The worth of the answer; all zero until there is one.
    pub outcome: Outcome,
}

impl Visit {
    /// Acts and returns what is seen.
    pub fn act(&mut self, text: &Text, options: &Options, action: &str) -> String {
        self.acts += 1;
        let mut seen = match Command::parse(action) {
            Command::Next => self.next(text),
            Command::Answer(said) => {
                self.over = true;
                self.outcome = judge(said, &text.problem.answers, options.tail);
                return "The task is over.".into();
            }
            Command::Other => "Say `next`, or `answer: ...`.".into(),
        };
        if self.acts >= text.steps() {
            self.over = true;
            seen.push_str(" You have no actions left.");
        }
        seen
    }

    fn next(&mut self, text: &Text) -> String {
        let Some(section) = text.sections.get(self.read as usize) else {
            return "The text has ended.".into();
        };
        self.read += 1;
        section.clone()
    }

    /// Returns whether it can be the course of a text's task.
    #[must_use]
    pub fn fits(&self, text: &Text) -> bool {
        let sections = text.sections.len() as u32;
        self.read <= sections && self.read <= self.acts && self.acts <= text.steps()
    }
}
