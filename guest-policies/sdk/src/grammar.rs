//! Grammars of words, of which each must be a token of the model.

use crate::text::apart;

/// Returns a text as it is said: in lower case, as a tokenizer of words has it, and without the
/// operators of grammars.
pub fn said(text: &str) -> String {
    apart(&text.to_lowercase().replace(['(', ')', '|'], " "))
}

/// Returns texts as they are said, each once; none of those without words.
pub fn all_said<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.into_iter().map(said) {
        if !text.is_empty() && !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// Returns the words of the longest of some texts that are said.
pub fn most_words(said: &[String]) -> u32 {
    let words = said.iter().map(|text| text.split(' ').count() as u32);
    words.max().unwrap_or(0)
}

/// Reads the texts that an output begins with, each followed by a space. Returns for each of the
/// texts whether it is said, and the rest of the output; of two texts that fit the longer counts.
pub fn read<'a>(output: &'a str, said: &[String]) -> (Vec<bool>, &'a str) {
    let mut kept = vec![false; said.len()];
    let mut rest = output;
    loop {
        let begins = |text: &&String| {
            let after = rest.strip_prefix(text.as_str());
            !text.is_empty() && after.is_some_and(|after| after.starts_with(' '))
        };
        let Some(found) = said.iter().filter(begins).max_by_key(|text| text.len()) else {
            return (kept, rest);
        };
        for (text, keeps) in said.iter().zip(&mut kept) {
            *keeps |= text == found;
        }
        rest = &rest[found.len() + 1..];
    }
}

/// Returns a choice among words or expressions: `(a | b)`.
pub fn one_of(choices: &[String]) -> String {
    format!("({})", choices.join(" | "))
}

/// Returns up to `most` choices in any order, and a word at their end:
/// `((a | b) ((a | b) done | done) | done)`.
pub fn several(choices: &[String], most: usize, end: &str) -> String {
    let one = one_of(choices);
    let most = most.min(choices.len());
    (0..most).fold(end.into(), |rest, _| format!("({one} {rest} | {end})"))
}

/// Returns words of a text in a row, one or more: `(a | a (b | b c) | b | b c | c)` for `a b c`.
pub fn in_a_row(words: &[String]) -> String {
    let rows = (0..words.len()).map(|start| {
        let mut backwards = words[start..].iter().rev();
        let last = backwards.next().cloned().unwrap_or_default();
        backwards
            .enumerate()
            .fold(last, |rest, (after, word)| match after {
                0 => format!("{word} | {word} {rest}"),
                _ => format!("{word} | {word} ({rest})"),
            })
    });
    one_of(&rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_said_is_read_up_to_something_else() {
        let all = all_said(["Ann skis.", "Ann (8)", "ann skis .", "|"]);
        assert_eq!(all, ["ann skis .", "ann 8"]);
        assert_eq!(most_words(&all), 3);
        assert_eq!(read("ann 8 ann 8 done", &all), (vec![false, true], "done"));
        assert_eq!(read("ann 8", &all), (vec![false; 2], "ann 8"));
    }

    #[test]
    fn several_choices_end_in_a_word() {
        let words = owned(&["a", "b", "c"]);
        assert_eq!(
            several(&words[..2], 5, "done"),
            "((a | b) ((a | b) done | done) | done)"
        );
        assert_eq!(several(&words, 1, "done"), "((a | b | c) done | done)");
        assert_eq!(several(&[], 5, "done"), "done");
    }

    #[test]
    fn rows_begin_and_end_at_any_word() {
        assert_eq!(
            in_a_row(&owned(&["a", "b", "c"])),
            "(a | a (b | b c) | b | b c | c)"
        );
        assert_eq!(in_a_row(&owned(&["a"])), "(a)");
    }
}
