//! The graph in the bank: what is written into it, and what of it is shown.

use memloom_sdk::Host;
use memloom_sdk::bank::Query;
use memloom_sdk::lookup::vectors;
use memloom_sdk::text::word_count;
use memloom_sdk::types::{CustomOperation, Entry, Error, Operation};

use crate::map::{self, Map};
use crate::means::Means;
use crate::story::Story;
use crate::triple::Triple;

/// The options of a query for triples.
pub const TRIPLES: &str = r#"{"kind":"triple"}"#;

/// The operations that the bank must have.
const NEEDED: [&str; 3] = ["link", "replace", "episode"];

/// The most triples around one item.
const MOST_TRIPLES: u32 = 64;

/// The number of the task's last observations that are not shown again as old ones.
const RECENT: usize = 5;

/// The name of a node and the number of hops around it.
pub type Item = (String, u32);

/// A triple with the turns that support it.
#[derive(Debug)]
pub struct Fact {
    /// The triple.
    pub triple: Triple,
    /// The turns.
    pub evidence: Vec<String>,
}

/// Checks that the bank is a graph.
///
/// # Errors
/// [`Error::Unsupported`] naming the bank and the operation that it lacks.
pub fn check(host: &mut dyn Host) -> Result<(), Error> {
    let schema = host.schema();
    let has = |name: &&&str| schema.operations.iter().any(|it| it.name == **name);
    match NEEDED.iter().find(|name| !has(name)) {
        None => Ok(()),
        Some(lacking) => Err(Error::Unsupported(format!(
            "ariadne keeps a graph, and the bank {} has no operation `{lacking}`: set components.bank to \
             graph",
            schema.name
        ))),
    }
}

/// Returns the triple of an entry; none if it is another kind of entry.
pub fn triple(entry: &Entry) -> Option<Triple> {
    let field = |name: &str| {
        let found = entry.fields.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.clone())
    };
    Some(Triple {
        subject: field("subject")?,
        relation: field("relation")?,
        object: field("object")?,
    })
}

/// Returns the map.
///
/// # Errors
/// If the bank refuses the query.
pub fn map(host: &mut dyn Host) -> Result<Map, Error> {
    let hits = host.retrieve(&Query {
        options: TRIPLES.into(),
        ..Query::new(map::WORDS, u32::MAX)
    })?;
    Ok(Map::new(hits.iter().filter_map(|hit| triple(&hit.entry))))
}

/// Returns the triples with these subjects.
///
/// # Errors
/// If the bank refuses the query.
pub fn about(host: &mut dyn Host, subjects: &[&str]) -> Result<Vec<Triple>, Error> {
    let mut found: Vec<Triple> = Vec::new();
    for subject in subjects {
        let hits = host.retrieve(&Query {
            options: TRIPLES.into(),
            ..Query::new(*subject, u32::MAX)
        })?;
        let triples = hits.iter().filter_map(|hit| triple(&hit.entry));
        found.extend(triples.filter(|triple| triple.subject == *subject));
    }
    Ok(found)
}

/// Replaces triples, old ones by new ones, and links facts. Returns the ids of the facts.
///
/// # Errors
/// If the embedder fails.
pub fn write(
    means: &mut Means<'_>,
    replaced: &[(Triple, Triple)],
    facts: &[Fact],
) -> Result<Vec<String>, Error> {
    let mut operations: Vec<(&str, String)> = Vec::new();
    let mut texts = Vec::new();
    for (old, new) in replaced {
        let arguments = serde_json::json!({"old": old.parts(), "new": new.parts()});
        operations.push(("replace", arguments.to_string()));
        texts.push(new.text());
    }
    for Fact { triple, evidence } in facts {
        let [subject, relation, object] = triple.parts();
        let arguments = serde_json::json!({
            "subject": subject, "relation": relation, "object": object, "evidence": evidence,
        });
        operations.push(("link", arguments.to_string()));
        texts.push(triple.text());
    }
    let vectors = vectors(means.host, &texts)?;
    let operations = operations.into_iter().zip(vectors);
    let operations = operations.map(|((name, arguments), vector)| custom(name, arguments, vector));
    let operations: Vec<Operation> = operations.collect();
    means.report.operations(&operations);
    let results = means.host.apply(&means.at, &operations);
    means.report.results(&results);
    let of_facts = results.into_iter().skip(replaced.len());
    Ok(of_facts.filter_map(Result::ok).collect())
}

/// Notes an observation with the ids of its triples, and returns its id; none if none are kept.
///
/// # Errors
/// If the embedder fails.
pub fn note(
    means: &mut Means<'_>,
    text: &str,
    triples: &[String],
    evidence: &[String],
) -> Result<Option<String>, Error> {
    if means.options.episodes == 0 || text.trim().is_empty() {
        return Ok(None);
    }
    let vector = vectors(means.host, &[text.into()])?.pop().flatten();
    let arguments = serde_json::json!({"text": text, "triples": triples, "evidence": evidence});
    let operations = [custom("episode", arguments.to_string(), vector)];
    means.report.operations(&operations);
    let mut results = means.host.apply(&means.at, &operations);
    means.report.results(&results);
    Ok(results.pop().and_then(Result::ok))
}

fn custom(name: &str, arguments: String, vector: Option<Vec<f32>>) -> Operation {
    Operation::Custom(CustomOperation {
        name: name.into(),
        arguments,
        vector,
    })
}

/// The part of the graph that is shown.
#[derive(Debug, Default)]
pub struct Recalled {
    /// The triples: those around the first item first, and of these the nearest.
    pub triples: Vec<Triple>,
    /// Old observations, the best first.
    pub episodes: Vec<String>,
}

/// Returns the triples around items, as far as prompts may show them, and the old observations that
/// have most of them and are most like the aim.
///
/// # Errors
/// If the bank or the embedder fails.
pub fn recall(means: &mut Means<'_>, story: &Story, items: &[Item]) -> Result<Recalled, Error> {
    let names: Vec<String> = items.iter().map(|(name, _)| name.clone()).collect();
    let mut entries: Vec<Entry> = Vec::new();
    for ((name, hops), vector) in items.iter().zip(vectors(means.host, &names)?) {
        let options = serde_json::json!({"kind": "triple", "seeds": {name: hops}});
        let hits = means.host.retrieve(&Query {
            threshold: vector.as_ref().map_or(0.0, |_| means.options.threshold),
            vector,
            options: options.to_string(),
            ..Query::new(&*story.goal, MOST_TRIPLES)
        })?;
        for hit in hits {
            if entries.iter().all(|entry| entry.id != hit.entry.id) {
                entries.push(hit.entry);
            }
        }
    }
    let mut words = 0;
    entries.retain(|entry| {
        words += word_count(&entry.text);
        words <= means.options.memory_words
    });
    let ids: Vec<&str> = entries.iter().map(|entry| &*entry.id).collect();
    Ok(Recalled {
        episodes: episodes(means, story, &ids)?,
        triples: entries.iter().filter_map(triple).collect(),
    })
}

/// Returns old observations, the best first.
fn episodes(means: &mut Means<'_>, story: &Story, subgraph: &[&str]) -> Result<Vec<String>, Error> {
    let wanted = means.options.episodes as usize;
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let options = serde_json::json!({"kind": "episode", "triples": subgraph});
    let vector = vectors(means.host, &[story.aim().into()])?.pop().flatten();
    let hits = means.host.retrieve(&Query {
        vector,
        options: options.to_string(),
        ..Query::new(
            story.aim(),
            means.options.episodes.saturating_add(RECENT as u32),
        )
    })?;
    let old = story.episodes.len().saturating_sub(RECENT);
    let recent = &story.episodes[old..];
    let hits = hits
        .into_iter()
        .filter(|hit| !recent.contains(&hit.entry.id));
    Ok(hits.take(wanted).map(|hit| hit.entry.text).collect())
}
