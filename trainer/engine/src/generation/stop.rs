//! Strings that end an output.

use std::fmt;
use std::sync::Arc;

use crate::tokenizer::Tokenizer;

/// Strings at which an output ends. They are looked for in the text, since a string
/// may begin and end within tokens.
pub struct StopStrings {
    tokenizer: Arc<Tokenizer>,
    strings: Vec<String>,
    /// Last tokens that can hold a string: each has a byte of it, but those that are
    /// a part of a character.
    window: usize,
}

impl fmt::Debug for StopStrings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.strings.fmt(formatter)
    }
}

impl StopStrings {
    /// None where there is no string.
    pub fn new(tokenizer: &Arc<Tokenizer>, strings: &[String]) -> Option<Arc<Self>> {
        let longest = strings.iter().map(String::len).max()?;
        Some(Arc::new(Self {
            tokenizer: tokenizer.clone(),
            strings: strings.to_vec(),
            window: longest + 4,
        }))
    }

    /// Whether the last of these tokens completes a string.
    pub fn ends(&self, tokens: &[u32]) -> bool {
        let last = &tokens[tokens.len().saturating_sub(self.window)..];
        // Tokens that are no text hold no string.
        let text = self.tokenizer.decode(last).unwrap_or_default();
        self.find(&text).is_some()
    }

    /// A text up to the first string.
    pub fn cut<'a>(&self, text: &'a str) -> &'a str {
        &text[..self.find(text).unwrap_or(text.len())]
    }

    fn find(&self, text: &str) -> Option<usize> {
        let found = self.strings.iter().filter_map(|string| text.find(string));
        found.min()
    }
}
