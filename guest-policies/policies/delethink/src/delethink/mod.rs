//! The policy: it thinks about a task, and answers.

use memloom_sdk::policy::{Description, Report, task};
use memloom_sdk::state::Format;
use memloom_sdk::text::apart;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, SessionContent};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::answer::{self, LABEL};
use crate::language::Language;
use crate::options::Options;
use crate::thinker::{THINKER, think};

/// The policy.
#[derive(Default)]
pub struct Delethink {
    options: Options,
    language: Language,
}

impl Policy for Delethink {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        Description {
            name: "delethink".into(),
            summary: "Thinks in chunks and carries a short state from one to the next".into(),
            roles: vec![THINKER.into()],
            control_words: match self.options.constrained {
                true => self.language.control_words(),
                false => Vec::new(),
            },
        }
    }

    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        let options = Options::parse(options)?;
        let language = Language::new(lexicon);
        if options.constrained && language.is_empty() {
            return Err(Error::Invalid(
                "delethink's options: `constrained` outputs are words of a closed language, and \
                 the environment's is open: leave it out"
                    .into(),
            ));
        }
        *self = Self { options, language };
        Ok(())
    }

    /// Thinks, and acts once: with the answer, or, if there is none, with the first action that is
    /// listed, or an empty one.
    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        _hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let task = task("delethink", session)?;
        let mut report = ReportCounter::new(&["act"]);
        let advice = host.advise();
        let thought = self.think(host, &task.instruction, advice.as_deref(), &mut report)?;
        let action = match answer::read(&thought, self.options.closing()) {
            Some(answer) => format!("{LABEL}: {answer}"),
            None => {
                report.malformed_output(task.index, THINKER, &thought);
                task.actions.into_iter().next().unwrap_or_default()
            }
        };
        report.operation("act");
        match host.act(&action) {
            Ok(_) => (),
            Err(Error::Invalid(_) | Error::Unknown(_)) => report.refused(1),
            Err(error) => return Err(error),
        }
        Ok(report.report())
    }

    /// Thinks about the question alone: nothing is remembered.
    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let thought = self.think(host, question, None, &mut ReportCounter::new(&[]))?;
        let text = answer::read(&thought, self.options.closing());
        Ok(Answer {
            text: text.unwrap_or_default().into(),
            citations: Vec::new(),
        })
    }
}

impl Delethink {
    fn think(
        &self,
        host: &mut dyn Host,
        question: &str,
        advice: Option<&str>,
        report: &mut ReportCounter,
    ) -> Result<String, Error> {
        let text = advice.map(|advice| self.demonstrated(advice));
        think(
            host,
            &self.options,
            &self.language,
            question,
            text.as_deref(),
            report,
        )
    }

    /// Returns a demonstrator's output: his steps are thoughts, and his last line is the answer.
    fn demonstrated(&self, advice: &str) -> String {
        if self.options.constrained {
            return apart(&advice.to_lowercase());
        }
        let (steps, answer) = advice.rsplit_once('\n').unwrap_or(("", advice));
        match self.options.closing() {
            "" => advice.into(),
            closing => format!("{steps}\n{closing}\n{answer}"),
        }
    }
}

const FORMAT: Format = Format {
    component: "delethink",
    version: 1,
};

/// There is no state: nothing is carried from one session to the next. The host gives the options
/// to every instance by `configure`.
impl State for Delethink {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
