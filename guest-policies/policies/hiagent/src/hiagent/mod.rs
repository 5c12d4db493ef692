//! The policy: it acts in tasks, with its acts in the bank, grouped by subgoals.

use memloom_sdk::policy::{Description, Report};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::actor::{self, ACTOR};
use crate::options::Options;
use crate::records::Records;
use crate::summariser::SUMMARISER;
use crate::{choice, summary};

/// The policy.
#[derive(Default)]
pub struct HiAgent {
    options: Options,
}

impl Policy for HiAgent {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        let words = choice::control_words().into_iter();
        let words = words.chain(summary::control_words());
        Description {
            name: "hiagent".into(),
            summary: "Acts subgoal by subgoal, with summaries of those that are finished".into(),
            roles: [ACTOR, SUMMARISER].map(String::from).into(),
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
                    "hiagent acts in tasks and reads no dialogue: session {} is one",
                    session.index
                )));
            }
        };
        let mut report = ReportCounter::new(&[
            "act",
            "retrieve",
            "insert",
            "open-group",
            "close-group",
            "delete",
        ]);
        let at = Moment {
            session: task.index,
            time: task.time.clone(),
        };
        let mut records = Records::new(host, &self.options, at, &mut report)?;
        actor::play(&mut records, &task)?;
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "hiagent acts in tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "hiagent",
    version: 1,
};

/// There is no state: the acts are in the bank. The host gives the options to every instance by
/// `configure`.
impl State for HiAgent {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
