//! The sections of a text.

use memloom_sdk::text::{sentences, word_indices};

use crate::options::Over;

/// Returns a text in sections of at most `most` words. They end with a sentence, but where one alone
/// has more words.
#[must_use]
pub fn sections(text: &str, most: usize) -> Vec<String> {
    let mut sections = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (section, after) = rest.split_at(section_end(rest, most));
        sections.push(section.trim_end().into());
        rest = after.trim_start();
    }
    sections
}

/// Returns the end of the first section.
fn section_end(text: &str, most: usize) -> usize {
    let Some((start, _)) = word_indices(text).nth(most) else {
        return text.len();
    };
    let head = &text[..start];
    let written = head.trim_end();
    let gap = &head[written.len()..];
    let is_marked = written.ends_with(['.', '!', '?']) && !gap.is_empty();
    if is_marked || written.ends_with('。') || gap.contains('\n') {
        return start;
    }
    // The sentence that does not fit begins the next section.
    match sentences(head).last() {
        Some(open) if open.len() < written.len() => written.len() - open.len(),
        _ => start,
    }
}

/// Returns at most `most` sections. The error is the number of all, if there are more and nothing
/// may be left out.
///
/// # Errors
/// The number of sections, if they are too many under [`Over::Refuse`].
pub fn shortened(mut sections: Vec<String>, most: usize, over: Over) -> Result<Vec<String>, usize> {
    let all = sections.len();
    match over {
        _ if all <= most => Ok(sections),
        Over::Refuse => Err(all),
        Over::Middle => {
            let first = most.div_ceil(2);
            sections.drain(first..first + all - most);
            Ok(sections)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_end_with_a_sentence() {
        let text = "One two three. Four five.\nSix\nSeven eight nine? Ten.";
        assert_eq!(
            sections(text, 5),
            ["One two three. Four five.", "Six\nSeven eight nine? Ten."]
        );
        assert_eq!(
            sections(text, 4),
            [
                "One two three.",
                "Four five.\nSix",
                "Seven eight nine? Ten."
            ]
        );
        assert_eq!(sections(text, 100), [text]);
        assert_eq!(sections(" \n", 5), [""; 0]);
    }

    #[test]
    fn a_sentence_longer_than_a_section_is_cut_at_a_word() {
        assert_eq!(
            sections("Hi. One two three four five. Six.", 3),
            ["Hi.", "One two three", "four five. Six."]
        );
        assert_eq!(
            sections("安娜住在罗马。她有猫。", 7),
            ["安娜住在罗马。", "她有猫。"]
        );
    }

    #[test]
    fn what_is_too_long_is_refused_or_loses_its_middle() {
        let numbered = || (1..=7).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(shortened(numbered(), 6, Over::Refuse), Err(7));
        assert_eq!(shortened(numbered(), 7, Over::Refuse), Ok(numbered()));
        let kept = |most| shortened(numbered(), most, Over::Middle).unwrap_or_default();
        assert_eq!(kept(4), ["1", "2", "6", "7"]);
        assert_eq!(kept(3), ["1", "2", "7"]);
        assert_eq!(kept(1), ["1"]);
    }
}
