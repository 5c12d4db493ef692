//! Output grammars: what a policy's `request.grammar` says an output may look like,
//! as sets of token ids. The same sets mask sampling and, over what was sampled, the
//! loss.
//!
//! A grammar is an expression of words (`words.rs`) or, where it begins with `{`, a JSON
//! schema (`schema.rs`).

mod cache;
mod compiled;
mod error;
mod json_schema;
mod state;
mod word_grammar;

pub use self::cache::Grammars;
pub use self::compiled::{Choices, Grammar};
pub use self::error::GrammarError;
pub use self::state::State;

#[cfg(test)]
mod tests;
