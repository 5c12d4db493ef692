//! Grammars that cannot be used.

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

impl GrammarError {
    /// A schema that cannot be kept to.
    pub(super) fn schema(schema: &str, why: String) -> Self {
        Self::Schema {
            schema: schema.chars().take(REPEATED).collect(),
            why,
        }
    }
}
