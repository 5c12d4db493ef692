//! The Mem-α policy, which runs both roles.

use memloom_sdk::answers::UNKNOWN;
use memloom_sdk::bank::evidence;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::lookup::add_vectors;
use memloom_sdk::policy::{Description, HintedOperations, Report, dialogue, hinted_operations};
use memloom_sdk::state::Format;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{
    Answer, Error, Hint, LexiconKind, Moment, Operation, Session, SessionContent, Turn,
};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::options::{Calls, Options};
use crate::reader::{self, Found};
use crate::short_answer::Asked;
use crate::verdicts::{Chunk, MOST_TURNS};
use crate::view::{self, View};
use crate::{calls, prompts, short_answer, tools, verdicts, writer};

const WRITER: &str = "writer";
const READER: &str = "reader";

/// The Mem-α policy.
#[derive(Default)]
pub struct MemAlpha {
    options: Options,
    lexicon: Lexicon,
}

/// The observation of one session.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    at: Moment,
    hinted: Option<HintedOperations>,
    report: ReportCounter,
}

impl Reading<'_> {
    fn chunk(&mut self, turns: &[Turn]) -> Result<(), Error> {
        let options = self.options;
        let view = View::of(&self.host.entries(), options.shown);
        let hinted = self.hinted.as_ref();
        let request = Request {
            tools: match options.calls {
                Calls::Tools => tools::tools(),
                Calls::Json | Calls::Words => Vec::new(),
            },
            grammar: options.constrained.then(|| tools::schema(options, &view)),
            demonstration: hinted
                .and_then(|hinted| writer::demonstration(options, &view, turns, hinted)),
            ..Request::new(
                WRITER,
                vec![
                    Message::new("system", prompts::writer(options)),
                    Message::new("user", writer::prompt(&view, &self.at.time, turns)),
                ],
                options.max_tokens,
            )
        };
        self.report.step();
        let output = self.host.generate(&request)?;
        let Some(read) = calls::parse(&output) else {
            let session = self.at.session;
            self.report.malformed_output(session, WRITER, &output.text);
            return Ok(());
        };
        read.form.count(&mut self.report);
        self.report.refused(read.unread);
        let mut operations = Vec::new();
        for call in &read.calls {
            let source = |text: &str| writer::source(text, turns);
            match calls::operation(call, &view, source) {
                Some(operation) => operations.push(operation),
                None => self.report.refused(1),
            }
        }
        self.apply(operations)
    }

    /// Reads a chunk with calls in words.
    fn words(&mut self, turns: &[Turn]) -> Result<(), Error> {
        let view = View::of(&self.host.entries(), self.options.shown);
        let chunk = Chunk::new(turns, &view);
        let hinted = self.hinted.as_ref();
        let request = Request {
            grammar: Some(chunk.grammar()),
            demonstration: hinted.map(|hinted| chunk.demonstration(hinted)),
            ..Request::new(
                WRITER,
                short_messages(self.options.writer_prompt.as_deref(), chunk.prompt()),
                chunk.most_words() + 1,
            )
        };
        self.report.step();
        let output = self.host.generate(&request)?.text;
        match spoken(&output).and_then(|said| chunk.parse(said)) {
            Some(operations) => self.apply(operations),
            None => {
                let session = self.at.session;
                self.report.malformed_output(session, WRITER, &output);
                Ok(())
            }
        }
    }

    fn apply(&mut self, mut operations: Vec<Operation>) -> Result<(), Error> {
        self.report.operations(&operations);
        add_vectors(self.host, &mut operations)?;
        if !operations.is_empty() {
            self.report.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }
}

/// Returns the messages of a prompt of words, which has instructions only if a run file gives some.
fn short_messages(own: Option<&str>, input: String) -> Vec<Message> {
    let own = own.map(|own| Message::new("system", own.trim_end()));
    own.into_iter()
        .chain([Message::new("user", input)])
        .collect()
}

/// Checks that the bank has types.
fn check_bank(host: &mut dyn Host) -> Result<(), Error> {
    let schema = host.schema();
    if schema.fields.iter().any(|field| field == view::FIELD) {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "mem-alpha writes core, semantic and episodic memory, and the bank {} has no field `{}`: \
         use typed",
        schema.name,
        view::FIELD
    )))
}

impl MemAlpha {
    /// Asks the reader in words. Where what was found allows no answer, it is not asked, and the
    /// answer is empty.
    fn short_answer(
        &self,
        host: &mut dyn Host,
        found: &Found,
        question: &str,
    ) -> Result<String, Error> {
        let speakers = short_answer::speakers(found);
        let asked = Asked::new(found, question, &self.lexicon, &speakers);
        if asked.answers.is_empty() {
            return Ok(String::new());
        }
        let own = self.options.reader_prompt.as_deref();
        let output = host.generate(&Request {
            grammar: Some(asked.answers.grammar()),
            demonstration: Some(asked.demonstration()),
            ..Request::new(
                READER,
                short_messages(own, asked.prompt()),
                asked.answers.most_words() + 1,
            )
        })?;
        let said = spoken(&output.text).unwrap_or_default();
        Ok(asked.answers.parse(said.trim()).unwrap_or_default().into())
    }

    /// Asks the reader in JSON or free text.
    fn long_answer(
        &self,
        host: &mut dyn Host,
        found: &Found,
        question: &str,
    ) -> Result<String, Error> {
        let options = &self.options;
        let output = host.generate(&Request {
            grammar: options.constrained.then(|| reader::schema(options)),
            demonstration: Some(found.demonstration(options)),
            ..Request::new(
                READER,
                vec![
                    Message::new("system", prompts::reader(options)),
                    Message::new("user", found.prompt(question)),
                ],
                options.answer_tokens,
            )
        })?;
        Ok(reader::parse(&output.text))
    }
}

impl Policy for MemAlpha {
    /// Control words are described once the options say that calls are words.
    fn describe(&self) -> Description {
        let mut words: Vec<String> = Vec::new();
        if self.options.calls == Calls::Words {
            let own = verdicts::control_words().chain([UNKNOWN.into()]);
            for word in own.chain(self.lexicon.words()) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        Description {
            name: "mem-alpha".into(),
            summary: "A writer that calls functions on three types of memory, and a reader".into(),
            roles: [WRITER, READER].map(String::from).into(),
            control_words: words,
        }
    }

    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        self.lexicon = Lexicon::new(&lexicon);
        Ok(())
    }

    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let Session { index, time, turns } = dialogue("mem-alpha", session)?;
        check_bank(host)?;
        let mut reading = Reading {
            host,
            options: &self.options,
            at: Moment {
                session: index,
                time,
            },
            hinted: hints.map(hinted_operations),
            report: ReportCounter::new(&["insert", "update", "delete"]),
        };
        let chunk = turns.len().div_ceil(self.options.max_chunks).max(1);
        match self.options.calls {
            Calls::Words => {
                for turns in turns.chunks(chunk.min(MOST_TURNS)) {
                    reading.words(turns)?;
                }
            }
            Calls::Json | Calls::Tools => {
                for turns in turns.chunks(chunk) {
                    reading.chunk(turns)?;
                }
            }
        }
        Ok(reading.report.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let options = &self.options;
        check_bank(host)?;
        let found = Found::of(host, question, options.limit)?;
        let text = match options.calls {
            Calls::Words => self.short_answer(host, &found, question)?,
            Calls::Json | Calls::Tools => self.long_answer(host, &found, question)?,
        };
        Ok(Answer {
            text,
            citations: evidence(found.hits()),
        })
    }
}

const FORMAT: Format = Format {
    component: "mem-alpha",
    version: 1,
};

/// There is no state: what is remembered is in the bank. The host gives the options to every
/// instance by `configure`.
impl State for MemAlpha {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
