//! The reader, which answers from the core and from what is found in the lists.

use std::fmt::Write;

use memloom_json::schema::{object, text_up_to};
use memloom_json::{self as json, text};
use memloom_sdk::Host;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::lookup::vectors;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;
use serde_json::Value;

use crate::options::Options;
use crate::view::LISTS;

/// The most words of a demonstrated answer.
const MOST_WORDS: usize = 12;

/// The core and the best entries of each list.
pub struct Found {
    core: Vec<Hit>,
    lists: [Vec<Hit>; 2],
}

impl Found {
    /// Looks up the entries for a question; of lists none if it has no words.
    ///
    /// # Errors
    /// If the bank refuses a query.
    pub fn of(host: &mut dyn Host, question: &str, limit: u32) -> Result<Self, Error> {
        let vector = vectors(host, &[question.to_owned()])?.pop().flatten();
        let mut of = |kind: &str, query: Query| {
            let options = format!(r#"{{"type":"{kind}"}}"#);
            host.retrieve(&Query { options, ..query })
        };
        let core = of("core", Query::new("", 1))?;
        let mut list = |kind: &str| {
            if question.trim().is_empty() {
                return Ok(Vec::new());
            }
            let vector = vector.clone();
            of(
                kind,
                Query {
                    vector,
                    ..Query::new(question, limit)
                },
            )
        };
        let [(_, facts), (_, events)] = LISTS;
        let lists = [list(facts)?, list(events)?];
        Ok(Self { core, lists })
    }

    /// Returns all hits.
    pub fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.core.iter().chain(self.lists.iter().flatten())
    }

    /// Returns the user message: the memory, and the question.
    pub fn prompt(&self, question: &str) -> String {
        let mut text = String::from("Core memory:\n");
        for hit in &self.core {
            let _ = writeln!(text, "{}", hit.entry.text);
        }
        for ((_, kind), hits) in LISTS.iter().zip(&self.lists) {
            let _ = writeln!(text, "\n{}{} memory:", kind[..1].to_uppercase(), &kind[1..]);
            let mut hits: Vec<&Hit> = hits.iter().collect();
            hits.sort_by_key(|hit| hit.entry.last_session);
            for Hit { entry, .. } in hits {
                let _ = writeln!(text, "({}) {}", entry.time, entry.text);
            }
        }
        let _ = write!(text, "\nQuestion: {question}");
        text
    }

    /// Returns the best entry of the lists; none if they have none.
    pub fn best(&self) -> Option<&Hit> {
        let hits = self.lists.iter().flatten();
        hits.max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// Returns a demonstrator's output: the first words of the best entry.
    pub fn demonstration(&self, options: &Options) -> String {
        let answer = self
            .best()
            .map_or_else(String::new, |hit| first_words(&hit.entry.text, MOST_WORDS));
        match options.constrained {
            true if answer.is_empty() => r#"{"answer":"unknown"}"#.into(),
            true => {
                let answer: String = answer.chars().take(options.max_chars).collect();
                format!(r#"{{"answer":{}}}"#, json::write(&answer.trim_end()))
            }
            false => answer,
        }
    }
}

/// Returns the schema of constrained outputs.
pub fn schema(options: &Options) -> String {
    object(&[("answer", text_up_to(options.max_chars))])
}

/// Returns the answer in an output, without thoughts.
pub fn parse(output: &str) -> String {
    let said = spoken(output).unwrap_or_default().trim();
    match serde_json::from_str::<Value>(said) {
        Ok(item @ Value::Object(_)) => text(&item, "answer").unwrap_or_default().into(),
        _ => said.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_all_that_is_said_or_the_text_in_json() {
        assert_eq!(parse("<think>Hm</think> In Rome. "), "In Rome.");
        assert_eq!(parse(r#"{"answer":"In \"Rome\""}"#), "In \"Rome\"");
        assert_eq!(parse("43"), "43");
        assert_eq!(parse("<think>Rome"), "");
    }
}
