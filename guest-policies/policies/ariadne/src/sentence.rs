//! Triples by rule, from sentences of the form `THING RELATION THING.`: what a small model keeps or
//! drops, and what is demonstrated.

use memloom_sdk::text::sentences;

use crate::map::{EXITS, direction};
use crate::triple::{INVENTORY, Triple};

/// The relations that are looked for, longer ones first.
const RELATIONS: [&str; 13] = [
    "is north of",
    "is east of",
    "is south of",
    "is west of",
    "is in",
    "is on",
    "has exits",
    "contains",
    "opens",
    "needs",
    "has",
    "are",
    "is",
];

/// The beginnings of sentences about the agent and the task, which are no facts about the world.
const OTHERS: [&str; 8] = [
    "you", "your", "it", "i", "there", "this", "nobody", "the task",
];

/// Returns the place where a text says last that the agent is: `you are in red hall.`
pub fn location(text: &str) -> Option<String> {
    let places = sentences(text).filter_map(|sentence| {
        let words = plain(sentence);
        let place = words.strip_prefix("you are in ")?;
        let place = place.strip_prefix("the ").unwrap_or(place);
        (!place.is_empty()).then(|| place.to_string())
    });
    places.last()
}

/// Returns the facts of a text, each once. What is `here` is at the place.
pub fn facts(text: &str, here: Option<&str>) -> Vec<Triple> {
    let mut facts: Vec<Triple> = Vec::new();
    for fact in sentences(text).flat_map(|sentence| of_sentence(&plain(sentence), here)) {
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}

fn plain(sentence: &str) -> String {
    let sentence = sentence.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    memloom_sdk::text::first_words(&sentence.to_lowercase(), usize::MAX)
}

fn of_sentence(sentence: &str, here: Option<&str>) -> Vec<Triple> {
    if let Some(thing) = sentence.strip_prefix("you carry ") {
        let carried = Triple::new(thing, "is in", INVENTORY);
        return carried.filter(|_| thing != "nothing").into_iter().collect();
    }
    if let Some((thing, relation, place)) = moved(sentence) {
        return Triple::new(thing, relation, place).into_iter().collect();
    }
    let Some((subject, relation, object)) = split(sentence) else {
        return Vec::new();
    };
    let is_other = |other: &&str| {
        let rest = subject.strip_prefix(other);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    if OTHERS.iter().any(is_other) {
        return Vec::new();
    }
    if relation == EXITS {
        let exits = object.split([',', ' ']).filter_map(direction);
        let exits = exits.filter_map(|exit| Triple::new(subject, EXITS, exit));
        return exits.collect();
    }
    let fact = match (relation, object, here) {
        ("is", "here", None) => None,
        ("is", "here", Some(here)) => Triple::new(subject, "is in", here),
        _ => Triple::new(subject, relation, object),
    };
    fact.into_iter().collect()
}

/// Returns what somebody says to have put somewhere: `i put red cup in blue box`.
fn moved(sentence: &str) -> Option<(&str, &'static str, &str)> {
    let rest = sentence.strip_prefix("i put ")?;
    let found = [(" in ", "is in"), (" on ", "is on")]
        .into_iter()
        .filter_map(|(word, relation)| Some((rest.find(word)?, word, relation)));
    let (at, word, relation) = found.min()?;
    Some((&rest[..at], relation, &rest[at + word.len()..]))
}

/// Returns the parts of a sentence at its first relation; of two that begin together the first of
/// the list.
fn split(sentence: &str) -> Option<(&str, &'static str, &str)> {
    let places = RELATIONS.into_iter().enumerate();
    let found = places.filter_map(|(rank, relation)| {
        let at = sentence.find(&format!(" {relation} "))?;
        Some((at, rank, relation))
    });
    let (at, _, relation) = found.min()?;
    Some((
        &sentence[..at],
        relation,
        &sentence[at + relation.len() + 2..],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, here: Option<&str>) -> Vec<String> {
        facts(text, here).iter().map(Triple::text).collect()
    }

    #[test]
    fn each_sentence_about_the_world_is_a_triple() {
        let text = "heavy cellar is south of blue workshop. you are in heavy cellar. heavy cellar has exits \
                    north, south. heavy cellar cupboard is closed. round cup is on heavy cellar shelf. \
                    red card opens red hall locker. you carry old vase. I put red cup in blue box.";
        assert_eq!(
            texts(text, None),
            [
                "heavy cellar, is south of, blue workshop",
                "heavy cellar, has exits, north",
                "heavy cellar, has exits, south",
                "heavy cellar cupboard, is, closed",
                "round cup, is on, heavy cellar shelf",
                "red card, opens, red hall locker",
                "old vase, is in, inventory",
                "red cup, is in, blue box",
            ]
        );
    }

    #[test]
    fn the_agent_and_the_task_are_no_facts() {
        let text = "you carry nothing. it is not here. the task is done. your hands are full. there is no \
                    way. look is it. you are there. go west.";
        assert_eq!(texts(text, None), ["look, is, it"]);
    }

    #[test]
    fn what_is_here_is_at_the_place() {
        let text = "stove is here. old vase is not here.";
        assert_eq!(
            texts(text, Some("red hall")),
            ["stove, is in, red hall", "old vase, is, not here"]
        );
        assert_eq!(texts("stove is here.", None), [""; 0]);
    }

    #[test]
    fn the_last_place_counts() {
        let text = "You are in the Red Hall. you are in blue hall. here is a cup.";
        assert_eq!(location(text).as_deref(), Some("blue hall"));
        assert_eq!(location("you are there."), None);
    }
}
