//! The refiner, which says what old triples the new ones replace.

use memloom_sdk::Host;
use memloom_sdk::bank::Query;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::map::{self, Map};
use crate::means::Means;
use crate::memory::{self, Fact};
use crate::prompts;
use crate::triple::{self, Triple};

/// The role.
pub const REFINER: &str = "refiner";

/// The relations that do not grow old, as rows of whole words, beside directions.
const LASTING: [&str; 3] = ["associated with", "used for", "to be"];

/// The most old triples that the refiner is shown.
const MOST_SHOWN: u32 = 64;

/// A triple and the one in its place.
pub type Pair = (Triple, Triple);

/// Returns the pairs of old and new triples, without those of two rooms, which stay. Under a grammar
/// a rule gives them.
///
/// # Errors
/// If the model or the bank fails.
pub fn pairs(means: &mut Means<'_>, facts: &[Fact], map: &Map) -> Result<Vec<Pair>, Error> {
    let new: Vec<&Triple> = facts.iter().map(|fact| &fact.triple).collect();
    let pairs = match means.options.constrained {
        true => {
            let subjects: Vec<&str> = new.iter().map(|it| &*it.subject).collect();
            by_rule(&memory::about(means.host, &subjects)?, &new)
        }
        false => {
            let old = existing(means.host, &new)?;
            match old.is_empty() {
                true => Vec::new(),
                false => asked(means, &old, &new)?,
            }
        }
    };
    let stays = |old: &Triple| map.has(&old.subject) && map.has(&old.object);
    Ok(pairs.into_iter().filter(|(old, _)| !stays(old)).collect())
}

/// Returns the triples at the ends of new ones that may have grown old.
fn existing(host: &mut dyn Host, new: &[&Triple]) -> Result<Vec<Triple>, Error> {
    let mut ends: Vec<&str> = new
        .iter()
        .flat_map(|it| [&*it.subject, &*it.object])
        .collect();
    ends.sort_unstable();
    ends.dedup();
    let texts: Vec<String> = new.iter().map(|triple| triple.text()).collect();
    let options = serde_json::json!({"kind": "triple", "seeds": ends});
    let hits = host.retrieve(&Query {
        options: options.to_string(),
        ..Query::new(texts.join("; "), MOST_SHOWN)
    })?;
    let found = hits.iter().filter_map(|hit| memory::triple(&hit.entry));
    let may_be_old = |old: &Triple| !lasts(old) && !new.contains(&old);
    Ok(found.filter(may_be_old).collect())
}

/// Returns whether a triple never grows old: its relation names a direction, or one of the lasting
/// ones.
fn lasts(triple: &Triple) -> bool {
    let relation = format!(" {} ", triple.relation);
    let has = |words: &&str| relation.contains(&format!(" {words} "));
    map::named(&triple.relation).is_some() || LASTING.iter().any(has)
}

fn asked(means: &mut Means<'_>, old: &[Triple], new: &[&Triple]) -> Result<Vec<Pair>, Error> {
    let demonstration = write(&by_rule(old, new));
    let prompt = prompts::parts([
        ("Old", &*triple::write(old)),
        ("New", &*triple::write(new.iter().copied())),
    ]);
    let output = means.ask(REFINER, prompts::REFINER, prompt, Some(demonstration))?;
    let Some(read) = parse(&output) else {
        means.malformed(REFINER, &output);
        return Ok(Vec::new());
    };
    for _ in 0..read.malformed {
        means.report.malformed();
    }
    if read.is_repaired {
        means.report.repaired();
    }
    Ok(read.pairs)
}

/// Returns the pairs by a rule: a thing has one place, and beside it one state.
pub fn by_rule(old: &[Triple], new: &[&Triple]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for old in old {
        let replaces = |new: &&&Triple| {
            new.subject == old.subject && aspect(new).is_some() && aspect(new) == aspect(old)
        };
        let is_same = new.contains(&old);
        let is_known = pairs.iter().any(|(other, _)| other == old);
        // Of two new ones the later is right.
        if let Some(new) = new.iter().rfind(replaces)
            && !is_same
            && !is_known
        {
            pairs.push((old.clone(), (*new).clone()));
        }
    }
    pairs
}

/// Returns what of its subject a triple says: the place or the state; none for anything else.
fn aspect(triple: &Triple) -> Option<&'static str> {
    match (&*triple.relation, &*triple.object) {
        ("is in" | "is on", _) | ("is", "not here") => Some("place"),
        ("is", _) => Some("state"),
        _ => None,
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    pairs: Vec<Pair>,
    /// The number of parts of the output that are no pairs.
    malformed: u32,
    /// True if text stands around the pairs.
    is_repaired: bool,
}

fn write(pairs: &[Pair]) -> String {
    let texts = pairs
        .iter()
        .map(|(old, new)| format!("{} -> {}", old.text(), new.text()));
    match pairs.is_empty() {
        true => "[]".into(),
        false => format!("[[{}]]", texts.collect::<Vec<_>>().join("], [")),
    }
}

/// Reads `[[old -> new], [old -> new]]`; none if there is no pair and no empty list.
fn parse(output: &str) -> Option<Read> {
    let said = spoken(output)?.trim();
    let mut read = Read {
        is_repaired: !(said.starts_with('[') && said.ends_with(']')),
        ..Read::default()
    };
    let is_empty = said
        .chars()
        .all(|letter| "[]".contains(letter) || letter.is_whitespace());
    if (is_empty && !said.is_empty()) || said.eq_ignore_ascii_case(triple::NONE) {
        return Some(read);
    }
    for part in said.split(['[', ']', '\n']) {
        let Some((old, new)) = part.split_once("->") else {
            let says_something = part.contains(char::is_alphanumeric);
            read.is_repaired |= says_something;
            continue;
        };
        match (Triple::parse(old), Triple::parse(new)) {
            (Some(old), Some(new)) => read.pairs.push((old, new)),
            _ => read.malformed += 1,
        }
    }
    (read.malformed > 0 || !read.pairs.is_empty()).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triples(texts: &[&str]) -> Vec<Triple> {
        texts
            .iter()
            .filter_map(|text| Triple::parse(text))
            .collect()
    }

    fn read(output: &str) -> Option<(String, u32, bool)> {
        let read = parse(output)?;
        Some((write(&read.pairs), read.malformed, read.is_repaired))
    }

    #[test]
    fn pairs_read_back_as_they_were_meant() {
        let one = "[[key 1, is in, white locker -> key 1, is in, inventory]]";
        assert_eq!(read(one), Some((one.into(), 0, false)));
        let two = "[[a, is, b -> a, is, c], [\"d, e\", is, f -> \"d, e\", is, g]]";
        assert_eq!(read(two), Some((two.into(), 0, false)));
        assert_eq!(read("[]"), Some(("[]".into(), 0, false)));
    }

    #[test]
    fn text_around_pairs_is_repaired_and_what_is_none_counts_as_malformed() {
        let one = "[[a, is, b -> a, is, c]]";
        for output in [
            "a, is, b -> a, is, c",
            "Here: [a, is, b -> a, is, c]",
            "[a, is, b -> a, is, c]\nDone.",
        ] {
            assert_eq!(read(output), Some((one.into(), 0, true)), "{output}");
        }
        assert_eq!(
            read("[[a, is, b -> a, is, c], [a, is -> b]]"),
            Some((one.into(), 1, false))
        );
        assert_eq!(read("None"), Some(("[]".into(), 0, true)));
        for wrong in ["", "nothing is old", "<think>[[a, is, b -> a, is, c]]"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_the_relation_says_whether_a_triple_lasts() {
        let lasting = triples(&["a, is west of, b", "a, is used for, b", "a, to be, b"]);
        assert!(lasting.iter().all(lasts));
        let others = triples(&[
            "east wing, is, closed",
            "a, is at least as old as, b",
            "a, is, used for tea",
        ]);
        assert_eq!(others.iter().filter(|it| lasts(it)).count(), 0);
    }

    #[test]
    fn by_the_rule_a_thing_has_one_place_and_one_state() {
        let old = triples(&[
            "cup, is in, box",
            "cup, is, cut",
            "box, is, closed",
            "key, opens, box",
            "lamp, is on, box",
        ]);
        let new = triples(&[
            "cup, is in, inventory",
            "box, is, open",
            "key, opens, chest",
        ]);
        let new: Vec<&Triple> = new.iter().collect();
        assert_eq!(
            write(&by_rule(&old, &new)),
            "[[cup, is in, box -> cup, is in, inventory], [box, is, closed -> box, is, open]]"
        );
        let gone = triples(&["lamp, is, not here", "cup, is in, box"]);
        let gone: Vec<&Triple> = gone.iter().collect();
        assert_eq!(
            write(&by_rule(&old, &gone)),
            "[[lamp, is on, box -> lamp, is, not here]]"
        );
    }
}
