//! The policy: it plays tasks, reads dialogue, and writes notes after both.

use memloom_sdk::acting;
use memloom_sdk::policy::{Description, Report, hinted_operations};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State, verdicts};

use crate::actor::{self, ACTOR};
use crate::answer;
use crate::options::Options;
use crate::scribe::SCRIBE;
use crate::writing::Writing;

/// The policy.
#[derive(Default)]
pub struct React {
    options: Options,
}

impl Policy for React {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        let numbers = acting::control_words().into_iter();
        let numbers = numbers.filter(|_| self.options.numbered);
        let words = numbers.chain(verdicts::control_words());
        Description {
            name: "react".into(),
            summary: "Acts in tasks with its memory in the prompt, and writes notes after each"
                .into(),
            roles: [ACTOR, SCRIBE].map(String::from).into(),
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
        let options = &self.options;
        let mut report = ReportCounter::new(&["act", "insert"]);
        let (index, time) = match &session {
            SessionContent::Dialogue(session) => (session.index, &session.time),
            SessionContent::Task(task) => (task.index, &task.time),
        };
        let at = Moment {
            session: index,
            time: time.clone(),
        };
        match session {
            SessionContent::Task(task) => {
                let sitting = actor::play(host, options, &task, &mut report)?;
                let report = &mut report;
                Writing {
                    host,
                    options,
                    at,
                    report,
                }
                .task(&task, &sitting)?;
            }
            SessionContent::Dialogue(session) => {
                let hinted = hints.map(hinted_operations);
                let report = &mut report;
                Writing {
                    host,
                    options,
                    at,
                    report,
                }
                .dialogue(session, hinted.as_ref())?;
            }
        }
        Ok(report.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        answer::answer(host, &self.options, question)
    }
}

const FORMAT: Format = Format {
    component: "react",
    version: 1,
};

/// There is no state: what is remembered is in the bank. The host gives the options to every
/// instance by `configure`.
impl State for React {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
