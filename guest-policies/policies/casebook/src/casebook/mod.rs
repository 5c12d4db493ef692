//! The policy: it plans, acts, and keeps cases in the bank.

use std::collections::BTreeSet;

use memloom_sdk::acting;
use memloom_sdk::lexicon::sayable;
use memloom_sdk::policy::{Description, Report, task};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::executor::EXECUTOR;
use crate::keep::keep;
use crate::means::Means;
use crate::options::Options;
use crate::planner::PLANNER;
use crate::{compact, text, words};

/// The policy.
#[derive(Default)]
pub struct Casebook {
    options: Options,
    /// The words of the environment's closed language, in which actions are said.
    language: BTreeSet<String>,
}

impl Policy for Casebook {
    /// Control words are described once the options say that outputs are constrained. Where actions are
    /// said in their own words, these are the words of the closed language.
    fn describe(&self) -> Description {
        let actions = match self.options.numbered {
            true => acting::control_words(),
            false => self.language.iter().cloned().collect(),
        };
        let words: BTreeSet<String> = words::control_words().chain(actions).collect();
        Description {
            name: "casebook".into(),
            summary: "Plans tasks from cases of former ones, and keeps them as cases".into(),
            roles: [PLANNER, EXECUTOR].map(String::from).into(),
            control_words: match self.options.constrained {
                true => words.into_iter().collect(),
                false => Vec::new(),
            },
        }
    }

    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        let options = Options::parse(options)?;
        let language = sayable(&lexicon);
        *self = Self { options, language };
        Ok(())
    }

    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        _hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let task = task("casebook", session)?;
        let mut report = ReportCounter::new(&["act", "outcome", "insert"]);
        let mut means = Means {
            host,
            options: &self.options,
            at: Moment {
                session: task.index,
                time: task.time.clone(),
            },
            report: &mut report,
        };
        means.check_bank()?;
        let goal = means.goal(&task.instruction)?;
        let shown = means.look_up(&goal)?;
        let played = match self.options.constrained {
            true => compact::play(&mut means, &task, &shown)?,
            false => text::play(&mut means, &task, &shown)?,
        };
        for _ in played.sitting.turns() {
            means.report.operation("act");
        }
        keep(&mut means, &played, goal);
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "casebook answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "casebook",
    version: 1,
};

/// There is no state: cases are in the bank. The host gives the options to every instance by
/// `configure`.
impl State for Casebook {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
