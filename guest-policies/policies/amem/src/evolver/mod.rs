//! The evolver, which links a new note to its neighbours and rewrites them.

use memloom_json::schema::{any_of, list, object, one_of, text_up_to};
use memloom_json::{self as json, Form};
use serde::Serialize;
use serde_json::Value;

use crate::analyser::{context_up_to, shortened};
use crate::evolution::Evolution;
use crate::note::{Note, PAST};
use crate::options::{ITEM_CHARS, MOST_ITEMS, Options};
use crate::reply;
use crate::verdict::Verdict;

/// The action that links the new note and replaces its tags.
const STRENGTHEN: &str = "strengthen";
/// The action that rewrites neighbours.
const UPDATE: &str = "update_neighbor";

/// The parsed part of an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Evolved {
    /// The change.
    pub evolution: Evolution,
    /// The number of links to notes that were not shown.
    pub refused: u32,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Output<'a> {
    should_evolve: bool,
    actions: Vec<&'a str>,
    suggested_connections: Vec<&'a str>,
    tags_to_update: Vec<String>,
    new_context_neighborhood: Vec<String>,
    new_tags_neighborhood: Vec<Vec<String>>,
}

/// Returns the user message about a new note; `neighbours` are rendered by the bank, one a line.
pub fn prompt(note: &Note, neighbours: &str) -> String {
    let mut new = format!("New note: {}", note.content);
    let lists = [note.keywords.join(", "), note.tags.join(", ")];
    let fields = [
        ("context", &note.context),
        ("keywords", &lists[0]),
        ("tags", &lists[1]),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        new += &format!(" | {name}: {value}");
    }
    let number = neighbours.lines().count();
    format!("{new}\nNeighbours ({number}):\n{neighbours}")
}

/// Returns a demonstrator's output: the new note is linked, and a neighbour that no longer holds is
/// said to, in its context and by a tag.
pub fn demonstration(
    options: &Options,
    note: &Note,
    verdicts: &[Verdict],
    neighbours: &[Note],
) -> String {
    let judged = || verdicts.iter().zip(neighbours);
    let is_past = |verdict: &Verdict| *verdict == Verdict::Past;
    let linked = judged().filter(|(verdict, _)| **verdict != Verdict::Apart);
    let linked: Vec<&str> = linked.map(|(_, neighbour)| &*neighbour.id).collect();
    if linked.is_empty() {
        return r#"{"should_evolve":false}"#.into();
    }
    let tags = |tags: &[String]| -> Vec<String> {
        let most = if options.constrained {
            MOST_ITEMS
        } else {
            usize::MAX
        };
        let tags = tags.iter().map(|tag| shortened(options, tag, ITEM_CHARS));
        tags.take(most).collect()
    };
    let mut output = Output {
        should_evolve: true,
        actions: vec![STRENGTHEN],
        suggested_connections: linked,
        tags_to_update: tags(&note.tags),
        new_context_neighborhood: Vec::new(),
        new_tags_neighborhood: Vec::new(),
    };
    let updates = verdicts.iter().any(is_past);
    if updates {
        output.actions.push(UPDATE);
    }
    for (verdict, neighbour) in judged() {
        let is_new = is_past(verdict) && !neighbour.is_past();
        let now = format!("No longer so: {}", note.content);
        let context = if is_new { &now } else { &neighbour.context };
        let past = is_new.then(|| PAST.to_owned());
        let all: Vec<String> = past.into_iter().chain(neighbour.tags.clone()).collect();
        let context = shortened(options, context, options.max_chars);
        // In a schema the lists stand in every output.
        if updates || options.constrained {
            output.new_context_neighborhood.push(context);
            output.new_tags_neighborhood.push(tags(&all));
        }
    }
    json::write(&output)
}

/// Returns the schema of constrained outputs about these neighbours: with the ids that were shown, and
/// with lists as long as these are many.
pub fn schema(options: &Options, neighbours: &[Note]) -> String {
    let most = neighbours.len();
    let tags = || list(&text_up_to(ITEM_CHARS), MOST_ITEMS);
    let ids = one_of(neighbours.iter().map(|neighbour| &*neighbour.id));
    let for_each = |item: &str| {
        format!(r#"{{"type":"array","minItems":{most},"maxItems":{most},"items":{item}}}"#)
    };
    let evolves = |value: bool| ("should_evolve", format!(r#"{{"const":{value}}}"#));
    any_of(&[
        object(&[evolves(false)]),
        object(&[
            evolves(true),
            ("actions", list(&one_of([STRENGTHEN, UPDATE]), 2)),
            ("suggested_connections", list(&ids, most)),
            ("tags_to_update", tags()),
            (
                "new_context_neighborhood",
                for_each(&context_up_to(options.max_chars)),
            ),
            ("new_tags_neighborhood", for_each(&tags())),
        ]),
    ])
}

/// Parses an output; none if it says nothing about evolution, names an action that does not exist,
/// lacks a list that an action needs, or has lists of another length than the neighbours.
pub fn parse(output: &str, neighbours: &[Note]) -> Option<Evolved> {
    let (said, form) = reply::object(output, |item| item.get("should_evolve").is_some())?;
    let mut read = Evolved {
        form,
        ..Evolved::default()
    };
    let evolves = match &said["should_evolve"] {
        Value::Bool(evolves) => *evolves,
        Value::String(text) => {
            read.form.repaired = true;
            text.trim().to_ascii_lowercase().parse().ok()?
        }
        _ => return None,
    };
    if !evolves {
        return Some(read);
    }
    let (strengthens, updates) = actions(&said, &mut read.form)?;
    if strengthens {
        link(&said, neighbours, &mut read)?;
    }
    if updates {
        rewrite(&said, neighbours, &mut read)?;
    }
    Some(read)
}

/// Returns whether the new note is strengthened and whether its neighbours are updated.
fn actions(said: &Value, form: &mut Form) -> Option<(bool, bool)> {
    let (actions, one_text) = reply::texts(said.get("actions")?)?;
    form.repaired |= one_text;
    let (mut strengthens, mut updates) = (false, false);
    for action in actions {
        let lower = action
            .trim()
            .to_ascii_lowercase()
            .replace("neighbour", "neighbor");
        form.repaired |= lower != action;
        match &*lower {
            STRENGTHEN => strengthens = true,
            UPDATE => updates = true,
            _ => return None,
        }
    }
    Some((strengthens, updates))
}

/// Reads the links and tags of the new note. A number stands for the neighbour whose id ends in it.
fn link(said: &Value, neighbours: &[Note], read: &mut Evolved) -> Option<()> {
    for item in said.get("suggested_connections")?.as_array()? {
        let text = match item {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let mut shown = neighbours.iter().map(|neighbour| &*neighbour.id);
        match shown.find(|id| *id == text || id.get(1..) == Some(&text)) {
            Some(id) => {
                read.form.repaired |= id != text;
                if !read.evolution.links.iter().any(|other| other == id) {
                    read.evolution.links.push(id.into());
                }
            }
            None => read.refused += 1,
        }
    }
    if let Some(tags) = said.get("tags_to_update") {
        let (tags, one_text) = reply::texts(tags)?;
        read.form.repaired |= one_text;
        read.evolution.tags = Some(tags);
    }
    Some(())
}

/// Reads the neighbours that change.
fn rewrite(said: &Value, neighbours: &[Note], read: &mut Evolved) -> Option<()> {
    let contexts = said.get("new_context_neighborhood")?.as_array()?;
    let all_tags = said.get("new_tags_neighborhood")?.as_array()?;
    if contexts.len() != neighbours.len() || all_tags.len() != neighbours.len() {
        return None;
    }
    for ((context, tags), neighbour) in contexts.iter().zip(all_tags).zip(neighbours) {
        let (tags, one_text) = reply::texts(tags)?;
        read.form.repaired |= one_text;
        let context = context.as_str()?.trim().to_owned();
        if context != neighbour.context || tags != neighbour.tags {
            read.evolution.neighbours.push(Note {
                context,
                tags,
                ..neighbour.clone()
            });
        }
    }
    Some(())
}

#[cfg(test)]
mod tests;
