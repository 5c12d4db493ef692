//! The rows of a pass.

use std::sync::Arc;

/// A completion and the set that each token was chosen from (ascending; `None` is the whole
/// vocabulary).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// The token ids.
    pub tokens: Vec<u32>,
    /// The set of each token.
    pub choices: Vec<Option<Arc<[u32]>>>,
}

impl Sequence {
    /// Returns the indices of the tokens that were chosen from more than one.
    pub fn free(&self) -> impl Iterator<Item = usize> {
        let sets = self.choices.iter().enumerate();
        sets.filter(|(_, set)| set.as_ref().is_none_or(|set| set.len() > 1))
            .map(|(index, _)| index)
    }
}

/// A nonempty prompt and its completions. Each completion sees the prompt and itself. The prompt
/// and any completion together fit the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The token ids.
    pub prompt: Arc<[u32]>,
    /// The completions, independent of each other.
    pub completions: Vec<Sequence>,
}

impl Row {
    /// Returns the number of tokens of the prompt and all completions.
    pub fn tokens(&self) -> usize {
        let completions = self.completions.iter().map(|c| c.tokens.len());
        self.prompt.len() + completions.sum::<usize>()
    }

    /// Returns the number of tokens of the prompt and the longest completion, which the context
    /// must hold.
    pub fn span(&self) -> usize {
        let completions = self.completions.iter().map(|c| c.tokens.len());
        self.prompt.len() + completions.max().unwrap_or(0)
    }
}
