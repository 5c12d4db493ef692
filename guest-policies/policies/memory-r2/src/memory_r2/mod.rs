//! The policy: drives the three roles.

use std::collections::BTreeMap;

use memloom_sdk::bank::{Hit, evidence};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::policy::{Description, Report};
use memloom_sdk::state::Format;
use memloom_sdk::types::{
    Answer, Error, DemonstratedOperation, Hint, LexiconKind, Moment, Operation, Session, SessionContent, Turn,
};
use memloom_sdk::{Host, Level, Policy, State, Tally, log};

use crate::answerer;
use crate::chat::Chat;
use crate::extractor::{self, Fact};
use crate::manager::{self, Cases};
use crate::options::Options;
use crate::retrieval::{embed, related};
use crate::sitting::Sitting;

const EXTRACTOR: &str = "extractor";
const MANAGER: &str = "manager";
const ANSWERER: &str = "answerer";

/// The Memory-R2 policy.
#[derive(Default)]
pub struct MemoryR2 {
    options: Options,
    /// In the order in which they were met: the answerer reads about each.
    speakers: Vec<String>,
}

/// One session on its way into the bank.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    sitting: Sitting<'a>,
    at: Moment,
    /// What a demonstrator does with the session's turns.
    hinted: Option<BTreeMap<String, DemonstratedOperation>>,
    extractor: Chat,
    manager: Chat,
    tally: Tally,
}

impl Reading<'_> {
    fn chunk(&mut self, turns: &[Turn]) -> Result<(), Error> {
        let facts = if self.options.extractor {
            self.extract(turns)?
        } else {
            turns.iter().map(Fact::of).collect()
        };
        if facts.is_empty() {
            return Ok(());
        }
        let cases = self.with_related(facts)?;
        let mut operations = self.manage(&cases)?;
        self.add_vectors(&mut operations)?;
        if !operations.is_empty() {
            self.tally.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }

    fn extract(&mut self, turns: &[Turn]) -> Result<Vec<Fact>, Error> {
        let hinted = self.hinted.as_ref();
        let demonstration = hinted.map(|hinted| extractor::demonstration(turns, hinted));
        self.tally.step();
        let output = self.extractor.say(
            self.host,
            &extractor::prompt(self.sitting.time, turns),
            self.options.max_tokens,
            (self.options.constrained).then(|| extractor::schema(turns, &self.sitting)),
            demonstration,
        )?;
        let Some(read) = extractor::parse(&output, &self.sitting) else {
            self.cannot_read(self.extractor.role(), &output);
            return Ok(Vec::new());
        };
        self.tally.refused(read.refused);
        Ok(read.facts)
    }

    fn manage(&mut self, cases: &Cases) -> Result<Vec<Operation>, Error> {
        let hinted = self.hinted.as_ref();
        let demonstration = hinted.map(|hinted| manager::demonstration(cases, hinted));
        self.tally.step();
        let output = self.manager.say(
            self.host,
            &manager::prompt(self.sitting.time, cases),
            self.options.max_tokens,
            (self.options.constrained).then(|| manager::schema(cases, &self.sitting)),
            demonstration,
        )?;
        let Some(read) = manager::parse(&output, &self.sitting) else {
            self.cannot_read(self.manager.role(), &output);
            return Ok(Vec::new());
        };
        self.tally.refused(read.refused);
        for operation in &read.operations {
            self.tally.operation(match operation {
                Operation::Insert(_) => "insert",
                Operation::Update(_) => "update",
                Operation::Delete(_) => "delete",
                Operation::Custom(custom) => &custom.name,
            });
        }
        Ok(read.operations)
    }

    /// Looks up entries for each fact; of all together, the best up to the cap.
    fn with_related(&mut self, facts: Vec<Fact>) -> Result<Cases, Error> {
        let texts: Vec<String> = facts.iter().map(|fact| fact.text.clone()).collect();
        let mut found: Vec<(Fact, Vec<Hit>)> = Vec::with_capacity(facts.len());
        let vectors = embed(self.host, &texts)?;
        for (fact, vector) in facts.into_iter().zip(vectors) {
            let hits = related(
                self.host,
                &fact.text,
                vector,
                &fact.speaker,
                self.options.related,
                self.options.related_threshold,
            )?;
            found.push((fact, hits));
        }
        Ok(capped(found, self.options.related_total))
    }

    fn add_vectors(&mut self, operations: &mut [Operation]) -> Result<(), Error> {
        let mut written: Vec<(&String, &mut Option<Vec<f32>>)> = operations
            .iter_mut()
            .filter_map(|operation| match operation {
                Operation::Insert(insertion) => Some((&insertion.text, &mut insertion.vector)),
                Operation::Update(revision) => Some((&revision.text, &mut revision.vector)),
                Operation::Delete(_) | Operation::Custom(_) => None,
            })
            .collect();
        let texts: Vec<String> = written.iter().map(|(text, _)| (*text).clone()).collect();
        for ((_, vector), embedded) in written.iter_mut().zip(embed(self.host, &texts)?) {
            **vector = embedded;
        }
        Ok(())
    }

    fn cannot_read(&mut self, role: &str, output: &str) {
        self.tally.malformed();
        let session = self.at.session;
        let line = format!("session {session}: cannot read the {role}'s {output:?}");
        log(Level::Debug, &line);
    }
}

/// The best hits of all facts together, each entry once; facts keep the ids of
/// those of theirs that stay.
fn capped(found: Vec<(Fact, Vec<Hit>)>, total: usize) -> Cases {
    let mut best: Vec<Hit> = Vec::new();
    for hit in found.iter().flat_map(|(_, hits)| hits) {
        match best.iter_mut().find(|other| other.entry.id == hit.entry.id) {
            Some(other) => other.score = other.score.max(hit.score),
            None => best.push(hit.clone()),
        }
    }
    best.sort_by(|a, b| b.score.total_cmp(&a.score));
    best.truncate(total);
    let shown = |id: &String| best.iter().any(|hit| hit.entry.id == *id);
    let facts = found.into_iter().map(|(fact, hits)| {
        let ids = hits.into_iter().map(|hit| hit.entry.id);
        (fact, ids.filter(shown).collect())
    });
    Cases {
        facts: facts.collect(),
        memories: best.iter().map(|hit| hit.entry.clone()).collect(),
    }
}

impl Policy for MemoryR2 {
    fn describe(&self) -> Description {
        Description {
            name: "memory-r2".into(),
            summary: "Extractor, manager and answerer of Memory-R2, which speak JSON".into(),
            roles: [EXTRACTOR, MANAGER, ANSWERER].map(String::from).into(),
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
        hints: Option<Vec<Hint>>,
    ) -> Result<Report, Error> {
        let SessionContent::Dialogue(Session { index, time, turns }) = session else {
            return Err(Error::Unsupported(
                "memory-r2 reads dialogue and does not act in task sessions".into(),
            ));
        };
        for turn in &turns {
            if !self.speakers.contains(&turn.speaker) {
                self.speakers.push(turn.speaker.clone());
            }
        }
        let mut hinted: Option<BTreeMap<String, DemonstratedOperation>> =
            hints.map(|hints| hints.into_iter().map(|h| (h.turn, h.operation)).collect());
        if let Some(hinted) = hinted.as_mut().filter(|_| !self.options.extractor) {
            // What an extractor would drop, the manager skips.
            for turn in &turns {
                hinted.entry(turn.id.clone()).or_insert(DemonstratedOperation::Skip);
            }
        }
        let mut reading = Reading {
            host,
            options: &self.options,
            sitting: Sitting {
                time: &time,
                turns: &turns,
                speakers: &self.speakers,
            },
            at: Moment {
                session: index,
                time: time.clone(),
            },
            hinted,
            extractor: Chat::new(EXTRACTOR, extractor::INSTRUCTIONS),
            manager: Chat::new(MANAGER, manager::INSTRUCTIONS),
            tally: Tally::new(&["insert", "update", "delete"]),
        };
        let chunk = turns.len().div_ceil(self.options.max_chunks).max(1);
        for turns in turns.chunks(chunk) {
            reading.chunk(turns)?;
        }
        Ok(reading.tally.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let vector = embed(host, &[question.to_string()])?.next().flatten();
        let mut found: Vec<(String, Vec<Hit>)> = Vec::with_capacity(self.speakers.len());
        for speaker in &self.speakers {
            let hits = related(
                host,
                question,
                vector.clone(),
                speaker,
                self.options.answer_limit,
                self.options.answer_threshold,
            )?;
            found.push((speaker.clone(), hits));
        }
        let demonstration = answerer::demonstration(&found);
        let content = answerer::prompt(&mut found, question);
        let completion = host.generate(&Request {
            role: ANSWERER.into(),
            messages: vec![Message {
                role: "user".into(),
                content,
            }],
            max_tokens: self.options.answer_tokens,
            grammar: None,
            demonstration: Some(demonstration),
        })?;
        Ok(Answer {
            text: answerer::parse(&completion.text).into(),
            citations: evidence(found.iter().flat_map(|(_, hits)| hits)),
        })
    }
}

const FORMAT: Format = Format {
    component: "memory-r2",
    version: 1,
};

/// The state is who has spoken. Options are the host's to give, by `configure`,
/// to every instance.
impl State for MemoryR2 {
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
