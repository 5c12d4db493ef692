//! The messages of prompts.

use memloom_sdk::host::Message;

use crate::options::Options;
use crate::records::Shown;

const ACTOR: &str = include_str!("prompts/actor.md");
const SUBGOALS: &str = include_str!("prompts/subgoals.md");
const FORM: &str = include_str!("prompts/form.md");
const FORM_SUBGOALS: &str = include_str!("prompts/form_subgoals.md");
const FORM_RETRIEVE: &str = include_str!("prompts/form_retrieve.md");
const SUMMARISER: &str = include_str!("prompts/summariser.md");

/// A prompt of the actor.
pub struct Asked<'a> {
    /// The task's instruction, whose first line is the goal.
    pub instruction: &'a str,
    /// The history of the task.
    pub shown: &'a [Shown],
    /// The reason why the last output led to no act; empty if there is none.
    pub note: &'a str,
}

/// Returns the actor's messages: instructions, and the task with its history.
pub fn actor(options: &Options, asked: &Asked<'_>) -> Vec<Message> {
    let history: Vec<String> = asked.shown.iter().map(text).collect();
    let history = match history.is_empty() {
        true => "(nothing yet)".into(),
        false => history.join("\n"),
    };
    let parts = [
        format!("Task:\n{}", asked.instruction.trim()),
        format!("What was done:\n{history}"),
        asked.note.into(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    vec![
        Message::new("system", instructions(options)),
        Message::new("user", parts.join("\n\n")),
    ]
}

fn instructions(options: &Options) -> String {
    let own = options.instruction.as_deref().unwrap_or(ACTOR);
    let parts = [
        Some(own),
        options.summarise.then_some(SUBGOALS),
        Some(FORM),
        options.summarise.then_some(FORM_SUBGOALS),
        options.retrieve.then_some(FORM_RETRIEVE),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().map(str::trim_end).collect();
    parts.join("\n\n")
}

/// Returns the summariser's messages: instructions, and the subgoal with its acts.
pub fn summariser(subgoal: &str, acts: &[Shown]) -> Vec<Message> {
    let acts: Vec<String> = acts.iter().map(text).collect();
    vec![
        Message::new("system", SUMMARISER.trim_end()),
        Message::new("user", format!("Subgoal: {subgoal}\n{}", acts.join("\n"))),
    ]
}

/// Returns the message of a small model's actor. The goal stands first and last, since a small model
/// reads what stands in the middle with what stands before it in mind, and answers to what stands last.
pub fn small_actor(options: &Options, asked: &Asked<'_>) -> Vec<Message> {
    let instruction = asked.instruction.trim();
    let goal = instruction.lines().next().unwrap_or_default();
    let history: Vec<String> = asked.shown.iter().map(few_words).collect();
    let parts = [instruction.into()].into_iter().chain(history);
    let parts: Vec<String> = parts.chain([goal.into()]).collect();
    let own = options.instruction.iter();
    let own = own.map(|own| Message::new("system", own));
    own.chain([Message::new("user", parts.join("\n"))])
        .collect()
}

/// Returns the message of a small model's summariser, in which the subgoal stands first and last.
pub fn small_summariser(subgoal: &str, acts: &[Shown]) -> Vec<Message> {
    let acts = acts.iter().map(few_words);
    let parts = [subgoal.into()].into_iter().chain(acts);
    let parts: Vec<String> = parts.chain([subgoal.into()]).collect();
    vec![Message::new("user", parts.join("\n"))]
}

/// Returns a part of a history; a finished subgoal is one line.
fn text(shown: &Shown) -> String {
    match shown {
        Shown::Subgoal {
            number,
            title,
            summary,
        } => match summary {
            Some(summary) => format!("Subgoal {number}, finished: {title} {summary}"),
            None => format!("Subgoal {number}, open: {title}"),
        },
        Shown::Act { action, seen } => format!("Action: {action}\nObservation: {seen}"),
    }
}

fn few_words(shown: &Shown) -> String {
    match shown {
        Shown::Subgoal {
            number,
            title,
            summary,
        } => {
            let summary = summary.as_deref().unwrap_or_default();
            format!("subgoal {number} {title} {summary}")
                .trim_end()
                .into()
        }
        Shown::Act { action, seen } => format!("{action}\n{seen}"),
    }
}
