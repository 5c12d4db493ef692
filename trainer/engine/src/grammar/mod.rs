//! Output grammars: what a policy's `request.grammar` says an output may look like,
//! as sets of token ids. The same sets mask sampling and, over what was sampled, the
//! loss.
//!
//! A grammar is an expression of words (`words.rs`) or, where it begins with `{`, a JSON
//! schema (`schema.rs`).

mod json_schema;
mod word_grammar;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use llguidance::Matcher;

use self::json_schema::{Schema, Spelling};
use self::word_grammar::Words;
use crate::tokenizer::Tokenizer;

/// Most grammars that are kept: a component may make up a new one for each output.
const MOST_KEPT: usize = 32;

/// Letters of a grammar that a message repeats.
const REPEATED: usize = 200;

/// A grammar that cannot be kept to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// It is no expression.
    #[error("the output grammar {expression:?} is wrong at column {column}: {why}")]
    Expression {
        /// The expression.
        expression: String,
        /// From 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// It is no JSON schema, one that is not supported, or one that takes too much.
    #[error("the output grammar is a JSON schema that cannot be kept to: {why}: {schema}")]
    Schema {
        /// The schema, or how it begins.
        schema: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A compiled grammar.
pub struct Grammar {
    text: String,
    end: u32,
    rules: Rules,
}

enum Rules {
    Words(Words),
    Schema(Schema),
}

/// Where a reading of a grammar stands.
pub struct State {
    allowed: Arc<[u32]>,
    place: Place,
}

enum Place {
    Words(usize),
    Schema(Box<Matcher>),
}

impl State {
    /// Tokens that may come next, sorted; empty where nothing may follow. Where the
    /// output may also end, the end token is among them.
    pub fn allowed(&self) -> &Arc<[u32]> {
        &self.allowed
    }
}

impl fmt::Debug for Grammar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl Grammar {
    /// The grammar of a text, compiled once for a tokenizer. Every word of an
    /// expression must be one token; a schema needs a token for each byte.
    pub fn parse(text: &str, tokenizer: &Tokenizer) -> Result<Arc<Self>, GrammarError> {
        let grammars = tokenizer.grammars();
        // Others wait, so that none is compiled twice.
        let mut known = grammars
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(grammar) = known.get(text) {
            return Ok(grammar.clone());
        }
        let end = tokenizer.ends()[0];
        let rules = match text.trim_start().starts_with('{') {
            true => {
                let spelling = grammars
                    .spelling
                    .get_or_init(|| Spelling::new(&tokenizer.bytes(), end).map(Arc::new));
                let compiled =
                    (spelling.clone()).and_then(|spelling| Schema::compile(text, spelling));
                Rules::Schema(compiled.map_err(|why| unkept(text, why))?)
            }
            false => {
                let compiled = Words::compile(text, |word| tokenizer.id(word), end);
                Rules::Words(compiled.map_err(|wrong| GrammarError::Expression {
                    expression: text.into(),
                    column: wrong.column,
                    why: wrong.why,
                })?)
            }
        };
        if known.len() == MOST_KEPT {
            known.clear();
        }
        let grammar = Arc::new(Self {
            text: text.into(),
            end,
            rules,
        });
        known.insert(text.into(), grammar.clone());
        Ok(grammar)
    }

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
                next.map(Some).map_err(|why| unkept(&self.text, why))
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

fn unkept(schema: &str, why: String) -> GrammarError {
    GrammarError::Schema {
        schema: schema.chars().take(REPEATED).collect(),
        why,
    }
}

/// The grammars of a tokenizer that have been asked for.
#[derive(Default)]
pub(crate) struct Grammars {
    known: Mutex<BTreeMap<String, Arc<Grammar>>>,
    /// Made for the first schema.
    spelling: OnceLock<Result<Arc<Spelling>, String>>,
}

#[cfg(test)]
mod tests;
