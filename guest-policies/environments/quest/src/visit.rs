//! The course of a task: what was shown, and what it came to.

use memloom_sdk::text::word_count;
use serde::{Deserialize, Serialize};

use crate::command::Command;
use crate::corpus::Corpus;
use crate::options::Options;
use crate::problem::Problem;
use crate::scoring::{Outcome, judge};

/// The course of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// The numbers of the documents that were shown, each once, in order.
    pub seen: Vec<u32>,
    /// The number of acts.
    pub acts: u32,
    /// True once the task is over.
    pub over: bool,
    /// The worth of the answers; all zero until there are some.
    pub outcome: Outcome,
}

/// The forms of actions.
const FORMS: &str = "Say `search: ...` or `answer: ...`.";

impl Visit {
    /// Acts and returns what is seen.
    pub fn act(
        &mut self,
        corpus: &Corpus,
        problems: &[Problem],
        options: &Options,
        action: &str,
    ) -> String {
        self.acts += 1;
        let seen = match Command::parse(action) {
            Command::Search(words) => self.search(corpus, options, words),
            Command::Answer(said) => return self.end(judge(said, problems, options.strict)),
            Command::GiveUp => return self.end(Outcome::GIVEN_UP),
            Command::Other => FORMS.into(),
        };
        let hint = match options.turns.saturating_sub(self.acts) {
            0 => {
                self.over = true;
                "You have no turns left.".into()
            }
            1 => "You have 1 turn left: answer now.".into(),
            left => format!("You have {left} turns left."),
        };
        format!("{hint}\n{seen}")
    }

    fn end(&mut self, outcome: Outcome) -> String {
        self.over = true;
        self.outcome = outcome;
        "The task is over.".into()
    }

    fn search(&mut self, corpus: &Corpus, options: &Options, words: &str) -> String {
        if word_count(words) == 0 {
            return "The search has no words.".into();
        }
        let found = corpus.search(words, options.top);
        if found.is_empty() {
            return "Nothing was found.".into();
        }
        for number in &found {
            if !self.seen.contains(number) {
                self.seen.push(*number);
            }
        }
        let shown = found.into_iter().map(|number| corpus.shown(number));
        shown.collect::<Vec<_>>().join("\n")
    }

    /// Returns whether it can be the course of a task.
    pub fn fits(&self, corpus: &Corpus, options: &Options) -> bool {
        let mut seen = self.seen.iter();
        self.acts <= options.turns && seen.all(|number| corpus.document(*number).is_some())
    }
}
