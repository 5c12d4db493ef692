//! Memory about a task or a question, as a prompt shows it.

use memloom_sdk::Host;
use memloom_sdk::acting::Form;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::text::word_count;
use memloom_sdk::types::{Entry, Error};

use crate::options::Options;

/// The most entries that are looked up.
const MOST_HITS: u32 = 64;

/// Returns the best entries for a text: by embedding if the host has an embedder, else by words.
///
/// # Errors
/// If the bank refuses the query.
pub fn hits(host: &mut dyn Host, options: &Options, text: &str) -> Result<Vec<Hit>, Error> {
    if options.memory_words == 0 {
        return Ok(Vec::new());
    }
    let vector = embed(host, &[text.to_string()])?.pop().flatten();
    host.retrieve(&Query {
        vector,
        options: options.query(),
        ..Query::new(text, MOST_HITS)
    })
}

/// Returns the lines of a prompt's memory: of the best hits, as many as fit into `memory_words`,
/// those of the latest sessions last.
///
/// # Errors
/// If the bank cannot render them.
pub fn block(host: &mut dyn Host, options: &Options, hits: &[Hit]) -> Result<String, Error> {
    let lines: Vec<String> = match options.form() {
        Form::Words => hits.iter().map(|hit| short(&hit.entry)).collect(),
        Form::Text => {
            let ids: Vec<String> = hits.iter().map(|hit| hit.entry.id.clone()).collect();
            host.render(&ids)?.lines().map(String::from).collect()
        }
    };
    let mut left = options.memory_words;
    let mut shown: Vec<(u32, String)> = Vec::new();
    for (hit, line) in hits.iter().zip(lines) {
        if let Some(rest) = left.checked_sub(word_count(&line)) {
            left = rest;
            shown.push((hit.entry.last_session, line));
        }
    }
    shown.sort_by_key(|(session, _)| *session);
    let lines: Vec<String> = shown.into_iter().map(|(_, line)| line).collect();
    Ok(lines.join("\n"))
}

/// Returns an entry in few words: its text, and the plan if it has one.
fn short(entry: &Entry) -> String {
    let plan = entry.fields.iter().find(|(name, _)| name == "plan");
    match plan {
        Some((_, plan)) => format!("{} : {plan}", entry.text),
        None => entry.text.clone(),
    }
}

/// Returns the vectors of texts in order; none if there is no embedder.
///
/// # Errors
/// If the number of vectors differs from the number of texts.
pub fn embed(host: &mut dyn Host, texts: &[String]) -> Result<Vec<Option<Vec<f32>>>, Error> {
    match host.embed(texts) {
        None => Ok(vec![None; texts.len()]),
        Some(vectors) if vectors.len() == texts.len() => {
            Ok(vectors.into_iter().map(Some).collect())
        }
        Some(vectors) => Err(Error::Invalid(format!(
            "the embedder gave {} vectors for {} texts",
            vectors.len(),
            texts.len()
        ))),
    }
}
