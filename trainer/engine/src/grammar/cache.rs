//! Grammars of a tokenizer, compiled once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::grammar::compiled::{Grammar, Rules};
use crate::grammar::error::GrammarError;
use crate::grammar::json_schema::{Schema, Spelling};
use crate::grammar::word_grammar::Words;
use crate::tokenizer::Tokenizer;

/// Most grammars that are kept: a component may make up a new one for each output.
const MOST_KEPT: usize = 32;

/// Compiles grammars for a tokenizer and keeps them.
pub struct Grammars {
    tokenizer: Arc<Tokenizer>,
    compiled: Mutex<BTreeMap<String, Arc<Grammar>>>,
    /// Made for the first schema.
    spelling: OnceLock<Result<Arc<Spelling>, String>>,
}

impl fmt::Debug for Grammars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grammars").finish_non_exhaustive()
    }
}

impl Grammars {
    /// No grammars yet.
    pub fn new(tokenizer: Arc<Tokenizer>) -> Self {
        Self {
            tokenizer,
            compiled: Mutex::default(),
            spelling: OnceLock::new(),
        }
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// The grammar of a text, compiled once. Every word of an expression must be one token; a
    /// schema needs a token for each byte.
    ///
    /// # Errors
    /// Where the text is neither an expression of such words nor a supported schema.
    pub fn compile(&self, text: &str) -> Result<Arc<Grammar>, GrammarError> {
        // Others wait, so that none is compiled twice.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grammar) = compiled.get(text) {
            return Ok(grammar.clone());
        }
        let end = self.tokenizer.ends()[0];
        let rules = match text.trim_start().starts_with('{') {
            true => Rules::Schema(
                self.spelling()
                    .and_then(|spelling| Schema::compile(text, spelling))
                    .map_err(|why| GrammarError::schema(text, why))?,
            ),
            false => {
                let words = Words::compile(text, |word| self.tokenizer.id(word), end);
                Rules::Words(words.map_err(|wrong| GrammarError::Expression {
                    expression: text.into(),
                    column: wrong.column,
                    why: wrong.why,
                })?)
            }
        };
        if compiled.len() == MOST_KEPT {
            compiled.clear();
        }
        let grammar = Arc::new(Grammar {
            text: text.into(),
            end,
            rules,
        });
        compiled.insert(text.into(), grammar.clone());
        Ok(grammar)
    }

    fn spelling(&self) -> Result<Arc<Spelling>, String> {
        let new = || {
            let (bytes, end) = (self.tokenizer.bytes(), self.tokenizer.ends()[0]);
            Spelling::new(&bytes, end).map(Arc::new)
        };
        self.spelling.get_or_init(new).clone()
    }
}
