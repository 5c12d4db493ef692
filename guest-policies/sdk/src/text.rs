//! Words.

pub use memloom_text::words::{composed, lacks_spaces, word_count, word_indices, words};

/// The words of a text in lower case.
pub fn lower_words(text: &str) -> Vec<String> {
    words(&composed(text)).map(str::to_lowercase).collect()
}

/// Returns true if two texts differ in nothing but upper and lower case.
pub fn same_but_case(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// The first `limit` words of a text, as they stand there, with the spaces
/// between them made one.
pub fn first_words(text: &str, limit: usize) -> String {
    let mut kept = String::with_capacity(text.len());
    for word in text.split_whitespace().take(limit) {
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(word);
    }
    kept
}

/// Returns the words and punctuation of a text, each with the byte at which it begins: the tokens of
/// a tokenizer of words, which splits `pay.send to=12` so.
pub fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut letters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = letters.find(|(_, letter)| !letter.is_whitespace())?;
        let goes_on = |letter: char| !letter.is_whitespace() && in_word(letter) == in_word(first);
        let mut end = start + first.len_utf8();
        while let Some((at, letter)) = letters.next_if(|(_, letter)| goes_on(*letter)) {
            end = at + letter.len_utf8();
        }
        Some((start, &text[start..end]))
    })
}

/// Returns the words and punctuation of a text, a space between them.
pub fn apart(text: &str) -> String {
    let pieces: Vec<&str> = pieces(text).map(|(_, piece)| piece).collect();
    pieces.join(" ")
}

/// The sentences of a text without the spaces around them. A sentence ends at the end of a line,
/// at `。`, and at a `.`, `!` or `?` before a space.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let parts = std::iter::from_fn(move || {
        let end = sentence_end(rest)?;
        let sentence = &rest[..end];
        rest = &rest[end..];
        Some(sentence.trim())
    });
    parts.filter(|sentence| !sentence.is_empty())
}

/// Returns the byte after the first sentence; none if there is no text.
fn sentence_end(text: &str) -> Option<usize> {
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let ends = match letter {
            '\n' | '。' => true,
            '.' | '!' | '?' => letters.peek().is_none_or(|(_, next)| next.is_whitespace()),
            _ => false,
        };
        if ends {
            return Some(at + letter.len_utf8());
        }
    }
    (!text.is_empty()).then_some(text.len())
}

/// The first sentences of a text that have at most `limit` words together, as they stand there;
/// the first words where one sentence alone has more. None if the text is no longer than that.
pub fn first_sentences(text: &str, limit: usize) -> Option<String> {
    let (mut end, mut counted) = (0, 0);
    while let Some(length) = sentence_end(&text[end..]) {
        counted += words(&text[end..end + length]).count();
        if counted > limit {
            let kept = text[..end].trim_end();
            return Some(match kept {
                "" => first_words(text, limit),
                _ => kept.into(),
            });
        }
        end += length;
    }
    None
}

/// Returns what follows the last `label:` in a text, up to the end of its line and without the spaces
/// around it. Case does not count, and spaces may stand before the colon. None if there is no label,
/// or nothing follows any.
pub fn after_label<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let lower = text.to_ascii_lowercase();
    let places = lower.rmatch_indices(label);
    let mut followed = places.filter_map(|(place, _)| {
        let within = lower[..place].ends_with(char::is_alphanumeric);
        let rest = text[place + label.len()..].trim_start().strip_prefix(':')?;
        let line = rest.split('\n').next().unwrap_or_default().trim();
        (!within && !line.is_empty()).then_some(line)
    });
    followed.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_words_keep_their_order() {
        assert_eq!(lower_words("In Rome, IN May"), ["in", "rome", "in", "may"]);
        assert_eq!(lower_words("Ｒｏｍｅに"), ["rome", "に"]);
    }

    #[test]
    fn case_is_no_difference_in_any_script() {
        assert!(same_but_case("Ann", "aNN"));
        assert!(same_but_case("KÖLN", "köln"));
        assert!(!same_but_case("Ann", "Anna"));
        // The Kelvin sign becomes a plain k.
        assert!(same_but_case("\u{212a}im", "Kim"));
    }

    #[test]
    fn cutting_keeps_punctuation_within() {
        assert_eq!(first_words("  one,  two three ", 2), "one, two");
        assert_eq!(first_words("one", 5), "one");
    }

    #[test]
    fn words_and_punctuation_are_set_apart() {
        assert_eq!(
            apart("pay.send  to=a_b (12)!"),
            "pay . send to = a_b ( 12 )!"
        );
        assert_eq!(apart(" "), "");
    }

    fn cut(text: &str) -> Vec<&str> {
        sentences(text).collect()
    }

    #[test]
    fn sentences_end_at_lines_and_at_marks_before_spaces() {
        assert_eq!(
            cut("It is 3.5 km. Go!  Why?\n\nexits : west\nend"),
            ["It is 3.5 km.", "Go!", "Why?", "exits : west", "end"]
        );
        assert_eq!(
            cut("the lamp is here . a box ."),
            ["the lamp is here .", "a box ."]
        );
        assert_eq!(
            cut("安娜住在罗马。她有猫。"),
            ["安娜住在罗马。", "她有猫。"]
        );
        assert_eq!(cut(" \n "), Vec::<&str>::new());
    }

    #[test]
    fn a_text_is_cut_at_a_sentence_or_within_a_long_one() {
        let text = "One two. Three four.\nFive.";
        assert_eq!(first_sentences(text, 5), None);
        assert_eq!(
            first_sentences(text, 4).as_deref(),
            Some("One two. Three four.")
        );
        assert_eq!(first_sentences(text, 3).as_deref(), Some("One two."));
        assert_eq!(first_sentences(text, 1).as_deref(), Some("One"));
        assert_eq!(first_sentences(text, 0).as_deref(), Some(""));
        assert_eq!(first_sentences("", 0), None);
    }

    #[test]
    fn the_last_label_with_a_text_counts() {
        for (text, found) in [
            ("answer: 4", Some("4")),
            ("So.\nAnswer : 4 or 5 \nanswer:\n", Some("4 or 5")),
            ("answer: 3 . answer: 4", Some("4")),
            ("ANSWER:ü", Some("ü")),
            ("the answer is: 4", None),
            ("äanswer: 4", None),
            ("answer:", None),
            ("", None),
        ] {
            assert_eq!(after_label(text, "answer"), found, "{text:?}");
        }
    }
}
