//! A compiled grammar, read token by token.

use std::fmt;
use std::sync::Arc;

use crate::grammar::error::GrammarError;
use crate::grammar::json_schema::Schema;
use crate::grammar::state::{Place, State};
use crate::grammar::word_grammar::Words;

/// A compiled grammar.
pub struct Grammar {
    pub(super) text: String,
    pub(super) end: u32,
    pub(super) rules: Rules,
}

pub(super) enum Rules {
    Words(Words),
    Schema(Schema),
}

impl fmt::Debug for Grammar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl Grammar {
    /// Whether it is a JSON schema. Inside a string of its output, nearly every token
    /// is allowed.
    pub fn is_schema(&self) -> bool {
        matches!(self.rules, Rules::Schema(_))
    }

    /// Before the first token.
    pub fn start(&self) -> State {
        match &self.rules {
            Rules::Words(words) => words.start(),
            Rules::Schema(schema) => schema.start(),
        }
    }

    /// After `token`, none where it is not allowed. The end token leads nowhere.
    ///
    /// # Errors
    /// Where what may come next takes too much to find out.
    pub fn advance(&self, state: State, token: u32) -> Result<Option<State>, GrammarError> {
        match (&self.rules, state.place) {
            (Rules::Words(words), Place::Words(at)) => Ok(words.advance(at, token)),
            (Rules::Schema(schema), Place::Schema(reading)) => {
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

    /// What each token of an output was chosen from; none where the output is
    /// not in the grammar. An output that is cut short is.
    ///
    /// # Errors
    /// Those of [`Grammar::advance`].
    pub fn choices(&self, tokens: &[u32]) -> Result<Option<Choices>, GrammarError> {
        let mut state = Some(self.start());
        let mut choices = Vec::with_capacity(tokens.len());
        for token in tokens {
            let known = state.filter(|state| state.allowed.binary_search(token).is_ok());
            let Some(here) = known else {
                return Ok(None);
            };
            choices.push(Some(here.allowed.clone()));
            state = self.advance(here, *token)?;
        }
        Ok(Some(choices))
    }
}

/// What each token of an output was chosen from.
pub type Choices = Vec<Option<Arc<[u32]>>>;
