//! Texts that demonstrations of constrained outputs shorten.

use std::borrow::Cow;

use crate::options::Options;

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
