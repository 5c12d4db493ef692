//! The built-in instructions, and the parts of prompts.

use crate::memory::Recalled;
use crate::options::Options;
use crate::story::{Story, Turn, shortened};
use crate::triple::Triple;

/// The instructions of the role `items`.
pub const ITEMS: &str = include_str!("prompts/items.md");
/// The extractor's.
pub const EXTRACTOR: &str = include_str!("prompts/extractor.md");
/// The refiner's.
pub const REFINER: &str = include_str!("prompts/refiner.md");
/// The explorer's.
pub const EXPLORER: &str = include_str!("prompts/explorer.md");
/// The planner's.
pub const PLANNER: &str = include_str!("prompts/planner.md");
/// The actor's.
pub const ACTOR: &str = include_str!("prompts/actor.md");
/// The actor's for a question.
pub const ANSWER: &str = include_str!("prompts/answer.md");

/// Returns the parts of a prompt with their titles, without those that are empty.
pub fn parts<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
    let parts: Vec<String> = parts
        .map(|(title, text)| format!("{title}:\n{text}"))
        .collect();
    parts.join("\n\n")
}

/// Returns the part of a prompt on which planner and actor decide: what changes least stands first,
/// so that prompts share it.
pub fn situation(options: &Options, story: &Story, recalled: &Recalled, exits: &str) -> String {
    let turns = last_turns(options, story);
    let history: Vec<String> = turns
        .iter()
        .take(turns.len().saturating_sub(1))
        .map(|turn| format!("> {}\n{}", turn.action, shown(options, &turn.observation)))
        .collect();
    let last = turns.last().map(|turn| format!("> {}\n", turn.action));
    let observation = shown(options, story.observation());
    parts([
        ("Goal", &*story.goal),
        ("What is known", &facts(recalled)),
        ("Earlier observations", &recalled.episodes.join("\n")),
        ("What was done", &history.join("\n")),
        ("Now", &format!("{}{observation}", last.unwrap_or_default())),
        ("Exits that were never taken", exits),
    ])
}

/// Returns triples, one a line.
pub fn facts(recalled: &Recalled) -> String {
    let lines: Vec<String> = recalled.triples.iter().map(Triple::text).collect();
    lines.join("\n")
}

/// Returns the turns that a prompt shows.
pub fn last_turns<'a>(options: &Options, story: &'a Story) -> &'a [Turn] {
    let from = story.turns.len().saturating_sub(options.window);
    &story.turns[from..]
}

/// Returns an observation as far as a prompt shows it.
pub fn shown(options: &Options, observation: &str) -> String {
    shortened(observation, options.observation_words)
}
