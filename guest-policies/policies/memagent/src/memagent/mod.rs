//! The policy: it reads the text of a task and answers, or reads dialogue and answers later.

use memloom_sdk::policy::{Description, Report, hinted_operations};
use memloom_sdk::state::Format;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, Session, SessionContent, Task};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::advice;
use crate::answerer::{self, ANSWERER};
use crate::choice::{UNKNOWN, Values};
use crate::demonstrated::Demonstrated;
use crate::keep;
use crate::memory::{self, Memory};
use crate::options::Options;
use crate::reader::{self, READER};
use crate::section::{self, Section};

/// The policy.
#[derive(Default)]
pub struct MemAgent {
    options: Options,
    values: Values,
}

impl MemAgent {
    /// Reads the text of a task, one section an act, and answers with the last act.
    fn task(&self, memory: &mut Memory, task: &Task) -> Result<(), Error> {
        let Some(sections) = task.steps.checked_sub(1) else {
            return Err(Error::Unsupported(format!(
                "memagent reads in as many acts as a task allows but one: session {} has no limit",
                task.index
            )));
        };
        let problem = task.instruction.lines().next().unwrap_or_default().trim();
        memory.clear();
        for _ in 0..sections {
            let seen = memory.act("next")?;
            if seen.done {
                return Ok(());
            }
            let advice = memory.host.advise();
            let shown = advice.as_deref().and_then(Demonstrated::of_advice);
            let section = Section::of_text(&seen.text);
            reader::read(memory, &self.options, problem, &section, shown.as_ref())?;
        }
        let advice = memory.host.advise();
        let advised = advice.as_deref().and_then(advice::answer);
        let text = memory::text(memory.host);
        let said = self.said(memory, problem, &text, advised)?;
        memory.act(&format!("answer: {said}")).map(drop)
    }

    /// Asks the answerer, and returns what it says for the environment to judge.
    fn said(
        &self,
        memory: &mut Memory,
        problem: &str,
        text: &str,
        advised: Option<&str>,
    ) -> Result<String, Error> {
        let (options, values) = (&self.options, &self.values);
        let answered = answerer::answer(memory.host, options, values, problem, text, advised)?;
        let Some(answered) = answered else {
            return Ok(String::new());
        };
        memory.report.step();
        if answered.answer.is_none() {
            memory.malformed(ANSWERER, &answered.said);
        }
        Ok(answered.said)
    }

    /// Reads a dialogue, with no problem in mind yet.
    fn dialogue(
        &self,
        memory: &mut Memory,
        session: &Session,
        hints: Option<Vec<Hint>>,
    ) -> Result<(), Error> {
        let hinted = hints.map(hinted_operations);
        let shown = hinted.as_ref().map(|_| Demonstrated::Turns);
        for section in section::of_dialogue(session, hinted.as_ref(), self.options.section_words) {
            reader::read(memory, &self.options, "", &section, shown.as_ref())?;
        }
        Ok(())
    }
}

impl Policy for MemAgent {
    /// Control words are described once the options say that outputs are constrained.
    fn describe(&self) -> Description {
        let mut words: Vec<String> = keep::control_words().chain([UNKNOWN.into()]).collect();
        for word in self.values.words() {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words.retain(|_| self.options.constrained);
        Description {
            name: "memagent".into(),
            summary: "Reads section by section, overwrites one memory, and answers from it".into(),
            roles: [READER, ANSWERER].map(String::from).into(),
            control_words: words,
        }
    }

    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        let options = Options::parse(options)?;
        let values = Values::new(&lexicon);
        if options.constrained && values.is_empty() {
            return Err(Error::Invalid(
                "memagent's options: `constrained` chooses among the values of an environment's \
                 closed language, and this one has none: leave it out"
                    .into(),
            ));
        }
        *self = Self { options, values };
        Ok(())
    }

    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let mut report = ReportCounter::new(&["act", "insert", "update", "delete"]);
        let (index, time) = match &session {
            SessionContent::Dialogue(session) => (session.index, &session.time),
            SessionContent::Task(task) => (task.index, &task.time),
        };
        let at = Moment {
            session: index,
            time: time.clone(),
        };
        let memory = &mut Memory {
            host,
            at,
            report: &mut report,
        };
        match &session {
            SessionContent::Task(task) => self.task(memory, task)?,
            SessionContent::Dialogue(session) => self.dialogue(memory, session, hints)?,
        }
        Ok(report.report())
    }

    /// Answers from the memory. The answer is empty where the output has none.
    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let entry = memory::entry(host);
        let text = entry.as_ref().map(|entry| &*entry.text).unwrap_or_default();
        let answered = answerer::answer(host, &self.options, &self.values, question, text, None)?;
        Ok(Answer {
            text: answered
                .and_then(|answered| answered.answer)
                .unwrap_or_default(),
            citations: entry.map(|entry| entry.evidence).unwrap_or_default(),
        })
    }
}

const FORMAT: Format = Format {
    component: "memagent",
    version: 1,
};

/// There is no state: the memory is in the bank. The host gives the options to every instance by
/// `configure`.
impl State for MemAgent {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
