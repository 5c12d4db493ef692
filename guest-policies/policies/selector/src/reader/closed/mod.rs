//! The reader of a closed language, which finds person and kind and reads the newest value.

use memloom_sdk::Host;
use memloom_sdk::bank::{Hit, Query, evidence};
use memloom_sdk::lexicon::{Kind, Lexicon, Value};
use memloom_sdk::speakers::Speakers;
use memloom_sdk::types::{Answer, Entry, Error};

/// Answers with the newest value of the question's kind among the entries about its
/// person; for "when did" with the time of the newest entry with the named value. The
/// answer is empty if there is none.
///
/// The person is named ("Where does Anna live?"), related to a named one ("Where does the
/// mentor of Anna live?"), or described by another value ("Where does the person who works
/// as a baker live?").
pub fn answer(
    host: &mut dyn Host,
    speakers: &Speakers,
    lexicon: &Lexicon,
    limit: u32,
    question: &str,
) -> Result<Answer, Error> {
    let mut reading = Reading {
        host,
        speakers,
        limit,
        read: Vec::new(),
    };
    let text = reading.answer(lexicon, question)?;
    Ok(match text {
        Some(text) => Answer {
            text,
            citations: evidence(&reading.read),
        },
        None => Answer {
            text: String::new(),
            citations: Vec::new(),
        },
    })
}

struct Reading<'a> {
    host: &'a mut dyn Host,
    speakers: &'a Speakers,
    limit: u32,
    read: Vec<Hit>,
}

impl Reading<'_> {
    fn answer(&mut self, lexicon: &Lexicon, question: &str) -> Result<Option<String>, Error> {
        let asked = lexicon.asked(question);
        let named = self
            .speakers
            .named(question)
            .first()
            .map(ToString::to_string);
        let (kind, person) = match named {
            Some(name) if asks_when_did(question) => return self.time(&asked, &name, question),
            Some(name) => self.named(&asked, name)?,
            None => self.told(&asked, lexicon.valued(question))?,
        }
        .unzip();
        let (Some(kind), Some(person)) = (kind, person) else {
            return Ok(None);
        };
        let newest = self.newest(kind, &person)?;
        Ok(newest.map(|(value, _)| value.words))
    }

    /// Returns the kind and the named person, or the one related to them.
    fn named<'k>(
        &mut self,
        asked: &[&'k Kind],
        name: String,
    ) -> Result<Option<(&'k Kind, String)>, Error> {
        let relates = |kind: &&Kind| self.speakers.iter().any(|person| kind.relates(person));
        let relation = asked.iter().copied().find(relates);
        let goal = asked.iter().copied().find(|kind| !relates(kind));
        match (relation, goal) {
            (Some(relation), Some(goal)) => {
                let related = self.newest(relation, &name)?;
                Ok(related.map(|(person, _)| (goal, person.words)))
            }
            _ => Ok(relation.or(goal).map(|kind| (kind, name))),
        }
    }

    /// Returns the kind and the first person with the question's value.
    fn told<'k>(
        &mut self,
        asked: &[&'k Kind],
        mut valued: Vec<(&'k Kind, Value)>,
    ) -> Result<Option<(&'k Kind, String)>, Error> {
        let is_asked = |kind: &Kind| asked.iter().any(|other| std::ptr::eq(*other, kind));
        valued.sort_by_key(|(kind, _)| !is_asked(kind));
        let Some((through, value)) = valued.into_iter().next() else {
            return Ok(None);
        };
        let Some(goal) = asked
            .iter()
            .copied()
            .find(|kind| !std::ptr::eq(*kind, through))
        else {
            return Ok(None);
        };
        for person in self.speakers.iter() {
            let newest = self.newest(through, person)?;
            if newest.is_some_and(|(holding, _)| holding.lower == value.lower) {
                return Ok(Some((goal, person.into())));
            }
        }
        Ok(None)
    }

    /// Returns the time at which the question's value was written about the person.
    fn time(
        &mut self,
        asked: &[&Kind],
        name: &str,
        question: &str,
    ) -> Result<Option<String>, Error> {
        let valued = asked
            .iter()
            .find_map(|kind| Some((kind, kind.value(question)?)));
        let Some((kind, value)) = valued else {
            return Ok(None);
        };
        let query = format!("{} {}", kind.query, value.lower);
        let hits = self.hits(query, name)?;
        let having = candidates(kind, &hits).filter(|(found, _)| found.lower == value.lower);
        let newest = self.last_written(having.collect());
        Ok(newest.map(|(_, entry)| entry.time))
    }

    fn newest(&mut self, kind: &Kind, person: &str) -> Result<Option<(Value, Entry)>, Error> {
        let hits = self.hits(kind.query.clone(), person)?;
        Ok(self.last_written(candidates(kind, &hits).collect()))
    }

    fn hits(&mut self, text: String, person: &str) -> Result<Vec<Hit>, Error> {
        let hits = self.host.retrieve(&Query {
            speaker: Some(person.into()),
            ..Query::new(text, self.limit)
        })?;
        self.read.extend(hits.iter().cloned());
        Ok(hits)
    }

    /// Returns the candidate of the newest session; among several the last one inserted.
    fn last_written(&mut self, mut candidates: Vec<(Value, Entry)>) -> Option<(Value, Entry)> {
        let newest = candidates
            .iter()
            .map(|(_, entry)| entry.last_session)
            .max()?;
        candidates.retain(|(_, entry)| entry.last_session == newest);
        if candidates.len() > 1 {
            let order: Vec<String> = self.host.entries().into_iter().map(|e| e.id).collect();
            candidates.sort_by_key(|(_, entry)| order.iter().position(|id| *id == entry.id));
        }
        candidates.pop()
    }
}

fn candidates<'a>(kind: &'a Kind, hits: &'a [Hit]) -> impl Iterator<Item = (Value, Entry)> + 'a {
    hits.iter()
        .filter_map(|hit| Some((kind.value(&hit.entry.text)?, hit.entry.clone())))
}

fn asks_when_did(question: &str) -> bool {
    let words = memloom_sdk::text::lower_words(question);
    words.starts_with(&["when".to_string(), "did".to_string()])
}

#[cfg(test)]
mod tests;
