//! The A-MEM policy, which runs the four roles.

mod reading;

use std::collections::BTreeSet;

use memloom_sdk::bank::{Hit, Query, evidence};
use memloom_sdk::host::Request;
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::lookup::vectors;
use memloom_sdk::policy::{Description, Report, dialogue, hinted_operations_of_all};
use memloom_sdk::speakers::Speakers;
use memloom_sdk::state::Format;
use memloom_sdk::text::lower_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Session, SessionContent};
use memloom_sdk::{Host, Policy, State};

use crate::evolution::EVOLVE;
use crate::note::Note;
use crate::options::{Form, Options};
use crate::roles::{ANALYSER, ANSWERER, EVOLVER, KEYWORDS, messages, short_messages};
use crate::words::{Asked, Picked, control_words};
use crate::{answerer, keywords, prompts};
use reading::Reading;

/// The A-MEM policy.
#[derive(Default)]
pub struct Amem {
    options: Options,
    lexicon: Lexicon,
    /// The words of the closed language in lower case: values, and the cues of questions.
    closed: BTreeSet<String>,
    /// The speakers in order of appearance, who give aliases in prompts of words.
    speakers: Speakers,
}

/// Checks that the bank links notes.
fn check_bank(host: &mut dyn Host) -> Result<(), Error> {
    let schema = host.schema();
    if schema.operations.iter().any(|of| of.name == EVOLVE) {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "amem links notes and rewrites them, and the bank {} has no operation `{EVOLVE}`: use notes",
        schema.name
    )))
}

impl Amem {
    /// Returns the text by which notes are looked up for a question: its keywords, or the question
    /// itself where an output has none.
    fn looked_up(&self, host: &mut dyn Host, question: &str) -> Result<String, Error> {
        let said = match self.options.form {
            Form::Words => self.short_keywords(host, question)?,
            Form::Json => self.long_keywords(host, question)?,
        };
        Ok(said.unwrap_or_else(|| question.into()))
    }

    fn short_keywords(&self, host: &mut dyn Host, question: &str) -> Result<Option<String>, Error> {
        let picked = Picked::of_question(&self.speakers, question, &self.closed);
        if picked.is_empty() {
            return Ok(None);
        }
        let own = self.options.keywords_prompt.as_deref();
        let output = host.generate(&Request {
            grammar: Some(picked.grammar()),
            demonstration: Some(picked.demonstration(&self.lexicon, true)),
            ..Request::new(
                KEYWORDS,
                short_messages(own, picked.prompt()),
                picked.most_words() + 1,
            )
        })?;
        let words = spoken(&output.text).and_then(|said| picked.parse(said));
        Ok(words
            .filter(|words| !words.is_empty())
            .map(|words| words.join(" ")))
    }

    fn long_keywords(&self, host: &mut dyn Host, question: &str) -> Result<Option<String>, Error> {
        let options = &self.options;
        let demonstration =
            keywords::demonstration(options, &self.lexicon, &self.speakers, question);
        let output = host.generate(&Request {
            grammar: options.constrained.then(keywords::schema),
            demonstration: Some(demonstration),
            ..Request::new(
                KEYWORDS,
                messages(prompts::keywords(options), keywords::prompt(question)),
                options.answer_tokens,
            )
        })?;
        Ok(keywords::parse(&output.text))
    }

    /// Returns the nearest notes for a question, each followed by those that it links to; none if the
    /// question has no words.
    fn found(&self, host: &mut dyn Host, question: &str) -> Result<Vec<Hit>, Error> {
        if question.trim().is_empty() {
            return Ok(Vec::new());
        }
        let text = self.looked_up(host, question)?;
        let vector = vectors(host, std::slice::from_ref(&text))?.pop().flatten();
        let nearest = self.options.answer_limit;
        host.retrieve(&Query {
            vector,
            options: format!(r#"{{"nearest":{nearest}}}"#),
            ..Query::new(text, nearest.saturating_mul(nearest.saturating_add(1)))
        })
    }

    /// Asks the answerer in words. Where the notes allow no answer, it is not asked, and the answer is
    /// empty.
    fn short_answer(
        &self,
        host: &mut dyn Host,
        notes: &[Note],
        question: &str,
    ) -> Result<String, Error> {
        let asked = Asked::new(question, notes, &self.lexicon, &self.speakers);
        if asked.answers.is_empty() {
            return Ok(String::new());
        }
        let own = self.options.answerer_prompt.as_deref();
        let output = host.generate(&Request {
            grammar: Some(asked.answers.grammar()),
            demonstration: Some(asked.demonstration()),
            ..Request::new(
                ANSWERER,
                short_messages(own, asked.prompt()),
                asked.answers.most_words() + 1,
            )
        })?;
        let said = spoken(&output.text).unwrap_or_default();
        Ok(asked.answers.parse(said.trim()).unwrap_or_default().into())
    }

    /// Asks the answerer in JSON or free text.
    fn long_answer(
        &self,
        host: &mut dyn Host,
        notes: &[Note],
        question: &str,
    ) -> Result<String, Error> {
        let options = &self.options;
        let ids: Vec<String> = notes.iter().map(|note| note.id.clone()).collect();
        let lines = host.render(&ids)?;
        let output = host.generate(&Request {
            grammar: options.constrained.then(answerer::schema),
            demonstration: Some(answerer::demonstration(options, notes)),
            ..Request::new(
                ANSWERER,
                messages(
                    prompts::answerer(options),
                    answerer::prompt(&lines, question),
                ),
                options.answer_tokens,
            )
        })?;
        Ok(answerer::parse(&output.text))
    }
}

impl Policy for Amem {
    /// Control words are described once the options say that outputs are words.
    fn describe(&self) -> Description {
        let mut words: Vec<String> = Vec::new();
        if self.options.form == Form::Words {
            for word in control_words().chain(self.closed.iter().cloned()) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        Description {
            name: "amem".into(),
            summary: "Notes that are analysed, linked and rewritten, and an answerer of A-MEM"
                .into(),
            roles: [ANALYSER, EVOLVER, KEYWORDS, ANSWERER]
                .map(String::from)
                .into(),
            control_words: words,
        }
    }

    fn configure(&mut self, options: &str, lexicon: Vec<LexiconKind>) -> Result<(), Error> {
        self.options = Options::parse(options)?;
        self.lexicon = Lexicon::new(&lexicon);
        let cues = lexicon.iter().flat_map(|kind| &kind.cues);
        let cues = cues.flat_map(|cue| lower_words(cue));
        self.closed = self.lexicon.words().into_iter().chain(cues).collect();
        Ok(())
    }

    fn observe(
        &mut self,
        host: &mut dyn Host,
        session: SessionContent,
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let session: Session = dialogue("amem", session)?;
        check_bank(host)?;
        for turn in &session.turns {
            self.speakers.meet(&turn.speaker);
        }
        let hinted = hints.map(|hints| hinted_operations_of_all(hints, &session.turns));
        let reading = Reading::new(host, &self.options, &self.lexicon, &self.speakers, hinted);
        reading.session(session)
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        check_bank(host)?;
        let hits = self.found(host, question)?;
        let notes: Vec<Note> = hits.iter().map(|hit| Note::of_entry(&hit.entry)).collect();
        let text = match self.options.form {
            Form::Words => self.short_answer(host, &notes, question)?,
            Form::Json => self.long_answer(host, &notes, question)?,
        };
        Ok(Answer {
            text,
            citations: evidence(&hits),
        })
    }
}

const FORMAT: Format = Format {
    component: "amem",
    version: 1,
};

/// The state is the speakers so far. The host gives the options to every instance by `configure`.
impl State for Amem {
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
