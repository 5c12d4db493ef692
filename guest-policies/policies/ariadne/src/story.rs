//! A task as it has come so far.

use memloom_sdk::text::{first_sentences, sentences};

use crate::triple::Triple;

/// The words that prompts show in the place of the rest of a long observation.
const CUT: &str = "(more not shown)";

/// A task as it has come so far.
#[derive(Debug, Default)]
pub struct Story {
    /// The task's instruction.
    pub instruction: String,
    /// The goal: the instruction, or its first sentences.
    pub goal: String,
    /// The place where the agent is, if a text said it.
    pub here: Option<String>,
    /// The plan, as prompts show it; empty if there is none.
    pub plan: String,
    /// The acts and what came of them, in order.
    pub turns: Vec<Turn>,
    /// The ids of this task's observations in the bank, in order.
    pub episodes: Vec<String>,
    /// The triples that were shown last.
    pub shown: Vec<Triple>,
    /// The actions that are listed; empty where any text is one.
    pub actions: Vec<String>,
    /// The actor's first message of a small model, which stays the same.
    pub opening: String,
}

/// An act and what came of it.
#[derive(Debug)]
pub struct Turn {
    /// The action.
    pub action: String,
    /// The text that the agent saw.
    pub observation: String,
}

impl Story {
    /// Returns a task at its beginning, whose goal is so many sentences, or with 0 the instruction.
    pub fn new(instruction: &str, actions: Vec<String>, goal_sentences: usize) -> Self {
        let first: Vec<&str> = sentences(instruction).take(goal_sentences).collect();
        Self {
            goal: match goal_sentences {
                0 => instruction.into(),
                _ => first.join(" "),
            },
            instruction: instruction.into(),
            actions,
            ..Self::default()
        }
    }

    /// Returns what the agent is after: the plan, or without one the goal.
    pub fn aim(&self) -> &str {
        match &*self.plan {
            "" => &self.goal,
            plan => plan,
        }
    }

    /// Returns the last observation: the instruction before the first act.
    pub fn observation(&self) -> &str {
        let last = self.turns.last().map(|turn| &*turn.observation);
        last.unwrap_or(&self.instruction)
    }
}

/// Returns a text of so many words, cut at a sentence.
pub fn shortened(text: &str, words: usize) -> String {
    match first_sentences(text, words) {
        Some(kept) => format!("{kept} {CUT}").trim_start().into(),
        None => text.into(),
    }
}
