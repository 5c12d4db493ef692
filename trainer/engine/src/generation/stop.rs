//! Stop strings.

use std::fmt;
use std::sync::Arc;

use crate::tokenizer::Tokenizer;

/// Strings that end a completion. They are matched in the decoded text, because a string may begin
/// or end inside a token.
pub struct StopStrings {
    tokenizer: Arc<Tokenizer>,
    strings: Vec<String>,
    /// The number of last tokens to decode. Each token of a match holds at least one byte of the
    /// string; a few more tokens complete a split character.
    window: usize,
}

impl fmt::Debug for StopStrings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.strings.fmt(formatter)
    }
}

impl StopStrings {
    /// Returns `None` if `strings` is empty.
    pub fn new(tokenizer: &Arc<Tokenizer>, strings: &[String]) -> Option<Arc<Self>> {
        let longest = strings.iter().map(String::len).max()?;
        Some(Arc::new(Self {
            tokenizer: tokenizer.clone(),
            strings: strings.to_vec(),
            window: longest + 4,
        }))
    }

    /// Returns whether the last token completes a stop string.
    pub fn ends(&self, tokens: &[u32]) -> bool {
        let last = &tokens[tokens.len().saturating_sub(self.window)..];
        // Tokens that do not decode contain no stop string.
        let text = self.tokenizer.decode(last).unwrap_or_default();
        self.find(&text).is_some()
    }

    /// Returns `text` up to the first stop string.
    pub fn cut<'a>(&self, text: &'a str) -> &'a str {
        &text[..self.find(text).unwrap_or(text.len())]
    }

    fn find(&self, text: &str) -> Option<usize> {
        let found = self.strings.iter().filter_map(|string| text.find(string));
        found.min()
    }
}
