//! The Memory-R1 policy, which runs the three roles.

use memloom_sdk::bank::{Hit, evidence};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::lookup::{about, add_vectors, best, vectors};
use memloom_sdk::policy::{
    Description, HintedOperations, Report, dialogue, hinted_operations, hinted_operations_of_all,
};
use memloom_sdk::speakers::Speakers;
use memloom_sdk::state::Format;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{
    Answer, DemonstratedOperation, Entry, Error, Hint, LexiconKind, Moment, Operation, Session,
    SessionContent, Turn,
};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::answerer::{self, Said};
use crate::manager::{self, Facts};
use crate::options::{Form, Options};
use crate::short_answer::Asked;
use crate::verdict::{self, Case};
use crate::{extractor, prompts, short_answer};

const EXTRACTOR: &str = "extractor";
const MANAGER: &str = "manager";
const ANSWERER: &str = "answerer";

/// The Memory-R1 policy.
#[derive(Default)]
pub struct MemoryR1 {
    options: Options,
    lexicon: Lexicon,
    /// The speakers in order of appearance; the answerer reads about each.
    speakers: Vec<String>,
}

/// The observation of one session.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    speakers: &'a Speakers,
    at: Moment,
    /// The demonstrator's operations for the session's turns.
    hinted: Option<HintedOperations>,
    report: ReportCounter,
}

impl Reading<'_> {
    fn turn(&mut self, turn: &Turn) -> Result<(), Error> {
        let facts = match self.options.extracts() {
            true => self.extract(turn)?,
            false => vec![turn.text.clone()],
        };
        if facts.is_empty() {
            return Ok(());
        }
        let shown = self.related(&turn.speaker, &facts)?;
        let mut operations = match self.options.form {
            Form::Words => self.decide(turn, &shown)?,
            Form::Json => self.manage(&Facts {
                speaker: &turn.speaker,
                turn: &turn.id,
                facts: &facts,
                shown: &shown,
            })?,
        };
        self.report.operations(&operations);
        add_vectors(self.host, &mut operations)?;
        if !operations.is_empty() {
            self.report.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }

    fn extract(&mut self, turn: &Turn) -> Result<Vec<String>, Error> {
        let options = self.options;
        let request = Request {
            grammar: options.constrained.then(|| extractor::schema(options)),
            demonstration: self.hinted.as_ref().map(|hinted| {
                extractor::demonstration(options, turn, hinted.contains_key(&turn.id))
            }),
            ..Request::new(
                EXTRACTOR,
                messages(
                    prompts::extractor(options),
                    extractor::prompt(&self.at.time, turn),
                ),
                options.max_tokens,
            )
        };
        let output = self.output(&request)?;
        let Some(read) = extractor::parse(&output) else {
            return Ok(self.malformed(EXTRACTOR, &output));
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.facts)
    }

    fn manage(&mut self, facts: &Facts) -> Result<Vec<Operation>, Error> {
        let options = self.options;
        let insert = &DemonstratedOperation::Insert;
        let request = Request {
            grammar: options.constrained.then(|| manager::schema(options, facts)),
            demonstration: self.hinted.as_ref().map(|hinted| {
                let hint = hinted.get(facts.turn).unwrap_or(insert);
                manager::demonstration(options, facts, hint)
            }),
            ..Request::new(
                MANAGER,
                messages(prompts::manager(options), manager::prompt(facts)),
                options.max_tokens,
            )
        };
        let output = self.output(&request)?;
        let Some(read) = manager::parse(&output, facts) else {
            return Ok(self.malformed(MANAGER, &output));
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.operations)
    }

    /// Asks the manager for its verdict in words.
    fn decide(&mut self, turn: &Turn, shown: &[Entry]) -> Result<Vec<Operation>, Error> {
        let case = Case::new(turn, shown, self.speakers, self.options.numbered);
        let insert = &DemonstratedOperation::Insert;
        let request = Request {
            grammar: Some(case.grammar()),
            demonstration: self.hinted.as_ref().map(|hinted| {
                let hint = hinted.get(&turn.id).unwrap_or(insert);
                case.demonstration(hint)
            }),
            ..Request::new(
                MANAGER,
                short_messages(self.options.manager_prompt.as_deref(), case.prompt()),
                case.most_words() + 1,
            )
        };
        let output = self.output(&request)?;
        match spoken(&output).and_then(|said| case.parse(said)) {
            Some(operation) => Ok(Vec::from_iter(operation)),
            None => Ok(self.malformed(MANAGER, &output)),
        }
    }

    fn output(&mut self, request: &Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(request)?.text)
    }

    fn malformed<T>(&mut self, role: &str, output: &str) -> Vec<T> {
        self.report.malformed_output(self.at.session, role, output);
        Vec::new()
    }

    /// Looks up entries about the speaker for each fact, and returns the best of all.
    fn related(&mut self, speaker: &str, facts: &[String]) -> Result<Vec<Entry>, Error> {
        let most = self.options.related;
        let mut found: Vec<Hit> = Vec::new();
        for (fact, vector) in facts.iter().zip(vectors(self.host, facts)?) {
            found.extend(about(self.host, fact, vector, speaker, most, 0.0)?);
        }
        let best = best(found, most as usize);
        Ok(best.into_iter().map(|hit| hit.entry).collect())
    }
}

fn messages(instructions: &str, input: String) -> Vec<Message> {
    vec![
        Message::new("system", instructions),
        Message::new("user", input),
    ]
}

/// Returns the messages of a prompt of words, which has instructions only if a run file gives some.
fn short_messages(own: Option<&str>, input: String) -> Vec<Message> {
    let own = own.map(|own| Message::new("system", own.trim_end()));
    own.into_iter()
        .chain([Message::new("user", input)])
        .collect()
}

impl MemoryR1 {
    /// Asks the answerer in words. Where the entries allow no answer, it is not asked, and the answer
    /// is empty.
    fn short_answer(
        &self,
        host: &mut dyn Host,
        found: &[(String, Vec<Hit>)],
        question: &str,
    ) -> Result<Said, Error> {
        let speakers = Speakers::from(self.speakers.clone());
        let asked = Asked::new(
            found,
            question,
            &self.lexicon,
            &speakers,
            self.options.distil,
        );
        if asked.is_empty() {
            return Ok(Said::default());
        }
        let own = self.options.answerer_prompt.as_deref();
        let output = host.generate(&Request {
            grammar: Some(asked.grammar()),
            demonstration: Some(asked.demonstration()),
            ..Request::new(
                ANSWERER,
                short_messages(own, asked.prompt()),
                asked.most_words() + 1,
            )
        })?;
        let said = spoken(&output.text).and_then(|said| asked.parse(said));
        Ok(said.unwrap_or_default())
    }

    /// Asks the answerer in JSON or free text.
    fn long_answer(
        &self,
        host: &mut dyn Host,
        found: &mut [(String, Vec<Hit>)],
        question: &str,
    ) -> Result<Said, Error> {
        let options = &self.options;
        let demonstration = answerer::demonstration(options, found);
        let prompt = answerer::prompt(found, question);
        let completion = host.generate(&Request {
            grammar: (options.constrained).then(|| answerer::schema(options, found)),
            demonstration: Some(demonstration),
            ..Request::new(
                ANSWERER,
                messages(prompts::answerer(options), prompt),
                options.answer_tokens,
            )
        })?;
        Ok(answerer::parse(&completion.text))
    }
}

impl Policy for MemoryR1 {
    /// Control words are described once the options say that outputs are words.
    fn describe(&self) -> Description {
        let mut words: Vec<String> = Vec::new();
        if self.options.form == Form::Words {
            let own = verdict::control_words().chain(short_answer::control_words());
            for word in own.chain(self.lexicon.words()) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        Description {
            name: "memory-r1".into(),
            summary: "Manager and answerer of Memory-R1, which speak JSON or words".into(),
            roles: [EXTRACTOR, MANAGER, ANSWERER].map(String::from).into(),
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
        let Session { index, time, turns } = dialogue("memory-r1", session)?;
        for turn in &turns {
            if !self.speakers.contains(&turn.speaker) {
                self.speakers.push(turn.speaker.clone());
            }
        }
        let hinted = hints.map(|hints| match self.options.extracts() {
            true => hinted_operations(hints),
            false => hinted_operations_of_all(hints, &turns),
        });
        let speakers = Speakers::from(self.speakers.clone());
        let mut reading = Reading {
            host,
            options: &self.options,
            speakers: &speakers,
            at: Moment {
                session: index,
                time,
            },
            hinted,
            report: ReportCounter::new(&["insert", "update", "delete"]),
        };
        for turn in turns.iter().filter(|turn| !turn.text.trim().is_empty()) {
            reading.turn(turn)?;
        }
        Ok(reading.report.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let options = &self.options;
        let vector = vectors(host, &[question.to_owned()])?.pop().flatten();
        let mut found: Vec<(String, Vec<Hit>)> = Vec::with_capacity(self.speakers.len());
        for speaker in &self.speakers {
            let vector = vector.clone();
            let hits = about(host, question, vector, speaker, options.answer_limit, 0.0)?;
            found.push((speaker.clone(), hits));
        }
        let said = match options.form {
            Form::Words => self.short_answer(host, &found, question)?,
            Form::Json => self.long_answer(host, &mut found, question)?,
        };
        let hits: Vec<&Hit> = found.iter().flat_map(|(_, hits)| hits).collect();
        let useful = |hit: &&&Hit| said.useful.contains(&hit.entry.id);
        let citations = match hits.iter().any(|hit| useful(&hit)) {
            true => evidence(hits.iter().filter(useful).copied()),
            false => evidence(hits),
        };
        Ok(Answer {
            text: said.answer,
            citations,
        })
    }
}

const FORMAT: Format = Format {
    component: "memory-r1",
    version: 1,
};

/// The state is the speakers so far. The host gives the options to every instance by `configure`.
impl State for MemoryR1 {
    fn snapshot(&self) -> Vec<u8> {
        FORMAT.save(&self.speakers)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.speakers = FORMAT.load(bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
