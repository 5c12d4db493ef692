//! Acts and what was seen after them, done or imagined.

use memloom_sdk::acting::Form;
use memloom_sdk::text::first_words;

/// An act and what was seen after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The action.
    pub action: String,
    /// The text that was seen.
    pub seen: String,
}

/// A task with all that was done in it and is imagined next.
#[derive(Clone, Copy)]
pub struct State<'a> {
    /// The instruction.
    pub instruction: &'a str,
    /// The reflections on failed tasks.
    pub lessons: &'a [String],
    /// The steps that were done.
    pub done: &'a [Step],
    /// The steps that are imagined after them.
    pub imagined: &'a [Step],
}

impl State<'_> {
    /// Returns the lines of a prompt: reflections, task, and the steps, of those that were done the
    /// last ones.
    pub fn lines(&self, form: Form, history: usize) -> String {
        let mut parts: Vec<String> = Vec::new();
        if form == Form::Text && !self.lessons.is_empty() {
            parts.push("Lessons from failed tries:".into());
        }
        parts.extend(self.lessons.iter().map(|lesson| match form {
            Form::Text => format!("- {lesson}"),
            Form::Words => lesson.clone(),
        }));
        parts.push(match form {
            Form::Text => format!("Task: {}", self.instruction),
            Form::Words => self.instruction.into(),
        });
        let from = self.done.len().saturating_sub(history);
        let steps = self.done[from..].iter().chain(self.imagined);
        parts.extend(steps.map(|step| match form {
            Form::Text => format!("> {}\n{}", step.action, step.seen),
            Form::Words => first_words(&format!("{} {}", step.action, step.seen), usize::MAX),
        }));
        parts.join("\n")
    }
}
