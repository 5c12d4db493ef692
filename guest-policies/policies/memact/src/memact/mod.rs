//! The policy: it acts in tasks, with records of its calls in the bank.

use memloom_sdk::policy::{Description, Report};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::agent::{self, AGENT};
use crate::options::Options;
use crate::records::Records;

/// The policy.
#[derive(Default)]
pub struct MemAct {
    options: Options,
}

impl Policy for MemAct {
    fn describe(&self) -> Description {
        Description {
            name: "memact".into(),
            summary: "Acts in tasks, and folds records of its calls into summaries".into(),
            roles: vec![AGENT.into()],
            control_words: Vec::new(),
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
                    "memact acts in tasks and reads no dialogue: session {} is one",
                    session.index
                )));
            }
        };
        let mut report = ReportCounter::new(&["act", "insert", "fold", "delete"]);
        let mut records = Records {
            host,
            options: &self.options,
            at: Moment {
                session: task.index,
                time: task.time.clone(),
            },
            report: &mut report,
        };
        records.check_bank()?;
        agent::play(&mut records, &task)?;
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "memact answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "memact",
    version: 1,
};

/// There is no state: the records are in the bank. The host gives the options to every instance
/// by `configure`.
impl State for MemAct {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
