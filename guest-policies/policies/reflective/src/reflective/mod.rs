//! The policy, which runs the three roles.

use memloom_sdk::answers::UNKNOWN;
use memloom_sdk::bank::{Hit, evidence};
use memloom_sdk::host::Request;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::policy::{Description, Report, hinted_operations};
use memloom_sdk::speakers::aliases;
use memloom_sdk::state::Format;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, SessionContent, Task};
use memloom_sdk::{Host, Policy, ReportCounter, State, verdicts};

use crate::answerer::{self, Said};
use crate::merger::MERGE;
use crate::options::{Form, MOST_MARKS, Options};
use crate::prompts;
use crate::reading::{CITED, MERGER, Reading, SUMMARISER, messages, retrieve, short_messages};
use crate::short_answer::{ANSWER, Asked, speakers};
use crate::short_merge::{ADD, mark};

/// The role that answers and cites.
const ANSWERER: &str = "answerer";

/// The policy.
#[derive(Default)]
pub struct Reflective {
    options: Options,
    lexicon: Lexicon,
}

/// Checks that the bank has what the policy applies.
fn check_bank(host: &mut dyn Host) -> Result<(), Error> {
    let schema = host.schema();
    let has = |name: &str| schema.operations.iter().any(|of| of.name == name);
    match [MERGE, CITED].into_iter().find(|name| !has(name)) {
        None => Ok(()),
        Some(name) => Err(Error::Unsupported(format!(
            "reflective applies the operation `{name}`, which the bank {} does not have: use topics",
            schema.name
        ))),
    }
}

impl Reflective {
    /// Asks the answerer about topics, and returns what it says beside the output itself; none if it was
    /// not asked, since there are no topics or, in words, they allow no answer. With a demonstrator's
    /// advice the demonstration gives this answer.
    fn ask(
        &self,
        host: &mut dyn Host,
        hits: &[Hit],
        question: &str,
        advice: Option<&str>,
    ) -> Result<Option<(Said, String)>, Error> {
        let options = &self.options;
        if options.form == Form::Words {
            return self.ask_in_words(host, hits, question, advice);
        }
        if hits.is_empty() {
            return Ok(None);
        }
        let prompt = answerer::prompt(hits, question);
        let output = host.generate(&Request {
            grammar: options.constrained.then(|| answerer::schema(hits.len())),
            demonstration: Some(answerer::demonstration(options, hits, advice)),
            ..Request::new(
                ANSWERER,
                messages(&prompts::answerer(options), prompt),
                options.answer_tokens,
            )
        })?;
        let output = output.text;
        Ok(Some((answerer::parse(&output, hits.len()), output)))
    }

    fn ask_in_words(
        &self,
        host: &mut dyn Host,
        hits: &[Hit],
        question: &str,
        advice: Option<&str>,
    ) -> Result<Option<(Said, String)>, Error> {
        let speakers = speakers(hits);
        let asked = Asked::new(hits, question, &self.lexicon, &speakers);
        if asked.is_empty() {
            return Ok(None);
        }
        let output = host.generate(&Request {
            grammar: Some(asked.grammar()),
            demonstration: Some(asked.demonstration(advice)),
            ..Request::new(
                ANSWERER,
                short_messages(self.options.answerer_prompt.as_deref(), asked.prompt()),
                asked.most_words() + 1,
            )
        })?;
        let said = spoken(&output.text).and_then(|said| asked.parse(said));
        Ok(Some((said.unwrap_or_default(), output.text)))
    }

    /// Answers a question that is a task.
    fn act(&self, reading: &mut Reading<'_>, task: &Task) -> Result<(), Error> {
        if !task.actions.is_empty() {
            return Err(Error::Unsupported(format!(
                "reflective answers a task in words of its own, and that of session {} lists its \
                 actions: use react",
                task.index
            )));
        }
        let question = &task.instruction;
        let (hits, vector) = retrieve(reading.host, question, Some(task.index))?;
        let advice = reading.host.advise();
        let asked = self.ask(reading.host, &hits, question, advice.as_deref())?;
        let said = match asked {
            None => Said::default(),
            Some((said, output)) => {
                reading.report.step();
                if said.cited.is_none() {
                    reading
                        .report
                        .malformed_output(task.index, ANSWERER, &output);
                }
                said
            }
        };
        reading.answered(task, vector, &hits, &said)
    }
}

impl Policy for Reflective {
    /// Control words are described once the options say that outputs are words.
    fn describe(&self) -> Description {
        let mut words: Vec<String> = Vec::new();
        if self.options.form == Form::Words {
            let own = [ADD, MERGE, ANSWER, UNKNOWN].map(String::from).into_iter();
            let marks = (1..=MOST_MARKS).map(mark);
            let own = own.chain(verdicts::control_words()).chain(marks);
            for word in own.chain(aliases()).chain(self.lexicon.words()) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        Description {
            name: "reflective".into(),
            summary: "RMM: a summariser, a merger, and an answerer whose citations teach the bank"
                .into(),
            roles: [SUMMARISER, MERGER, ANSWERER].map(String::from).into(),
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
        check_bank(host)?;
        let (session_number, time) = match &session {
            SessionContent::Dialogue(session) => (session.index, session.time.clone()),
            SessionContent::Task(task) => (task.index, task.time.clone()),
        };
        let mut reading = Reading {
            host,
            options: &self.options,
            at: Moment {
                session: session_number,
                time,
            },
            hinted: hints.map(hinted_operations),
            report: ReportCounter::new(&["insert", MERGE, CITED]),
        };
        match session {
            SessionContent::Dialogue(session) => reading.dialogue(&session.turns)?,
            SessionContent::Task(task) => self.act(&mut reading, &task)?,
        }
        Ok(reading.report.report())
    }

    /// Answers from the best topics. The bank stays as it is, and so does its reranker.
    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        check_bank(host)?;
        let (hits, _) = retrieve(host, question, None)?;
        let asked = self.ask(host, &hits, question, None)?;
        let (said, _) = asked.unwrap_or_default();
        let cited = said.cited.unwrap_or_default();
        Ok(Answer {
            text: said.answer,
            citations: evidence(cited.iter().map(|place| &hits[*place])),
        })
    }
}

const FORMAT: Format = Format {
    component: "reflective",
    version: 1,
};

/// There is no state: topics and reranker are in the bank. The host gives the options to every
/// instance by `configure`.
impl State for Reflective {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&())
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        FORMAT.load(bytes)
    }
}

#[cfg(test)]
mod tests;
