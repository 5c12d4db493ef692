//! The selector policy, which reads a session chunk by chunk and changes the bank.

use memloom_sdk::bank::Query;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::policy::{
    Description, HintedOperations, Report, dialogue, hinted_operations, hinted_operations_of_all,
};
use memloom_sdk::speakers::{Speakers, aliases};
use memloom_sdk::state::Format;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{Answer, Error, Hint, LexiconKind, Moment, Session, SessionContent, Turn};
use memloom_sdk::{Host, Policy, ReportCounter, State, verdicts};

use crate::extract;
use crate::manage::{self, Case, Fact, Verdict};
use crate::options::{AskManager, MAX_CHUNK_TURNS, MAX_RELATED, Options};
use crate::reader;

const EXTRACTOR: &str = "extractor";
const MANAGER: &str = "manager";

/// The selector policy.
#[derive(Default)]
pub struct Selector {
    options: Options,
    lexicon: Lexicon,
    speakers: Speakers,
}

/// The observation of one session.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    speakers: &'a Speakers,
    at: Moment,
    hinted: Option<HintedOperations>,
    report: ReportCounter,
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
        let demonstration = self.hinted.as_ref().map(|hinted| {
            let kept: Vec<bool> = turns.iter().map(|t| hinted.contains_key(&t.id)).collect();
            verdicts::output(&kept)
        });
        let output = self.generate(Request {
            grammar: Some(verdicts::grammar(turns.len())),
            demonstration,
            ..Request::new(
                EXTRACTOR,
                user(extract::prompt(turns, self.speakers)),
                2 * turns.len() as u32 + 1,
            )
        })?;
        let kept = spoken(&output).and_then(|said| verdicts::parse(said, turns.len()));
        let Some(kept) = kept else {
            self.report
                .malformed_output(self.at.session, EXTRACTOR, &output);
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
            self.report.operation(verdict.name());
            operations.extend(verdict.operation(case));
        }
        if !operations.is_empty() {
            self.report.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }

    /// Returns the manager's decision on each case; none if its output cannot be parsed.
    fn verdicts(&mut self, cases: &[&Case]) -> Result<Option<Vec<Verdict>>, Error> {
        if cases.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let demonstration = self.hinted.as_ref().map(|hinted| {
            let verdicts: Vec<Verdict> = cases
                .iter()
                .map(|case| manage::demonstrated(case, hinted.get(&case.fact.turn)))
                .collect();
            manage::output(cases, &verdicts)
        });
        let output = self.generate(Request {
            grammar: Some(manage::grammar(cases)),
            demonstration,
            ..Request::new(
                MANAGER,
                user(manage::prompt(cases, self.speakers)),
                3 * cases.len() as u32 + 1,
            )
        })?;
        let verdicts = spoken(&output).and_then(|said| manage::parse(said, cases));
        if verdicts.is_none() {
            self.report
                .malformed_output(self.at.session, MANAGER, &output);
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
                speaker: Some(fact.speaker.clone()),
                ..Query::new(fact.text.clone(), limit)
            })?;
            let related = hits.into_iter().map(|hit| hit.entry).collect();
            cases.push(Case { fact, related });
        }
        Ok(cases)
    }

    fn generate(&mut self, request: Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(&request)?.text)
    }
}

/// Returns a turn as a fact.
fn fact(turn: &Turn) -> Fact {
    Fact {
        text: turn.text.clone(),
        speaker: turn.speaker.clone(),
        turn: turn.id.clone(),
    }
}

fn user(content: String) -> Vec<Message> {
    vec![Message::new("user", content)]
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
                .chain(aliases())
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
        let Session { index, time, turns } = dialogue("selector", session)?;
        for turn in &turns {
            self.speakers.meet(&turn.speaker);
        }
        let hinted = hints.map(|hints| match self.options.extractor {
            true => hinted_operations(hints),
            false => hinted_operations_of_all(hints, &turns),
        });
        let mut reading = Reading {
            host,
            options: &self.options,
            speakers: &self.speakers,
            at: Moment {
                session: index,
                time,
            },
            hinted,
            report: ReportCounter::new(&["insert", "update", "delete", "skip"]),
        };
        for chunk in turns.chunks(self.options.chunk_turns) {
            reading.chunk(chunk)?;
        }
        Ok(reading.report.report())
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

/// The state is the speakers so far. The host gives options and lexicon to every instance
/// by `configure`.
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
