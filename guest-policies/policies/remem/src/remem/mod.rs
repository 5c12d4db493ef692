//! The policy: it acts in tasks, and keeps them as experiences in the bank.

use std::collections::BTreeSet;

use memloom_sdk::acting;
use memloom_sdk::lexicon::sayable;
use memloom_sdk::policy::{Description, Report, task};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::actor;
use crate::keep::keep;
use crate::means::Means;
use crate::options::Options;
use crate::reflector::REFLECTOR;
use crate::step::ACTOR;
use crate::words;

/// The policy.
#[derive(Default)]
pub struct ReMem {
    options: Options,
    /// The words of the environment's closed language, in which actions are said.
    language: BTreeSet<String>,
}

impl Policy for ReMem {
    /// Control words are described once the options say that outputs are constrained. Where actions are
    /// said in their own words, these are the words of the closed language.
    fn describe(&self) -> Description {
        let options = &self.options;
        let actions = match options.numbered {
            true => acting::control_words(),
            false => self.language.iter().cloned().collect(),
        };
        let prunes = words::control_words().filter(|_| options.prunes());
        let words: BTreeSet<String> = prunes.chain(actions).collect();
        Description {
            name: "remem".into(),
            summary: "Acts in tasks with experiences of like ones in the prompt, and prunes them"
                .into(),
            roles: [ACTOR, REFLECTOR].map(String::from).into(),
            control_words: match options.constrained {
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
        let task = task("remem", session)?;
        let mut report = ReportCounter::new(&["act", "prune", "outcome", "insert"]);
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
        let mut shown = means.look_up(&goal)?;
        let sitting = actor::play(&mut means, &task, &mut shown)?;
        keep(&mut means, &task, &sitting, &shown, goal)?;
        Ok(report.report())
    }

    /// Refuses questions: what a task came to is all that it is for.
    fn answer(&self, _host: &mut dyn Host, _question: &str) -> Result<Answer, Error> {
        Err(Error::Unsupported(
            "remem answers within its tasks alone: ask it no questions".into(),
        ))
    }
}

const FORMAT: Format = Format {
    component: "remem",
    version: 1,
};

/// There is no state: experiences are in the bank. The host gives the options to every instance by
/// `configure`.
impl State for ReMem {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
