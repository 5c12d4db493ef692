//! The policy: reads a session chunk by chunk and keeps the bank.

use std::collections::BTreeMap;

use memloom_guest::bank::Query;
use memloom_guest::host::{Message, Request};
use memloom_guest::policy::{Description, Report};
use memloom_guest::state::Format;
use memloom_guest::thoughts::spoken;
use memloom_guest::types::{
    Answer, Error, Gesture, Hint, LexiconKind, Moment, Session, SessionContent, Turn,
};
use memloom_guest::{Host, Level, Policy, State, Tally, log};

use crate::extract;
use crate::manage::{self, Case, Fact, Verdict};
use crate::options::{AskManager, MAX_CHUNK_TURNS, MAX_RELATED, Options};
use crate::reader::{self, Lexicon};
use crate::speakers::{MAX_ALIASES, Speakers};

const EXTRACTOR: &str = "extractor";
const MANAGER: &str = "manager";

/// The selector policy.
#[derive(Default)]
pub struct Selector {
    options: Options,
    lexicon: Lexicon,
    speakers: Speakers,
}

/// What a demonstrator does with a session's turns.
type Gestures = BTreeMap<String, Gesture>;

/// One session on its way into the bank.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    speakers: &'a Speakers,
    at: Moment,
    gestures: Option<Gestures>,
    tally: Tally,
}

impl Reading<'_> {
    fn chunk(&mut self, turns: &[Turn]) -> Result<(), Error> {
        let facts = if self.options.extractor {
            self.extract(turns)?
        } else {
            turns.iter().map(fact).collect()
        };
        if !facts.is_empty() {
            self.manage(facts)?;
        }
        Ok(())
    }

    fn extract(&mut self, turns: &[Turn]) -> Result<Vec<Fact>, Error> {
        let demonstration = self.gestures.as_ref().map(|gestures| {
            let kept: Vec<bool> = turns.iter().map(|t| gestures.contains_key(&t.id)).collect();
            extract::output(&kept)
        });
        let output = self.generate(Request {
            role: EXTRACTOR.into(),
            messages: user(extract::prompt(turns, self.speakers)),
            max_tokens: 2 * turns.len() as u32 + 1,
            grammar: Some(extract::grammar(turns.len())),
            demonstration,
        })?;
        let kept = spoken(&output).and_then(|said| extract::parse(said, turns.len()));
        let Some(kept) = kept else {
            self.cannot_read(EXTRACTOR, &output);
            return Ok(Vec::new());
        };
        let kept = turns.iter().zip(kept).filter(|&(_, kept)| kept);
        Ok(kept.map(|(turn, _)| fact(turn)).collect())
    }

    fn manage(&mut self, facts: Vec<Fact>) -> Result<(), Error> {
        let cases = self.with_related(facts)?;
        let always = self.options.ask_manager == AskManager::Always || !self.options.extractor;
        let is_asked = |case: &Case| always || !case.related.is_empty();
        let asked: Vec<&Case> = cases.iter().filter(|case| is_asked(case)).collect();
        let Some(verdicts) = self.verdicts(&asked)? else {
            return Ok(());
        };
        let mut verdicts = verdicts.into_iter();
        let mut operations = Vec::new();
        for case in &cases {
            let said = if is_asked(case) {
                verdicts.next()
            } else {
                None
            };
            let verdict = said.unwrap_or(Verdict::Insert);
            self.tally.operation(verdict.name());
            operations.extend(verdict.operation(case));
        }
        if !operations.is_empty() {
            self.tally.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }

    /// What the manager says of each case; none where it cannot be read.
    fn verdicts(&mut self, cases: &[&Case]) -> Result<Option<Vec<Verdict>>, Error> {
        if cases.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let demonstration = self.gestures.as_ref().map(|gestures| {
            let verdicts: Vec<Verdict> = cases
                .iter()
                .map(|case| manage::demonstrated(case, gestures.get(&case.fact.turn)))
                .collect();
            manage::output(cases, &verdicts)
        });
        let output = self.generate(Request {
            role: MANAGER.into(),
            messages: user(manage::prompt(cases, self.speakers)),
            max_tokens: 3 * cases.len() as u32 + 1,
            grammar: Some(manage::grammar(cases)),
            demonstration,
        })?;
        let verdicts = spoken(&output).and_then(|said| manage::parse(said, cases));
        if verdicts.is_none() {
            self.cannot_read(MANAGER, &output);
        }
        Ok(verdicts)
    }

    fn with_related(&mut self, facts: Vec<Fact>) -> Result<Vec<Case>, Error> {
        let limit = self.options.related as u32;
        let mut cases = Vec::with_capacity(facts.len());
        for fact in facts {
            if limit == 0 {
                let related = Vec::new();
                cases.push(Case { fact, related });
                continue;
            }
            let hits = self.host.retrieve(&Query {
                text: fact.text.clone(),
                vector: None,
                speaker: Some(fact.speaker.clone()),
                limit,
                threshold: 0.0,
            })?;
            let related = hits.into_iter().map(|hit| hit.entry).collect();
            cases.push(Case { fact, related });
        }
        Ok(cases)
    }

    fn generate(&mut self, request: Request) -> Result<String, Error> {
        self.tally.step();
        Ok(self.host.generate(&request)?.text)
    }

    fn cannot_read(&mut self, role: &str, output: &str) {
        self.tally.malformed();
        let session = self.at.session;
        let line = format!("session {session}: cannot read the {role}'s {output:?}");
        log(Level::Debug, &line);
    }
}

/// A turn as it is.
fn fact(turn: &Turn) -> Fact {
    Fact {
        text: turn.text.clone(),
        speaker: turn.speaker.clone(),
        turn: turn.id.clone(),
    }
}

fn user(content: String) -> Vec<Message> {
    vec![Message {
        role: "user".into(),
        content,
    }]
}

impl Policy for Selector {
    fn describe(&self) -> Description {
        let numbered = |mark: char, count: usize| (1..=count).map(move |k| format!("{mark}{k}"));
        let words = ["keep", "drop", "insert", "skip", "update", "delete", "|"];
        Description {
            name: "selector".into(),
            summary: "Keeps turns whole and chooses among them by a grammar of few words".into(),
            roles: vec![EXTRACTOR.into(), MANAGER.into()],
            control_words: words
                .map(String::from)
                .into_iter()
                .chain(numbered('t', MAX_CHUNK_TURNS))
                .chain(numbered('f', MAX_CHUNK_TURNS))
                .chain(numbered('e', MAX_RELATED))
                .chain(numbered('@', MAX_ALIASES))
                .collect(),
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
        let SessionContent::Dialogue(Session { index, time, turns }) = session else {
            return Err(Error::Unsupported(
                "selector reads dialogue and does not act in task sessions".into(),
            ));
        };
        for turn in &turns {
            self.speakers.meet(&turn.speaker);
        }
        let mut gestures: Option<Gestures> =
            hints.map(|hints| hints.into_iter().map(|h| (h.turn, h.gesture)).collect());
        if let Some(gestures) = gestures.as_mut().filter(|_| !self.options.extractor) {
            // What an extractor would drop, the manager skips.
            for turn in &turns {
                gestures.entry(turn.id.clone()).or_insert(Gesture::Skip);
            }
        }
        let mut reading = Reading {
            host,
            options: &self.options,
            speakers: &self.speakers,
            at: Moment {
                session: index,
                time,
            },
            gestures,
            tally: Tally::new(&["insert", "update", "delete", "skip"]),
        };
        for chunk in turns.chunks(self.options.chunk_turns) {
            reading.chunk(chunk)?;
        }
        Ok(reading.tally.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let limit = self.options.answer_limit;
        if self.lexicon.is_empty() {
            reader::open(host, &self.speakers, limit, question)
        } else {
            reader::closed(host, &self.speakers, &self.lexicon, limit, question)
        }
    }
}

const FORMAT: Format = Format {
    component: "selector",
    version: 1,
};

/// The state is who has spoken. Options and lexicon are the host's to give, by
/// `configure`, to every instance.
impl State for Selector {
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
