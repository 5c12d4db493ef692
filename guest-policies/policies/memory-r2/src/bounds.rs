//! The bounds of constrained outputs, within which every output can end.

use std::borrow::Cow;

use memloom_sdk::host::{Level, log};

use crate::options::Options;
use crate::session_view::SessionView;

// The arithmetic. SmolLM2's tokenizer writes 2.3 to 3.4 characters of keys, brackets and ids with
// a token, and 2.7 (with a date) to 5 characters of a fact. So 2 and 2.5 are taken as the worst.
// The longest item is an update or an insertion: 64 characters of keys and brackets, a name, an id
// and a text. With p = (64 + name + id) / 2 and q = text / 2.5, an output of n items takes at most
// FRAME + n (p + q) tokens, and n and the text are chosen so that this is at most `max_tokens`:
// with 256 tokens and short names, three texts of 80 characters; with 2048, 15 of 240.

/// The characters of an item's keys and brackets.
const ITEM: usize = 64;

/// The tokens of the list and the object around the items, and of the end.
const FRAME: usize = 10;

/// The characters of the longest text by default, where tokens suffice. A fact has up to 20 words.
const LONG: usize = 240;

/// The characters that a text has at least by default, where tokens suffice for one item.
const SHORT: usize = 80;

/// The characters that a text may always have.
const LEAST: usize = 16;

/// The bounds of one output.
#[derive(Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The most items of its list.
    pub items: usize,
    /// The most characters of an item's text.
    pub chars: usize,
}

impl Bounds {
    /// Returns the bounds for a session.
    pub fn of(options: &Options, view: &SessionView) -> Self {
        let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
        let name = longest(&mut view.names().map(|name| name.chars().count()));
        let id = longest(&mut view.turns.iter().map(|turn| turn.id.chars().count()));
        let keys = (ITEM + name + id).div_ceil(2);
        let tokens = (options.max_tokens as usize).saturating_sub(FRAME);
        let room = |items: usize| (tokens / items).saturating_sub(keys) * 5 / 2;
        let chars = match (options.max_fact_chars, options.max_facts) {
            (Some(chars), _) => chars,
            (None, Some(items)) => room(items).clamp(LEAST, LONG),
            // Four items are worth more than one long one.
            (None, None) => room(4).clamp(SHORT, LONG).min(room(1).max(LEAST)),
        };
        let fitting = tokens / (keys + (2 * chars).div_ceil(5));
        Self {
            items: options.max_facts.unwrap_or(fitting).max(1),
            chars,
        }
    }

    /// Returns a text as far as the bounds let it be written: whole words, or the first letters
    /// of a single long one.
    pub fn shortened<'a>(bounds: Option<&Self>, text: &'a str) -> Cow<'a, str> {
        match bounds {
            Some(bounds) if text.chars().count() > bounds.chars => up_to(text, bounds.chars).into(),
            _ => text.into(),
        }
    }

    /// Returns the first items, as many as the bounds allow, and logs if some are left out.
    pub fn first<T>(bounds: Option<&Self>, items: impl Iterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.collect();
        if let Some(bounds) = bounds
            && items.len() > bounds.items
        {
            let line = format!(
                "a demonstration has {} items, and max_tokens or max_facts allows {}: the last are left out",
                items.len(),
                bounds.items
            );
            log(Level::Warn, &line);
            items.truncate(bounds.items);
        }
        items
    }
}

/// Returns the first words of a text that have at most so many characters together.
pub fn up_to(text: &str, chars: usize) -> &str {
    let Some((cut, next)) = text.char_indices().nth(chars) else {
        return text;
    };
    let head = &text[..cut];
    if next.is_whitespace() || head.ends_with(char::is_whitespace) {
        return head.trim_end();
    }
    match head.rfind(char::is_whitespace) {
        Some(space) if !head[..space].trim().is_empty() => head[..space].trim_end(),
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::Turn;

    fn bounds(options: &str) -> Bounds {
        let turn = Turn {
            id: "D12:7".into(),
            speaker: "Ann".into(),
            text: String::new(),
        };
        let view = SessionView {
            time: "noon",
            turns: &[turn],
            speakers: &["Ann".into(), "Robin".into()],
        };
        Bounds::of(&Options::parse(options).expect(options), &view)
    }

    #[test]
    fn by_default_as_much_is_allowed_as_the_tokens_hold() {
        for (tokens, items, chars) in [(64, 1, 42), (128, 1, 80), (256, 3, 80), (2048, 15, 240)] {
            let of = bounds(&format!(r#"{{"max_tokens": {tokens}}}"#));
            assert_eq!(of, Bounds { items, chars }, "{tokens}");
            // 37 tokens of keys an item.
            assert!(
                FRAME + items * (37 + (2 * chars).div_ceil(5)) <= tokens,
                "{tokens}"
            );
        }
    }

    #[test]
    fn what_is_set_holds_and_the_other_follows() {
        let of = |options: &str| {
            let Bounds { items, chars } = bounds(options);
            (items, chars)
        };
        assert_eq!(of(r#"{"max_tokens": 256, "max_facts": 2}"#), (2, 215));
        assert_eq!(of(r#"{"max_tokens": 256, "max_facts": 4}"#), (4, 60));
        assert_eq!(of(r#"{"max_tokens": 256, "max_fact_chars": 30}"#), (5, 30));
        let both = r#"{"max_tokens": 256, "max_facts": 9, "max_fact_chars": 90}"#;
        assert_eq!(of(both), (9, 90));
    }

    #[test]
    fn texts_are_cut_between_words() {
        let short =
            |chars| Bounds::shortened(Some(&Bounds { items: 1, chars }), "Zoë skis  a lot.");
        assert_eq!(short(16), "Zoë skis  a lot.");
        assert_eq!(short(15), "Zoë skis  a");
        assert_eq!(short(10), "Zoë skis");
        assert_eq!(short(8), "Zoë skis");
        assert_eq!(short(7), "Zoë");
        assert_eq!(short(2), "Zo");
        assert_eq!(Bounds::shortened(None, "Zoë skis"), "Zoë skis");
    }

    #[test]
    fn more_items_than_fit_are_left_out() {
        let two = Bounds { items: 2, chars: 9 };
        assert_eq!(Bounds::first(Some(&two), [1, 2, 3].into_iter()), [1, 2]);
        assert_eq!(Bounds::first(None, [1, 2, 3].into_iter()), [1, 2, 3]);
    }
}
