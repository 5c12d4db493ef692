//! The compiled grammars of a tokenizer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::grammar::compiled::{Grammar, Rules};
use crate::grammar::error::GrammarError;
use crate::grammar::is_schema;
use crate::grammar::json_schema::{JsonSchema, SchemaVocabulary};
use crate::grammar::word_grammar::WordGrammar;
use crate::tokenizer::Tokenizer;

/// The maximum number of cached grammars. A component may request a new grammar for each output.
const MAX_CACHED: usize = 32;

/// Compiles grammars for a tokenizer and caches them.
pub struct Grammars {
    tokenizer: Arc<Tokenizer>,
    compiled: Mutex<BTreeMap<String, Arc<Grammar>>>,
    /// The tokenizer's vocabulary, indexed for the first schema.
    vocabulary: OnceLock<Result<Arc<SchemaVocabulary>, String>>,
}

impl fmt::Debug for Grammars {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grammars").finish_non_exhaustive()
    }
}

impl Grammars {
    /// Returns an empty cache for `tokenizer`.
    pub fn new(tokenizer: Arc<Tokenizer>) -> Self {
        Self {
            tokenizer,
            compiled: Mutex::default(),
            vocabulary: OnceLock::new(),
        }
    }

    /// Returns the tokenizer.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        &self.tokenizer
    }

    /// Compiles a grammar, or returns the cached one. A text that begins with `{` is a JSON schema;
    /// any other text is a word expression. Each word must be one token; a schema needs a token for
    /// every printable ASCII character, and for every byte of its own texts.
    ///
    /// # Errors
    /// Fails if `text` is neither a valid word expression nor a supported schema.
    pub fn compile(&self, text: &str) -> Result<Arc<Grammar>, GrammarError> {
        // The lock is held while compiling, so that no grammar is compiled twice.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grammar) = compiled.get(text) {
            return Ok(grammar.clone());
        }
        let end = self.tokenizer.ends()[0];
        let rules = match is_schema(text) {
            true => Rules::Schema(
                self.vocabulary()
                    .and_then(|vocabulary| JsonSchema::compile(text, vocabulary))
                    .map_err(|why| GrammarError::schema(text, why))?,
            ),
            false => {
                let words = WordGrammar::compile(text, |word| self.tokenizer.id(word), end);
                Rules::Words(words.map_err(|wrong| GrammarError::Expression {
                    expression: text.into(),
                    column: wrong.column,
                    why: wrong.why,
                })?)
            }
        };
        if compiled.len() == MAX_CACHED {
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

    fn vocabulary(&self) -> Result<Arc<SchemaVocabulary>, String> {
        let new = || SchemaVocabulary::new(self.tokenizer.clone()).map(Arc::new);
        self.vocabulary.get_or_init(new).clone()
    }
}
