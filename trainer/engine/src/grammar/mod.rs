//! Grammars that constrain outputs to sets of token ids.
//!
//! A policy's `request.grammar` is a word expression (`word_grammar.rs`) or, if it begins with `{`,
//! a JSON schema (`json_schema.rs`). [`Grammars`] compiles and caches them; a [`Grammar`] gives the
//! allowed tokens of each [`GrammarState`]. The same sets mask sampling and the loss.

mod cache;
mod compiled;
mod error;
mod json_schema;
mod single_bytes;
mod state;
mod word_grammar;

pub use self::cache::Grammars;
pub use self::compiled::{Choices, Grammar};
pub use self::error::GrammarError;
pub use self::state::GrammarState;

/// Returns the words of a grammar's outputs, as often as it names them; none for a JSON schema.
pub fn words(grammar: &str) -> Vec<&str> {
    match is_schema(grammar) {
        true => Vec::new(),
        false => word_grammar::words(grammar),
    }
}

fn is_schema(grammar: &str) -> bool {
    grammar.trim_start().starts_with('{')
}

#[cfg(test)]
mod tests;
