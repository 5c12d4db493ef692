//! Lines that are kept by saying them, in their own words and punctuation: `ann skis . done`.

use memloom_sdk::grammar::{self, all_said, said, several};
use memloom_sdk::text::apart;

/// The word that ends an output.
pub const DONE: &str = "done";

/// Returns the grammar: up to as many lines as there are, in any order, and the end:
/// `((ann skis . | ben skis .) ((ann skis . | ben skis .) done | done) | done)`.
pub fn grammar(lines: &[&str]) -> String {
    several(&all_said(lines.iter().copied()), usize::MAX, DONE)
}

/// Returns the most words of an output.
pub fn most_words(lines: &[&str]) -> u32 {
    let all = all_said(lines.iter().copied());
    grammar::most_words(&all) * all.len() as u32 + 1
}

/// Returns the output that keeps these lines.
pub fn output(lines: &[&str], kept: &[bool]) -> String {
    let kept = lines.iter().zip(kept).filter(|(_, keeps)| **keeps);
    let kept = all_said(kept.map(|(line, _)| *line));
    let parts = kept.into_iter().chain([DONE.into()]);
    parts.collect::<Vec<_>>().join(" ")
}

/// Reads which lines an output says; none if it is malformed.
pub fn parse(output: &str, lines: &[&str]) -> Option<Vec<bool>> {
    let lines: Vec<String> = lines.iter().map(|line| said(line)).collect();
    let output = apart(&output.to_lowercase());
    let (kept, rest) = grammar::read(&output, &lines);
    (rest == DONE).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 3] = ["Ann skis.", "Ann (8) skis", "!|"];

    #[test]
    fn a_grammar_lets_each_line_be_said_in_any_order() {
        assert_eq!(
            grammar(&LINES[..2]),
            "((ann skis . | ann 8 skis) ((ann skis . | ann 8 skis) done | done) | done)"
        );
        assert_eq!(grammar(&[]), "done");
        assert_eq!(most_words(&LINES[..2]), 7);
        for output in ["ann skis . ann 8 skis done", "Ann 8 skis  Ann skis . done"] {
            assert_eq!(
                parse(output, &LINES[..2]),
                Some(vec![true, true]),
                "{output}"
            );
        }
    }

    #[test]
    fn equal_lines_are_said_once_and_kept_together() {
        let lines = ["Ann.", "Ben.", "ann."];
        assert_eq!(output(&lines, &[true, false, true]), "ann . done");
        assert_eq!(parse("ann . done", &lines), Some(vec![true, false, true]));
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "ann skis .",
            "ann skis",
            "ben . done",
            "done done",
            "ann skis .done ann",
        ] {
            assert_eq!(parse(wrong, &LINES), None, "{wrong:?}");
        }
    }
}
