//! The policy: it plans and acts in tasks, and keeps reflections on failed ones in the bank.

use memloom_sdk::policy::{Description, Report, task};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::means::Means;
use crate::options::Options;
use crate::roles::critic::{self, CRITIC};
use crate::roles::proposer::PROPOSER;
use crate::roles::reflector::REFLECTOR;
use crate::roles::simulator::SIMULATOR;
use crate::{actor, lessons};

/// The policy.
#[derive(Default)]
pub struct Rafa {
    options: Options,
}

impl Policy for Rafa {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        Description {
            name: "rafa".into(),
            summary: "Plans each act ahead with the model as proposer, simulator and critic".into(),
            roles: [PROPOSER, SIMULATOR, CRITIC, REFLECTOR]
                .map(String::from)
                .into(),
            control_words: match self.options.constrained {
                true => critic::control_words(),
                false => Vec::new(),
            },
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
        let task = task("rafa", session)?;
        let mut report = ReportCounter::new(&["act", "insert", "delete"]);
        let mut means = Means {
            host,
            options: &self.options,
            at: Moment {
                session: task.index,
                time: task.time.clone(),
            },
            report: &mut report,
        };
        lessons::check_bank(&mut means)?;
        let shown = lessons::look_up(&mut means, &task.instruction)?;
        let played = actor::play(&mut means, &task, &shown)?;
        lessons::learn(&mut means, &task.instruction, &shown, &played)?;
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "rafa answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "rafa",
    version: 1,
};

/// There is no state: reflections are in the bank. The host gives the options to every instance by
/// `configure`.
impl State for Rafa {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
