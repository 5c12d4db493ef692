//! The nodes around which the graph is shown.

use std::collections::BTreeMap;

use memloom_json::items as json_items;
use memloom_sdk::Host;
use memloom_sdk::bank::Query;
use memloom_sdk::text::lower_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;
use serde_json::Value;

use crate::means::Means;
use crate::memory::{self, Item};
use crate::options::Items;
use crate::prompts;
use crate::story::Story;
use crate::triple::Triple;

/// The role.
pub const ITEMS: &str = "items";

/// The most hops that the role may name.
const MOST_HOPS: u64 = 2;

/// The most triples in which names are looked for.
const MOST_TRIPLES: u32 = 256;

/// Returns the nodes that matter now: those that the role names, or by name those of the goal.
///
/// # Errors
/// If the model or the host fails.
pub fn items(means: &mut Means<'_>, story: &Story) -> Result<Vec<Item>, Error> {
    let named = named(means.host, story.aim())?;
    let by_name = named.into_iter().map(|name| (name, means.options.hops));
    if means.options.items == Items::Names {
        return Ok(by_name.collect());
    }
    let most = MOST_HOPS as u32;
    let demonstrated: BTreeMap<String, u32> =
        by_name.map(|(name, hops)| (name, hops.min(most))).collect();
    let prompt = prompts::parts([
        ("Goal", &*story.goal),
        ("Plan", &*story.plan),
        ("Observation", story.observation()),
    ]);
    let demonstration = memloom_json::write(&demonstrated);
    let output = means.ask(ITEMS, prompts::ITEMS, prompt, Some(demonstration))?;
    let Some((read, is_repaired)) = parse(&output) else {
        means.malformed(ITEMS, &output);
        return Ok(Vec::new());
    };
    if is_repaired {
        means.report.repaired();
    }
    for _ in 0..read.malformed {
        means.report.malformed();
    }
    Ok(read.items)
}

#[derive(Debug, PartialEq, Eq)]
struct Read {
    items: Vec<Item>,
    /// The number of names whose number of hops is neither 1 nor 2.
    malformed: u32,
}

/// Reads `{"lamp": 1, "red box": 2}`, and whether text stands around it.
fn parse(output: &str) -> Option<(Read, bool)> {
    let said = spoken(output)?;
    let whole: Option<Value> = serde_json::from_str(said).ok();
    let is_object = |value: &Value| value.is_object();
    let (value, is_repaired) = match whole.filter(is_object) {
        Some(value) => (value, false),
        None => match &mut json_items(output, ITEMS, is_object)?.items[..] {
            [value] => (value.take(), true),
            _ => return None,
        },
    };
    let mut read = Read {
        items: Vec::new(),
        malformed: 0,
    };
    for (name, hops) in value.as_object()? {
        match hops.as_u64().filter(|hops| (1..=MOST_HOPS).contains(hops)) {
            Some(hops) if !name.trim().is_empty() => {
                read.items.push((name.to_lowercase(), hops as u32));
            }
            _ => read.malformed += 1,
        }
    }
    Some((read, is_repaired))
}

/// Returns the nodes that a text names in whole words, in its order; of two that begin together the
/// longer.
///
/// # Errors
/// If the bank refuses the query.
pub fn named(host: &mut dyn Host, text: &str) -> Result<Vec<String>, Error> {
    let hits = host.retrieve(&Query {
        options: memory::TRIPLES.into(),
        ..Query::new(text, MOST_TRIPLES)
    })?;
    let triples: Vec<Triple> = hits
        .iter()
        .filter_map(|hit| memory::triple(&hit.entry))
        .collect();
    let ends = triples.iter().flat_map(|it| [&it.subject, &it.object]);
    let nodes: BTreeMap<Vec<String>, &String> = ends.map(|end| (lower_words(end), end)).collect();
    let words = lower_words(text);
    let (mut named, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let begins = nodes
            .iter()
            .filter(|(node, _)| words[at..].starts_with(node));
        let longest = begins.max_by_key(|(node, _)| node.len());
        let Some((node, name)) = longest.filter(|(node, _)| !node.is_empty()) else {
            at += 1;
            continue;
        };
        if !named.contains(*name) {
            named.push((*name).clone());
        }
        at += node.len();
    }
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Option<(Vec<Item>, u32, bool)> {
        let (read, is_repaired) = parse(output)?;
        Some((read.items, read.malformed, is_repaired))
    }

    #[test]
    fn names_have_one_or_two_hops() {
        assert_eq!(
            read(r#"{"Lamp": 1, "red box": 2, "hall": 3, "cup": "1"}"#),
            Some((vec![("lamp".into(), 1), ("red box".into(), 2)], 2, false))
        );
        assert_eq!(read("{}"), Some((vec![], 0, false)));
    }

    #[test]
    fn text_around_the_object_is_repaired() {
        assert_eq!(
            read("I look:\n{\"lamp\": 1}"),
            Some((vec![("lamp".into(), 1)], 0, true))
        );
        for wrong in ["", "lamp", "<think>{\"lamp\": 1}", "{'lamp': 1}", "3"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
