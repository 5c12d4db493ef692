//! The bounds of constrained outputs, within which every output can end.

use std::borrow::Cow;

use crate::options::Options;

/// The tokens of the list and the object around the items, and of the end.
const FRAME: usize = 10;

/// The tokens of an item's keys, brackets and id, at two characters a token.
const ITEM: usize = 32;

/// Returns the most tokens of a constrained output: each fact leads to one item at most, each entry
/// that is repeated is one, and a token holds 2.5 characters of text at least.
pub fn tokens(options: &Options) -> usize {
    let text = (2 * options.max_fact_chars).div_ceil(5);
    FRAME + items(options) * (ITEM + text)
}

/// Returns the most items of a manager's output.
pub fn items(options: &Options) -> usize {
    let repeated = match options.events_only {
        true => 0,
        false => options.related as usize,
    };
    options.max_facts + repeated
}

/// Returns a text as far as a constrained output lets it be written: whole words, or the first
/// letters of a single long one.
pub fn shortened<'a>(options: &Options, text: &'a str) -> Cow<'a, str> {
    let cut = text.char_indices().nth(options.max_fact_chars);
    let Some((cut, next)) = cut.filter(|_| options.constrained) else {
        return text.into();
    };
    let head = &text[..cut];
    match head.rfind(char::is_whitespace) {
        Some(end) if !next.is_whitespace() => head[..end].trim_end().into(),
        _ => head.trim_end().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_entries_count() {
        let mut options = Options::default();
        assert_eq!((items(&options), tokens(&options)), (13, 1050));
        options.events_only = true;
        assert_eq!((items(&options), tokens(&options)), (3, 250));
    }

    #[test]
    fn texts_are_cut_between_words_where_outputs_are_constrained() {
        let short = |max_fact_chars, constrained| {
            let options = Options {
                max_fact_chars,
                constrained,
                ..Options::default()
            };
            shortened(&options, "Zoë skis a lot.").into_owned()
        };
        assert_eq!(short(15, true), "Zoë skis a lot.");
        assert_eq!(short(12, true), "Zoë skis a");
        assert_eq!(short(8, true), "Zoë skis");
        assert_eq!(short(2, true), "Zo");
        assert_eq!(short(2, false), "Zoë skis a lot.");
    }
}
