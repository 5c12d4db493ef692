//! The steps and acts of a task, told in words.

use super::{Form, Sitting, Turn};
use crate::text::{first_words, word_count};

/// A step of a plan that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The number of acts before it.
    pub acts: usize,
    /// The task of the step, in words.
    pub description: String,
}

/// Returns the last steps and acts, with what came of each act, as many as have at most so many words;
/// of a last one that has more, its first words. Empty if there were none.
pub fn story(sitting: &Sitting, begun: &[Begun], form: Form, words: usize) -> String {
    let (arrow, between) = match form {
        Form::Text => (" -> ", "; "),
        Form::Words => (" ", " "),
    };
    let told = |turn: &Turn| {
        let text = format!("{}{arrow}{}", turn.action, turn.shown);
        first_words(&text, usize::MAX)
    };
    let mut all: Vec<String> = Vec::new();
    for (place, turn) in sitting.turns().iter().enumerate() {
        let here = begun.iter().filter(|step| step.acts == place);
        all.extend(here.map(|step| first_words(&step.description, usize::MAX)));
        all.push(told(turn));
    }
    let mut left = words;
    let mut kept: Vec<String> = Vec::new();
    for part in all.into_iter().rev() {
        match left.checked_sub(word_count(&part)) {
            Some(rest) => left = rest,
            None if kept.is_empty() => return first_words(&part, words),
            None => break,
        }
        kept.push(part);
    }
    kept.reverse();
    kept.join(between)
}
