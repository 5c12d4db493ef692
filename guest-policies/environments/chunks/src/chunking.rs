//! Cutting of texts into chunks of whole sentences.

use memloom_sdk::text::{word_count, word_indices};

/// Cuts a text into chunks of at most `limit` words (1 or more). Sentences are packed in order,
/// and only a sentence that is longer by itself is cut. No chunk is blank.
///
/// A sentence ends at `.`, `!` or `?` before a space and a capital, at a blank line, at a line
/// with a label (`label: 43`), and at the end of a line before a capital or a digit. A line that
/// begins with its number (`12. …`) is one sentence.
#[must_use]
pub fn chunks(text: &str, limit: usize) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut packed: Option<(usize, usize, usize)> = None;
    let mut add = |start: usize, end: usize| {
        let chunk = text[start..end].trim();
        if !chunk.is_empty() {
            chunks.push(chunk);
        }
    };
    for (start, end) in sentences(text) {
        let words = word_count(&text[start..end]);
        packed = match packed {
            Some((first, _, held)) if held + words <= limit => Some((first, end, held + words)),
            _ => {
                if let Some((first, last, _)) = packed {
                    add(first, last);
                }
                let (first, held) = cut(text, start, end, words, limit, &mut add);
                Some((first, end, held))
            }
        };
    }
    if let Some((first, last, _)) = packed {
        add(first, last);
    }
    chunks
}

/// Adds chunks of a long sentence. Returns the start of the rest, and the number of its words.
fn cut(
    text: &str,
    mut start: usize,
    end: usize,
    words: usize,
    limit: usize,
    add: &mut impl FnMut(usize, usize),
) -> (usize, usize) {
    if words <= limit {
        return (start, words);
    }
    let (whole, first) = (&text[start..end], start);
    let mut held = 0;
    for (at, _) in word_indices(whole) {
        if held == limit {
            add(start, first + at);
            (start, held) = (first + at, 0);
        }
        held += 1;
    }
    (start, held)
}

/// Returns the bounds of all sentences; each has the spaces behind it.
fn sentences(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut line_start = 0;
    let mut letters = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        if !letter.is_whitespace() {
            before = letter;
            continue;
        }
        let line = &text[line_start..at];
        let mut breaks = usize::from(letter == '\n');
        let mut next_line = at + 1;
        while let Some((place, space)) = letters.next_if(|(_, next)| next.is_whitespace()) {
            if space == '\n' {
                breaks += 1;
                next_line = place + 1;
            }
        }
        let Some(&(next, first)) = letters.peek() else {
            break;
        };
        let ends = match breaks {
            0 => matches!(before, '.' | '!' | '?') && first.is_uppercase() && !is_numbered(line),
            1 => {
                is_labelled(line)
                    || is_numbered(line)
                    || first.is_ascii_digit()
                    || first.is_uppercase()
            }
            _ => true,
        };
        if breaks > 0 {
            line_start = next_line;
        }
        if ends {
            found.push((start, next));
            start = next;
        }
    }
    found.push((start, text.len()));
    found
}

/// Returns true if the beginning of a line is a number with a dot and a space.
fn is_numbered(line: &str) -> bool {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < line.len() && (rest == "." || rest.starts_with(". "))
}

fn is_labelled(line: &str) -> bool {
    let line = line.trim_start();
    let head = line.get(.."label:".len());
    head.is_some_and(|head| head.eq_ignore_ascii_case("label:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_packed_and_end_before_capitals() {
        let text = "It costs 3.5 coins. I paid! did you? Yes. No.";
        assert_eq!(
            chunks(text, 1),
            [
                "It", "costs", "3.", "5", "coins.", "I", "paid!", "did", "you?", "Yes.", "No."
            ]
        );
        assert_eq!(
            chunks(text, 5),
            ["It costs 3.5 coins.", "I paid! did you? Yes.", "No."]
        );
        assert_eq!(chunks(text, 99), [text]);
    }

    #[test]
    fn numbered_lines_are_units_whatever_is_in_them() {
        let text = "0. One. Two.\n1. Three. Four.\n10. Five.";
        assert_eq!(
            chunks(text, 4),
            ["0. One. Two.", "1. Three. Four.", "10. Five."]
        );
        assert_eq!(
            chunks(text, 6),
            ["0. One. Two.\n1. Three. Four.", "10. Five."]
        );
    }

    #[test]
    fn an_example_stays_with_its_label() {
        let text = "where is my card?\nlabel: 43\ni lost it\nlabel: 7\nWhy\nnot?\n\nso.";
        assert_eq!(
            chunks(text, 6),
            [
                "where is my card?\nlabel: 43",
                "i lost it\nlabel: 7",
                "Why\nnot?\n\nso."
            ]
        );
    }

    #[test]
    fn a_first_sentence_longer_than_a_chunk_makes_no_empty_first_chunk() {
        let long = "one two three four five six seven. Eight nine.";
        assert_eq!(
            chunks(long, 3),
            ["one two three", "four five six", "seven. Eight nine."]
        );
        for limit in 1..10 {
            let cut = chunks(long, limit);
            assert!(
                cut.iter()
                    .all(|chunk| (1..=limit).contains(&word_count(chunk)))
            );
            assert_eq!(cut.join(" "), long);
        }
    }

    #[test]
    fn a_text_without_words_has_no_chunks_unless_there_are_signs() {
        assert!(chunks(" \n ", 5).is_empty());
        assert_eq!(chunks("…", 5), ["…"]);
    }
}
