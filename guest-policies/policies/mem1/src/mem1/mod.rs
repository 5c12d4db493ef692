//! The policy: it acts in tasks, with its state in the bank.

use memloom_sdk::policy::{Description, Report};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::agent;
use crate::options::Options;
use crate::said::DONE;
use crate::turn::AGENT;
use crate::writing::Writing;

/// The policy.
#[derive(Default)]
pub struct Mem1 {
    options: Options,
}

impl Policy for Mem1 {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        let words = [DONE.to_string()].into_iter();
        Description {
            name: "mem1".into(),
            summary: "Acts in tasks with one rewritten state in the place of its history".into(),
            roles: vec![AGENT.into()],
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
        _hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let task = match session {
            SessionContent::Task(task) => task,
            SessionContent::Dialogue(session) => {
                return Err(Error::Unsupported(format!(
                    "mem1 acts in tasks and reads no dialogue: session {} is one",
                    session.index
                )));
            }
        };
        let mut report = ReportCounter::new(&["act", "insert", "update", "delete"]);
        let mut writing = Writing {
            host,
            at: Moment {
                session: task.index,
                time: task.time.clone(),
            },
            report: &mut report,
        };
        agent::play(&mut writing, &self.options, &task)?;
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "mem1 answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "mem1",
    version: 1,
};

/// There is no state: that of a task is in the bank. The host gives the options to every instance
/// by `configure`.
impl State for Mem1 {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
