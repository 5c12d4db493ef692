//! Memory about a task or a question, as a prompt shows it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use memloom_sdk::Host;
use memloom_sdk::acting::Form;
use memloom_sdk::bank::{Hit, Query};
use memloom_sdk::lookup::vectors;
use memloom_sdk::text::word_count;
use memloom_sdk::types::{Entry, Error};

use crate::options::Options;

/// The most entries that are looked up.
const MOST_HITS: u32 = 64;

/// The place of a line: by its text, by its session, and by its entry's id, since later entries have
/// longer or greater ones.
type Place<'a> = (Reverse<usize>, u32, usize, &'a str);

/// Returns the best entries for each text.
///
/// # Errors
/// If the bank refuses a query.
pub fn hits_of_each(
    host: &mut dyn Host,
    options: &Options,
    texts: &[&str],
) -> Result<Vec<Vec<Hit>>, Error> {
    texts.iter().map(|text| hits(host, options, text)).collect()
}

/// Returns the best entries for a text: by embedding if the host has an embedder, else by words.
///
/// # Errors
/// If the bank refuses the query.
pub fn hits(host: &mut dyn Host, options: &Options, text: &str) -> Result<Vec<Hit>, Error> {
    if options.memory_words == 0 {
        return Ok(Vec::new());
    }
    let vector = vectors(host, &[text.to_string()])?.pop().flatten();
    host.retrieve(&Query {
        vector,
        options: options.query(),
        ..Query::new(text, MOST_HITS)
    })
}

/// Returns the lines of a prompt's memory: as many of the best hits as fit into `memory_words`, which
/// are taken in turn from the hits of several texts, equal lines once. Those of the first text stand
/// last, and of one text those of the latest sessions.
///
/// # Errors
/// If the bank cannot render them.
pub fn block(host: &mut dyn Host, options: &Options, found: &[Vec<Hit>]) -> Result<String, Error> {
    let mut known = BTreeSet::new();
    let mut hits: Vec<(usize, &Hit)> = Vec::new();
    for rank in 0..found.iter().map(Vec::len).max().unwrap_or(0) {
        let ranked = found.iter().enumerate();
        let ranked = ranked.filter_map(|(text, hits)| Some((text, hits.get(rank)?)));
        hits.extend(ranked.filter(|(_, hit)| known.insert(&hit.entry.id)));
    }
    let lines: Vec<String> = match options.form() {
        Form::Words => hits.iter().map(|(_, hit)| short(&hit.entry)).collect(),
        Form::Text => {
            let ids: Vec<String> = hits.iter().map(|(_, hit)| hit.entry.id.clone()).collect();
            host.render(&ids)?.lines().map(String::from).collect()
        }
    };
    let mut left = options.memory_words;
    let mut shown: Vec<(Place<'_>, String)> = Vec::new();
    for ((text, hit), line) in hits.iter().zip(lines) {
        let id = &*hit.entry.id;
        let place = (Reverse(*text), hit.entry.last_session, id.len(), id);
        if let Some((same, _)) = shown.iter_mut().find(|(_, other)| *other == line) {
            *same = place.max(*same);
        } else if let Some(rest) = left.checked_sub(word_count(&line)) {
            left = rest;
            shown.push((place, line));
        }
    }
    shown.sort();
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
