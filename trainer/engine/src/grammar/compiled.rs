//! A compiled grammar, which advances token by token.

use std::fmt;
use std::sync::Arc;

use crate::grammar::error::GrammarError;
use crate::grammar::json_schema::JsonSchema;
use crate::grammar::state::{GrammarState, Position};
use crate::grammar::word_grammar::WordGrammar;

/// A compiled grammar.
pub struct Grammar {
    pub(super) text: String,
    pub(super) end: u32,
    pub(super) rules: Rules,
}

pub(super) enum Rules {
    Words(WordGrammar),
    Schema(JsonSchema),
}

impl fmt::Debug for Grammar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl Grammar {
    /// Returns whether the grammar is a JSON schema. Inside its strings nearly every token is
    /// allowed.
    pub fn is_schema(&self) -> bool {
        matches!(self.rules, Rules::Schema(_))
    }

    /// Returns the state before the first token.
    pub fn start(&self) -> GrammarState {
        match &self.rules {
            Rules::Words(words) => words.start(),
            Rules::Schema(schema) => schema.start(),
        }
    }

    /// Returns the state after `token`, or `None` if `token` is not allowed or is the end token.
    ///
    /// # Errors
    /// Fails if computing the allowed tokens exceeds the parser's limits.
    pub fn advance(
        &self,
        state: GrammarState,
        token: u32,
    ) -> Result<Option<GrammarState>, GrammarError> {
        match (&self.rules, state.position) {
            (Rules::Words(words), Position::Words(at)) => Ok(words.advance(at, token)),
            (Rules::Schema(schema), Position::Schema(reading)) => {
                if token == self.end || state.allowed.binary_search(&token).is_err() {
                    return Ok(None);
                }
                let next = schema.advance(reading, token);
                next.map(Some)
                    .map_err(|why| GrammarError::schema(&self.text, why))
            }
            _ => Ok(None),
        }
    }

    /// Returns the allowed set of each token, or `None` if the output is not in the grammar. A
    /// prefix of an output is in the grammar.
    ///
    /// # Errors
    /// Fails as [`Grammar::advance`] does.
    pub fn choices(&self, tokens: &[u32]) -> Result<Option<Choices>, GrammarError> {
        let mut state = Some(self.start());
        let mut choices = Vec::with_capacity(tokens.len());
        for token in tokens {
            let Some(mut here) = state else {
                return Ok(None);
            };
            if here.allowed.binary_search(token).is_err() {
                // The output may split a forced text in another way.
                here = self.any_split(here)?;
            }
            if here.allowed.binary_search(token).is_err() {
                return Ok(None);
            }
            choices.push(Some(here.allowed.clone()));
            state = self.advance(here, *token)?;
        }
        Ok(Some(choices))
    }

    /// Returns the state with every split of a forced text allowed.
    fn any_split(&self, state: GrammarState) -> Result<GrammarState, GrammarError> {
        match (&self.rules, state.position) {
            (Rules::Schema(schema), Position::Schema(reading)) => schema
                .any_split(reading)
                .map_err(|why| GrammarError::schema(&self.text, why)),
            (_, position) => Ok(GrammarState { position, ..state }),
        }
    }
}

/// The set that each token of an output was chosen from.
pub type Choices = Vec<Option<Arc<[u32]>>>;
