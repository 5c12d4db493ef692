//! Lines that are kept by saying them, in their own words and punctuation: `ann skis . done`.

use memloom_sdk::text::apart;

/// The word that ends an output.
pub const DONE: &str = "done";

/// Returns a line as it is said: in lower case, as a tokenizer of words has it, and without the
/// operators of grammars.
fn said(line: &str) -> String {
    apart(&line.to_lowercase().replace(['(', ')', '|'], " "))
}

/// Returns the lines as they are said, each once; none of those without words.
fn all_said(lines: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for line in lines.iter().map(|line| said(line)) {
        if !line.is_empty() && !all.contains(&line) {
            all.push(line);
        }
    }
    all
}

/// Returns the grammar: up to as many lines as there are, in any order, and the end:
/// `((ann skis . | ben skis .) ((ann skis . | ben skis .) done | done) | done)`.
pub fn grammar(lines: &[&str]) -> String {
    let all = all_said(lines);
    let one = format!("({})", all.join(" | "));
    all.iter()
        .fold(DONE.into(), |rest, _| format!("({one} {rest} | {DONE})"))
}

/// Returns the most words of an output.
pub fn most_words(lines: &[&str]) -> u32 {
    let all = all_said(lines);
    let longest = all.iter().map(|line| line.split(' ').count() as u32).max();
    longest.unwrap_or(0) * all.len() as u32 + 1
}

/// Returns the output that keeps these lines.
pub fn output(lines: &[&str], kept: &[bool]) -> String {
    let kept: Vec<&str> = lines
        .iter()
        .zip(kept)
        .filter(|(_, keeps)| **keeps)
        .map(|(line, _)| *line)
        .collect();
    let parts = all_said(&kept).into_iter().chain([DONE.into()]);
    parts.collect::<Vec<_>>().join(" ")
}

/// Reads which lines an output says; none if it is malformed.
pub fn parse(output: &str, lines: &[&str]) -> Option<Vec<bool>> {
    let lines: Vec<String> = lines.iter().map(|line| said(line)).collect();
    let output = apart(&output.to_lowercase());
    let mut kept = vec![false; lines.len()];
    let mut rest = output.as_str();
    while rest != DONE {
        let begins = |line: &&String| {
            let after = rest.strip_prefix(line.as_str());
            !line.is_empty() && after.is_some_and(|after| after.starts_with(' '))
        };
        let found = lines.iter().filter(begins).max_by_key(|line| line.len())?;
        for (line, keeps) in lines.iter().zip(&mut kept) {
            *keeps |= line == found;
        }
        rest = &rest[found.len() + 1..];
    }
    Some(kept)
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
