//! Texts as they are said under a grammar: word by word.

use memloom_sdk::text::apart;

/// Returns a text as it is said: in lower case, as a tokenizer of words has it, and without the
/// operators of grammars.
pub fn said(text: &str) -> String {
    apart(&text.to_lowercase().replace(['(', ')', '|'], " "))
}

/// Returns texts as they are said, each once; none of those without words.
pub fn all_said<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.into_iter().map(said) {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Returns the number of words of the longest of texts.
pub fn longest(texts: &[String]) -> u32 {
    let words = texts.iter().map(|text| text.split(' ').count() as u32);
    words.max().unwrap_or(0)
}
