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
}
