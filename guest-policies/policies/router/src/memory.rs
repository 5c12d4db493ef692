//! Memory about a task, as a prompt shows it.

use memloom_sdk::bank::Query;
use memloom_sdk::lookup::vectors;
use memloom_sdk::types::{Entry, Error};

use crate::means::Means;
use crate::verdict::sentence;

/// Returns the lines of memory about a task, the best last: by embedding if the host has an embedder,
/// else by words. Empty if there are none.
///
/// # Errors
/// If the bank refuses the query.
pub fn lines(means: &mut Means<'_>, instruction: &str) -> Result<String, Error> {
    let limit = means.options.limit;
    if limit == 0 {
        return Ok(String::new());
    }
    let vector = vectors(means.host, &[instruction.to_string()])?;
    let hits = means.host.retrieve(&Query {
        vector: vector.into_iter().next().flatten(),
        ..Query::new(instruction, limit)
    })?;
    let lines = hits.iter().rev().map(|hit| line(&hit.entry));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// Returns an entry's text, or a case as a verdict.
fn line(entry: &Entry) -> String {
    let field = |name: &str| {
        let mut fields = entry.fields.iter();
        let found = fields.find(|(other, _)| other == name);
        found.map(|(_, value)| &**value)
    };
    match field("plan") {
        Some(said) => sentence(&entry.speaker, said, field("outcome") == Some("success")),
        None => entry.text.clone(),
    }
}
