//! The policy: it plays tasks and reads dialogue with the graph as its memory.

use memloom_sdk::policy::{Description, Report, hinted_operations};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State, verdicts};

use crate::actor::ACTOR;
use crate::extractor::EXTRACTOR;
use crate::items::ITEMS;
use crate::means::Means;
use crate::options::Options;
use crate::planner::{EXPLORER, PLANNER};
use crate::refiner::REFINER;
use crate::{answer, memory, play};

/// The policy.
#[derive(Default)]
pub struct Ariadne {
    options: Options,
}

impl Policy for Ariadne {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        let words = verdicts::control_words();
        let roles = [ITEMS, EXTRACTOR, REFINER, EXPLORER, PLANNER, ACTOR];
        Description {
            name: "ariadne".into(),
            summary: "Acts in tasks with a graph of what it has seen".into(),
            roles: roles.map(String::from).into(),
            control_words: words.filter(|_| self.options.constrained).collect(),
        }
    }

    fn configure(&mut self, options: &str, _lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        Ok(())
    }

    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        memory::check(host)?;
        let mut report = ReportCounter::new(&["act", "link", "replace", "episode"]);
        let (index, time) = match &session {
            SessionContent::Dialogue(session) => (session.index, &session.time),
            SessionContent::Task(task) => (task.index, &task.time),
        };
        let mut means = Means {
            at: Moment {
                session: index,
                time: time.clone(),
            },
            host,
            options: &self.options,
            report: &mut report,
        };
        match session {
            SessionContent::Task(task) => play::task(&mut means, task)?,
            SessionContent::Dialogue(session) => {
                let hinted = hints.map(hinted_operations);
                play::dialogue(&mut means, session, hinted.as_ref())?;
            }
        }
        Ok(report.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        memory::check(host)?;
        answer::answer(host, &self.options, question)
    }
}

const FORMAT: Format = Format {
    component: "ariadne",
    version: 1,
};

/// There is no state: the graph is in the bank, and a plan lasts for a task. The host gives the options
/// to every instance by `configure`.
impl State for Ariadne {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
