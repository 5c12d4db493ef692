//! The Memory-R2 policy, which runs the three roles.

use memloom_sdk::bank::{Hit, evidence};
use memloom_sdk::host::Request;
use memloom_sdk::lookup::{about, add_vectors, best, vectors};
use memloom_sdk::policy::{
    Description, HintedOperations, Report, dialogue, hinted_operations, hinted_operations_of_all,
};
use memloom_sdk::state::Format;
use memloom_sdk::types::{
    Answer, Error, Hint, LexiconKind, Moment, Operation, Session, SessionContent, Turn,
};
use memloom_sdk::{Host, Policy, ReportCounter, State};

use crate::bounds::Bounds;
use crate::chat::{Chat, Prompt};
use crate::extractor::{self, Fact};
use crate::manager::{self, Cases};
use crate::options::Options;
use crate::session_view::SessionView;
use crate::{answerer, prompts};

const EXTRACTOR: &str = "extractor";
const MANAGER: &str = "manager";
const ANSWERER: &str = "answerer";

/// The Memory-R2 policy.
#[derive(Default)]
pub struct MemoryR2 {
    options: Options,
    /// The speakers in order of appearance; the answerer reads about each.
    speakers: Vec<String>,
}

/// The observation of one session.
struct Reading<'a> {
    host: &'a mut dyn Host,
    options: &'a Options,
    view: SessionView<'a>,
    at: Moment,
    /// The demonstrator's operations for the session's turns.
    hinted: Option<HintedOperations>,
    extractor: Chat,
    manager: Chat,
    report: ReportCounter,
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
        add_vectors(self.host, &mut operations)?;
        if !operations.is_empty() {
            self.report.results(&self.host.apply(&self.at, &operations));
        }
        Ok(())
    }

    fn extract(&mut self, turns: &[Turn]) -> Result<Vec<Fact>, Error> {
        let hinted = self.hinted.as_ref();
        let bounds = self.bounds();
        let demonstration =
            hinted.map(|hinted| extractor::demonstration(turns, hinted, bounds.as_ref()));
        self.report.step();
        let output = self.extractor.say(
            self.host,
            &extractor::prompt(self.view.time, turns),
            self.options.max_tokens,
            bounds.map(|bounds| extractor::schema(turns, &self.view, &bounds)),
            demonstration,
        )?;
        let Some(read) = extractor::parse(&output, &self.view) else {
            let (session, role) = (self.at.session, self.extractor.role());
            self.report.malformed_output(session, role, &output);
            return Ok(Vec::new());
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.facts)
    }

    fn manage(&mut self, cases: &Cases) -> Result<Vec<Operation>, Error> {
        let hinted = self.hinted.as_ref();
        let bounds = self.bounds();
        let demonstration =
            hinted.map(|hinted| manager::demonstration(cases, hinted, bounds.as_ref()));
        self.report.step();
        let output = self.manager.say(
            self.host,
            &manager::prompt(self.view.time, cases),
            self.options.max_tokens,
            bounds.map(|bounds| manager::schema(cases, &self.view, &bounds)),
            demonstration,
        )?;
        let Some(read) = manager::parse(&output, cases, &self.view) else {
            let (session, role) = (self.at.session, self.manager.role());
            self.report.malformed_output(session, role, &output);
            return Ok(Vec::new());
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        self.report.operations(&read.operations);
        Ok(read.operations)
    }

    /// Returns the bounds of outputs; none where they are free.
    fn bounds(&self) -> Option<Bounds> {
        (self.options.constrained).then(|| Bounds::of(self.options, &self.view))
    }

    /// Looks up entries for each fact, and keeps the best of all up to the limit.
    fn with_related(&mut self, facts: Vec<Fact>) -> Result<Cases, Error> {
        let texts: Vec<String> = facts.iter().map(|fact| fact.text.clone()).collect();
        let mut found: Vec<(Fact, Vec<Hit>)> = Vec::with_capacity(facts.len());
        for (fact, vector) in facts.into_iter().zip(vectors(self.host, &texts)?) {
            let hits = about(
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
}

/// Returns the best hits of all facts together, each entry once. Facts keep the ids of
/// their remaining entries.
fn capped(found: Vec<(Fact, Vec<Hit>)>, total: usize) -> Cases {
    let hits = found.iter().flat_map(|(_, hits)| hits);
    let best = best(hits.cloned(), total);
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

fn chat(role: &'static str, prompt: Prompt) -> Chat {
    Chat::new(role, &prompt.instructions, prompt.example)
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
        let Session { index, time, turns } = dialogue("memory-r2", session)?;
        for turn in &turns {
            if !self.speakers.contains(&turn.speaker) {
                self.speakers.push(turn.speaker.clone());
            }
        }
        let hinted = hints.map(|hints| match self.options.extractor {
            true => hinted_operations(hints),
            false => hinted_operations_of_all(hints, &turns),
        });
        let mut reading = Reading {
            host,
            options: &self.options,
            view: SessionView {
                time: &time,
                turns: &turns,
                speakers: &self.speakers,
            },
            at: Moment {
                session: index,
                time: time.clone(),
            },
            hinted,
            extractor: chat(EXTRACTOR, prompts::extractor(&self.options)),
            manager: chat(MANAGER, prompts::manager(&self.options)),
            report: ReportCounter::new(&["insert", "update", "delete"]),
        };
        let chunk = turns.len().div_ceil(self.options.max_chunks);
        let chunk = chunk.max(self.options.min_chunk_turns);
        for turns in turns.chunks(chunk) {
            reading.chunk(turns)?;
        }
        Ok(reading.report.report())
    }

    fn answer(&self, host: &mut dyn Host, question: &str) -> Result<Answer, Error> {
        let vector = vectors(host, &[question.to_string()])?.pop().flatten();
        let mut found: Vec<(String, Vec<Hit>)> = Vec::with_capacity(self.speakers.len());
        for speaker in &self.speakers {
            let hits = about(
                host,
                question,
                vector.clone(),
                speaker,
                self.options.answer_limit,
                self.options.answer_threshold,
            )?;
            found.push((speaker.clone(), hits));
        }
        let demonstration = answerer::demonstration(&found, &self.options);
        let input = answerer::input(&mut found, question);
        let completion = host.generate(&Request {
            grammar: (self.options.constrains_answers()).then(|| answerer::schema(&self.options)),
            demonstration: Some(demonstration),
            ..Request::new(
                ANSWERER,
                answerer::messages(prompts::answerer(&self.options), &input),
                self.options.answer_tokens,
            )
        })?;
        Ok(Answer {
            text: answerer::parse(&completion.text),
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
