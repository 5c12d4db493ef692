//! The memory that a demonstrator leaves after a section.

use memloom_sdk::text::first_words;

use crate::advice;
use crate::section::{Line, Section};

/// The memory that a demonstrator leaves after a section.
pub enum Demonstrated {
    /// These notes, in a task.
    Notes(String),
    /// The former memory, and the turns that it keeps, in a dialogue.
    Turns,
}

impl Demonstrated {
    /// Returns what a demonstrator's advice in a task says; none if it is about something else.
    pub fn of_advice(advice: &str) -> Option<Self> {
        let notes = advice::notes(advice)?;
        Some(Self::Notes(first_words(notes, usize::MAX)))
    }

    /// Returns whether it keeps a line of the memory or of the section.
    pub fn keeps(&self, line: Line<'_>) -> bool {
        match self {
            Self::Notes(notes) => notes.contains(line.text),
            Self::Turns => line.turn.is_none_or(|turn| turn.keeps),
        }
    }

    /// Returns the memory as text.
    pub fn text(&self, before: &str, section: &Section) -> String {
        match self {
            Self::Notes(notes) => notes.clone(),
            Self::Turns => {
                let kept = section.lines().filter(|line| self.keeps(*line));
                let lines = before.lines().chain(kept.map(|line| line.text));
                lines.collect::<Vec<_>>().join("\n")
            }
        }
    }
}
