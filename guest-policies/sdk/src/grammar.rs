//! Grammars of words, of which each must be a token of the model.

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
