//! The acts of a task in words.

use memloom_sdk::acting::{Form, Sitting, Turn};
use memloom_sdk::text::{first_words, word_count};

/// Returns the last acts and what came of them, as many as have at most so many words; of a last one
/// that has more, its first words. Empty if there were none.
pub fn story(sitting: &Sitting, form: Form, words: usize) -> String {
    let (arrow, between) = match form {
        Form::Text => (" -> ", "; "),
        Form::Words => (" ", " "),
    };
    let told = |turn: &Turn| {
        let text = format!("{}{arrow}{}", turn.action, turn.shown);
        first_words(&text, usize::MAX)
    };
    let mut left = words;
    let mut acts: Vec<String> = Vec::new();
    for act in sitting.turns().iter().rev().map(told) {
        match left.checked_sub(word_count(&act)) {
            Some(rest) => left = rest,
            None if acts.is_empty() => return first_words(&act, words),
            None => break,
        }
        acts.push(act);
    }
    acts.reverse();
    acts.join(between)
}
