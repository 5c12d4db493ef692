//! Texts wrapped to the columns of a terminal.

use console::measure_text_width;

/// Returns the lines of a text after a head, none wider than `width`.
pub fn wrapped(head: &str, text: &str, width: usize) -> Vec<String> {
    // A text of a model or component must not steer the terminal.
    let text: String = text
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    let indent = measure_text_width(head).min(width / 2);
    let room = width - indent;
    let mut lines = vec![head.to_owned()];
    let mut taken = measure_text_width(head);
    let mut empty = true;
    for word in text.split_whitespace().flat_map(|word| pieces(word, room)) {
        let wide = measure_text_width(word);
        if !empty && taken + 1 + wide > width || empty && taken + wide > width {
            lines.push(" ".repeat(indent));
            (taken, empty) = (indent, true);
        }
        // There is always a last line.
        if let Some(line) = lines.last_mut() {
            if !empty {
                line.push(' ');
                taken += 1;
            }
            line.push_str(word);
        }
        taken += wide;
        empty = false;
    }
    lines
        .into_iter()
        .map(|line| line.trim_end().to_owned())
        .collect()
}

/// Returns a word in pieces that fit into `room` columns.
fn pieces(word: &str, room: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut begin, mut taken) = (0, 0);
    for (at, letter) in word.char_indices() {
        let wide = measure_text_width(letter.encode_utf8(&mut [0; 4]));
        if taken + wide > room && at > begin {
            pieces.push(&word[begin..at]);
            (begin, taken) = (at, 0);
        }
        taken += wide;
    }
    pieces.push(&word[begin..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_hang_below_their_text_and_fit() {
        assert_eq!(
            wrapped("+ m1  ", "Ann lives in Lisbon near the old river.", 24),
            [
                "+ m1  Ann lives in",
                "      Lisbon near the",
                "      old river."
            ]
        );
        assert_eq!(wrapped("", "", 20), [""]);
        assert_eq!(wrapped("- m1", "", 20), ["- m1"]);
        let long = wrapped("+ m1  ", &"x".repeat(40), 20);
        assert_eq!(long.len(), 3);
        assert!(long.iter().all(|line| line.len() <= 20), "{long:?}");
    }

    #[test]
    fn wide_letters_count_twice_and_none_steers_the_terminal() {
        let lines = wrapped("", &"\u{6f22}".repeat(15), 20);
        assert_eq!(lines, ["\u{6f22}".repeat(10), "\u{6f22}".repeat(5)]);
        assert_eq!(wrapped("", "a\x1b[31mb\r\nc", 20), ["a [31mb c"]);
    }
}
