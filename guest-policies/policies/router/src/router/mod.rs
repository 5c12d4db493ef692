//! The policy: it acts in tasks, and keeps in the bank who was right about what.

use memloom_sdk::policy::{Description, Report};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent, Task};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::means::{Means, ROUTER, Turn};
use crate::options::{Information, Options};
use crate::searcher::SEARCHER;
use crate::{chooser, memory, notes, own, talker};

/// The policy.
#[derive(Default)]
pub struct Router {
    options: Options,
}

impl Policy for Router {
    fn describe(&self) -> Description {
        Description {
            name: "router".into(),
            summary: "Asks advisers at their price between thoughts, and keeps who was right"
                .into(),
            roles: [ROUTER, SEARCHER].map(String::from).into(),
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
        let (index, time) = match &session {
            SessionContent::Dialogue(session) => (session.index, &session.time),
            SessionContent::Task(task) => (task.index, &task.time),
        };
        let mut report = ReportCounter::new(&["act", "insert"]);
        let mut means = Means {
            host,
            options: &self.options,
            at: Moment {
                session: index,
                time: time.clone(),
            },
            report: &mut report,
        };
        notes::check_bank(&mut means)?;
        match session {
            SessionContent::Dialogue(session) => notes::of_dialogue(&mut means, session),
            SessionContent::Task(task) => {
                let turns = play(&mut means, &task)?;
                notes::of_task(&mut means, &turns);
            }
        }
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "router answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

fn play(means: &mut Means<'_>, task: &Task) -> Result<Vec<Turn>, Error> {
    let memory = memory::lines(means, &task.instruction)?;
    match (means.options.constrained, means.options.information) {
        (true, _) => chooser::play(means, task, &memory),
        (false, Information::Own) => own::play(means, task, &memory),
        (false, Information::Environment | Information::Searcher) => {
            talker::play(means, task, &memory)
        }
    }
}

const FORMAT: Format = Format {
    component: "router",
    version: 1,
};

/// There is no state: notes are in the bank. The host gives the options to every instance by
/// `configure`.
impl State for Router {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
