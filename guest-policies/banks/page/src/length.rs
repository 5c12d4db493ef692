//! The length of the page.

use memloom_sdk::text::word_indices;

/// The mark at the end of a text that was cut.
const MARK: &str = " [cut]";

/// Returns a text of at most `most` words. A longer one is cut after the last of them and marked.
pub fn cut(text: &str, most: usize) -> String {
    match end_of(text, most) {
        None => text.into(),
        Some(end) => format!("{}{MARK}", &text[..end]),
    }
}

/// Returns whether a text has at most `most` words, the mark not counted.
pub fn fits(text: &str, most: usize) -> bool {
    end_of(text, most).is_none()
}

/// Returns the end of the last of `most` words; none if there are no further ones.
fn end_of(text: &str, most: usize) -> Option<usize> {
    let own = text.strip_suffix(MARK).unwrap_or(text);
    let mut words = word_indices(own);
    let last = most.checked_sub(1).and_then(|before| words.nth(before));
    let end = last.map(|(start, word)| start + word.len())?;
    words.next().map(|_| end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_after_a_word_and_marked_once() {
        let text = "One, two;\nthree (four)";
        assert_eq!(cut(text, 4), text);
        assert_eq!(cut(text, 3), "One, two;\nthree [cut]");
        assert_eq!(cut(&cut(text, 3), 3), "One, two;\nthree [cut]");
        assert_eq!(cut(&cut(text, 3), 2), "One, two [cut]");
    }

    #[test]
    fn words_without_spaces_between_them_are_counted() {
        assert_eq!(cut("安娜住在罗马", 3), "安娜住 [cut]");
    }

    #[test]
    fn a_text_fits_where_it_is_not_cut() {
        assert!(fits("a b", 2) && fits("a b [cut]", 2) && fits("", 1));
        assert!(!fits("a b c", 2) && !fits("a b c [cut]", 2));
    }
}
