//! The observation of a session: topics are noted from dialogue, and a question that is a task is
//! answered, from which the bank's reranker learns.

use memloom_json as json;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::lookup::{about, vectors};
use memloom_sdk::policy::HintedOperations;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::{CustomOperation, Entry, Error, Moment, Operation, Task, Turn};
use memloom_sdk::{Host, ReportCounter, verdicts};
use serde::Serialize;

use crate::answerer::Said;
use crate::merger::Change;
use crate::options::{Form, MOST_MARKS, Options};
use crate::short_merge::Case;
use crate::topic::{Topic, changed, content, is_kept, met};
use crate::{merger, prompts, summariser};

/// The role that finds the topics of a dialogue.
pub const SUMMARISER: &str = "summariser";
/// The role that joins topics to those of the bank.
pub const MERGER: &str = "merger";

/// The name of the bank's operation that teaches its reranker.
pub const CITED: &str = "cited";

/// A threshold that every topic is above.
const ALL: f32 = -2.0;

/// The observation of one session.
pub struct Reading<'a> {
    /// The host.
    pub host: &'a mut dyn Host,
    /// The options.
    pub options: &'a Options,
    /// The session.
    pub at: Moment,
    /// The demonstrator's operations for the session's turns.
    pub hinted: Option<HintedOperations>,
    /// The counts so far.
    pub report: ReportCounter,
}

#[derive(Serialize)]
struct Cited<'a> {
    query: &'a str,
    shown: Vec<&'a str>,
    cited: Vec<&'a str>,
}

impl Reading<'_> {
    /// Notes the topics of a dialogue.
    ///
    /// # Errors
    /// If the model or the host fails.
    pub fn dialogue(&mut self, turns: &[Turn]) -> Result<(), Error> {
        let chunk = turns.len().div_ceil(self.options.max_chunks).max(1);
        let most = match self.options.form {
            Form::Json => chunk,
            Form::Words => chunk.min(verdicts::MOST_MARKS),
        };
        for turns in turns.chunks(most) {
            let topics = match self.options.form {
                Form::Json => self.summarise(turns)?,
                Form::Words => self.keep(turns)?,
            };
            for topic in topics {
                self.write(&topic)?;
            }
        }
        Ok(())
    }

    fn summarise(&mut self, turns: &[Turn]) -> Result<Vec<Topic>, Error> {
        let options = self.options;
        let hinted = self.hinted.as_ref();
        let output = self.output(&Request {
            grammar: (options.constrained).then(|| summariser::schema(options, turns)),
            demonstration: hinted.map(|hinted| summariser::demonstration(options, turns, hinted)),
            ..Request::new(
                SUMMARISER,
                messages(
                    prompts::summariser(options),
                    summariser::prompt(&self.at.time, turns),
                ),
                options.max_tokens,
            )
        })?;
        let Some(read) = summariser::parse(&output, turns) else {
            return Ok(self.malformed(SUMMARISER, &output));
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.topics)
    }

    /// Asks the summariser for its verdicts in words: each turn that it keeps is a topic.
    fn keep(&mut self, turns: &[Turn]) -> Result<Vec<Topic>, Error> {
        let speakers = met(turns.iter().map(|turn| &turn.speaker));
        let lines = (1..)
            .zip(turns)
            .map(|(number, turn)| verdicts::marked(&speakers.spoken(&content(turn)), number));
        let lines: Vec<String> = lines.collect();
        let hinted = self.hinted.as_ref().map(|hinted| {
            let kept = turns.iter().map(|turn| is_kept(hinted.get(&turn.id)));
            verdicts::output(&kept.collect::<Vec<_>>())
        });
        let output = self.output(&Request {
            grammar: Some(verdicts::grammar(turns.len())),
            demonstration: hinted,
            ..Request::new(
                SUMMARISER,
                short_messages(self.options.summariser_prompt.as_deref(), lines.join("\n")),
                2 * turns.len() as u32 + 1,
            )
        })?;
        let kept = spoken(&output).and_then(|said| verdicts::parse(said, turns.len()));
        let Some(kept) = kept else {
            return Ok(self.malformed(SUMMARISER, &output));
        };
        let kept = turns.iter().zip(kept).filter(|(_, keeps)| *keeps);
        Ok(kept.map(|(turn, _)| Topic::of_turn(turn)).collect())
    }

    /// Adds a topic, or merges it into one that is there. Where none is near, the merger is not asked.
    fn write(&mut self, topic: &Topic) -> Result<(), Error> {
        let options = self.options;
        let summary = &topic.summary;
        let vector = vectors(self.host, std::slice::from_ref(summary))?
            .pop()
            .flatten();
        let (speaker, most) = (&topic.speaker, options.related);
        let near = about(self.host, summary, vector.clone(), speaker, most, 0.0)?;
        let shown: Vec<Entry> = near.into_iter().map(|hit| hit.entry).collect();
        let changes = match options.form {
            _ if shown.is_empty() => vec![Change::Add],
            Form::Json => self.merge(topic, &shown)?,
            Form::Words => self.join(topic, &shown)?,
        };
        for change in changes {
            let vector = match &change {
                Change::Add => vector.clone(),
                Change::Merge { text, .. } => {
                    let text = std::slice::from_ref(text);
                    vectors(self.host, text)?.pop().flatten()
                }
            };
            self.apply(change.operation(topic, vector));
        }
        Ok(())
    }

    /// Returns the turn whose fact a demonstrator changes by a topic.
    fn changed(&self, topic: &Topic) -> Option<&str> {
        let hinted = self.hinted.as_ref()?;
        let turns = &mut topic.turns.iter();
        turns.find_map(|turn| changed(hinted.get(turn)))
    }

    fn merge(&mut self, topic: &Topic, shown: &[Entry]) -> Result<Vec<Change>, Error> {
        let options = self.options;
        let demonstration = (self.hinted.is_some())
            .then(|| merger::demonstration(options, topic, shown, self.changed(topic)));
        let output = self.output(&Request {
            grammar: options.constrained.then(|| merger::schema(options, shown)),
            demonstration,
            ..Request::new(
                MERGER,
                messages(prompts::merger(options), merger::prompt(topic, shown)),
                options.max_tokens,
            )
        })?;
        let Some(read) = merger::parse(&output, shown) else {
            return Ok(self.malformed(MERGER, &output));
        };
        self.report.refused(read.refused);
        read.form.count(&mut self.report);
        Ok(read.changes)
    }

    /// Asks the merger for its verdict in words.
    fn join(&mut self, topic: &Topic, shown: &[Entry]) -> Result<Vec<Change>, Error> {
        let case = Case::new(topic, shown);
        let demonstration =
            (self.hinted.is_some()).then(|| case.demonstration(self.changed(topic)));
        let output = self.output(&Request {
            grammar: Some(case.grammar()),
            demonstration,
            ..Request::new(
                MERGER,
                short_messages(self.options.merger_prompt.as_deref(), case.prompt()),
                MOST_WORDS + 1,
            )
        })?;
        match spoken(&output).and_then(|said| case.parse(said)) {
            Some(change) => Ok(vec![change]),
            None => Ok(self.malformed(MERGER, &output)),
        }
    }

    /// Acts by an answer to a task, and teaches the reranker by its citations. Malformed ones teach
    /// nothing.
    ///
    /// # Errors
    /// If the host refuses to act.
    pub fn answered(
        &mut self,
        task: &Task,
        vector: Option<Vec<f32>>,
        hits: &[Hit],
        said: &Said,
    ) -> Result<(), Error> {
        self.host.act(&said.answer)?;
        let Some(cited) = said.cited.as_ref().filter(|_| !hits.is_empty()) else {
            return Ok(());
        };
        let cited = Cited {
            query: &task.instruction,
            shown: hits.iter().map(|hit| &*hit.entry.id).collect(),
            cited: cited.iter().map(|place| &*hits[*place].entry.id).collect(),
        };
        self.apply(Operation::Custom(CustomOperation {
            name: CITED.into(),
            arguments: json::write(&cited),
            vector,
        }));
        Ok(())
    }

    fn apply(&mut self, operation: Operation) {
        let operations = [operation];
        self.report.operations(&operations);
        self.report.results(&self.host.apply(&self.at, &operations));
    }

    fn output(&mut self, request: &Request) -> Result<String, Error> {
        self.report.step();
        Ok(self.host.generate(request)?.text)
    }

    fn malformed<T>(&mut self, role: &str, output: &str) -> Vec<T> {
        self.report.malformed_output(self.at.session, role, output);
        Vec::new()
    }
}

/// The most words of a merger's output.
const MOST_WORDS: u32 = 2;

/// Returns the topics for a question that the reranker chooses, by session, and the question's
/// embedding: a sample if there is a seed, else the best.
///
/// # Errors
/// If the bank refuses the query.
pub fn retrieve(
    host: &mut dyn Host,
    question: &str,
    seed: Option<u32>,
) -> Result<(Vec<Hit>, Option<Vec<f32>>), Error> {
    let vector = vectors(host, &[question.to_owned()])?.pop().flatten();
    let seed = seed.map_or_else(String::new, |seed| format!(r#""seed":{seed}"#));
    let mut hits = host.retrieve(&Query {
        vector: vector.clone(),
        threshold: ALL,
        options: format!(r#"{{"rerank":{{{seed}}}}}"#),
        ..Query::new(question, MOST_MARKS as u32)
    })?;
    hits.sort_by_key(|hit| hit.entry.last_session);
    Ok((hits, vector))
}

/// Returns the messages of a prompt with instructions.
pub fn messages(instructions: &str, input: String) -> Vec<Message> {
    vec![
        Message::new("system", instructions),
        Message::new("user", input),
    ]
}

/// Returns the messages of a prompt of words, which has instructions only if a run file gives some.
pub fn short_messages(own: Option<&str>, input: String) -> Vec<Message> {
    let own = own.map(|own| Message::new("system", own.trim_end()));
    own.into_iter()
        .chain([Message::new("user", input)])
        .collect()
}
