//! Errors of grammars.

/// The maximum number of schema characters in a message.
const MAX_SHOWN: usize = 200;

/// A grammar that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// The word expression is invalid.
    #[error("invalid word expression in request.grammar, column {column}: {why}: {expression:?}")]
    Expression {
        /// The expression.
        expression: String,
        /// The column, from 1.
        column: usize,
        /// The reason.
        why: String,
    },
    /// The JSON schema is invalid, unsupported or too complex.
    #[error("unsupported JSON schema in request.grammar: {why}: {schema}")]
    Schema {
        /// The beginning of the schema.
        schema: String,
        /// The reason.
        why: String,
    },
}

impl GrammarError {
    /// Returns the error for a schema that cannot be used.
    pub(super) fn schema(schema: &str, why: String) -> Self {
        Self::Schema {
            schema: schema.chars().take(MAX_SHOWN).collect(),
            why,
        }
    }
}
