//! Words.

/// Runs of letters, digits and `_`, as the regular expression `\w+` finds them,
/// with the byte at which each begins.
pub fn word_indices(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text.char_indices();
    std::iter::from_fn(move || {
        let (start, _) = rest.find(|&(_, c)| is_part(c))?;
        let after = rest.find(|&(_, c)| !is_part(c));
        let end = after.map_or(text.len(), |(at, _)| at);
        Some((start, &text[start..end]))
    })
}

/// The words of [`word_indices`] alone.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    word_indices(text).map(|(_, word)| word)
}

/// How many words a text has: the measure of a bank's size (Memory-R2's code,
/// `memory.py`: matches of `\b\w+\b`).
pub fn word_count(text: &str) -> usize {
    words(text).count()
}

/// The words of a text in lower case.
pub fn lower_words(text: &str) -> Vec<String> {
    words(text).map(str::to_lowercase).collect()
}

/// Whether two texts differ in nothing but upper and lower case.
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
    fn words_are_runs_of_letters_digits_and_underscores() {
        let found: Vec<&str> = words("I'm 25, snake_case; Köln—ok!").collect();
        assert_eq!(found, ["I", "m", "25", "snake_case", "Köln", "ok"]);
        let found: Vec<(usize, &str)> = word_indices(" ö, b1").collect();
        assert_eq!(found, [(1, "ö"), (5, "b1")]);
        assert_eq!(word_count("It's 3.5 km."), 5);
        assert_eq!(word_count(" ?! "), 0);
    }

    #[test]
    fn lower_words_keep_their_order() {
        assert_eq!(lower_words("In Rome, IN May"), ["in", "rome", "in", "may"]);
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
