//! What an output may look like: a policy's expression over words, as a
//! deterministic automaton over tokens.
//!
//! An expression is a sequence of words and groups, separated by spaces, with
//! choice by `|` and groups by brackets: `t1 (keep | drop) t2 (keep | drop)`.
//! There is no repetition, so every language is finite.

mod automaton;
mod expression;

use std::sync::Arc;

use self::automaton::Automaton;
use crate::tokenizer::Tokenizer;

/// Where in a grammar an output is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(usize);

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Grammar {
    automaton: Automaton,
}

/// An expression that is no grammar.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("the grammar {expression:?} is wrong at column {column}: {why}")]
pub struct GrammarError {
    /// The expression.
    pub expression: String,
    /// Column of the fault, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub why: String,
}

impl Grammar {
    /// Compiles an expression, each word of which must be one token.
    pub fn parse(expression: &str, tokenizer: &Tokenizer) -> Result<Self, GrammarError> {
        let error = |(column, why): (usize, String)| GrammarError {
            expression: expression.into(),
            column,
            why,
        };
        let parsed = expression::parse(expression, |word| tokenizer.id(word)).map_err(error)?;
        let automaton = Automaton::of(&parsed, tokenizer.end()).map_err(|why| error((1, why)))?;
        Ok(Self { automaton })
    }

    /// Before the first token.
    pub fn start(&self) -> State {
        State(self.automaton.start())
    }

    /// Tokens that may come next, ascending; empty where the output has ended.
    /// Where it may end or go on, the end token is among them.
    pub fn allowed(&self, state: State) -> &Arc<[u32]> {
        self.automaton.allowed(state.0)
    }

    /// Where `token` leads; None if it is not allowed.
    pub fn advance(&self, state: State, token: u32) -> Option<State> {
        self.automaton.advance(state.0, token).map(State)
    }

    /// Whether the output may end here.
    pub fn is_final(&self, state: State) -> bool {
        self.automaton.is_final(state.0)
    }

    /// What each token was chosen from; None if `tokens` do not begin an output.
    pub fn choices(&self, tokens: &[u32]) -> Option<Vec<Option<Arc<[u32]>>>> {
        let mut state = self.start();
        tokens
            .iter()
            .map(|token| {
                let allowed = self.allowed(state).clone();
                state = self.advance(state, *token)?;
                Some(Some(allowed))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
