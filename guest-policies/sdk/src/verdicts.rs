//! Verdicts on numbered lines under a grammar of words: `t1 keep t2 drop`.

/// The number of marks `t1`, `t2`, ….
pub const MOST_MARKS: usize = 16;

/// Returns the control words of the grammar: `keep`, `drop`, `t1` to `t16`.
pub fn control_words() -> impl Iterator<Item = String> {
    let verdicts = ["keep", "drop"].map(String::from);
    verdicts.into_iter().chain((1..=MOST_MARKS).map(mark))
}

/// Returns the mark of a line, counted from 1: `t1`.
pub fn mark(number: usize) -> String {
    format!("t{number}")
}

/// Returns a line with its mark, which comes after it, since a small model has read the line there.
pub fn marked(line: &str, number: usize) -> String {
    format!("{line} {}", mark(number))
}

/// Returns the grammar: `t1 (keep | drop) t2 (keep | drop)`.
pub fn grammar(lines: usize) -> String {
    let verdicts = (1..=lines).map(|number| format!("{} (keep | drop)", mark(number)));
    verdicts.collect::<Vec<_>>().join(" ")
}

/// Returns the output with these verdicts.
pub fn output(kept: &[bool]) -> String {
    let verdicts = (1..).zip(kept).map(|(number, &keeps)| {
        let verdict = if keeps { "keep" } else { "drop" };
        format!("{} {verdict}", mark(number))
    });
    verdicts.collect::<Vec<_>>().join(" ")
}

/// Reads the verdicts of an output; none if it is malformed.
pub fn parse(output: &str, lines: usize) -> Option<Vec<bool>> {
    let mut words = output.split_whitespace();
    let kept = (1..=lines).map(|number| {
        let is_marked = words.next()? == mark(number);
        match words.next()? {
            "keep" if is_marked => Some(true),
            "drop" if is_marked => Some(false),
            _ => None,
        }
    });
    let kept: Vec<bool> = kept.collect::<Option<_>>()?;
    words.next().is_none().then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_a_verdict_and_reads_back_as_it_was_meant() {
        let kept = [true, false, true];
        assert_eq!(output(&kept), "t1 keep t2 drop t3 keep");
        assert_eq!(parse(&output(&kept), 3), Some(kept.to_vec()));
        assert_eq!(grammar(2), "t1 (keep | drop) t2 (keep | drop)");
        assert_eq!(marked("I ski.", 2), "I ski. t2");
    }

    #[test]
    fn every_word_of_the_grammar_is_a_control_word() {
        let known: Vec<String> = control_words().collect();
        let grammar = grammar(MOST_MARKS);
        let mut words = grammar
            .split(['(', ')', '|', ' '])
            .filter(|word| !word.is_empty());
        assert!(words.all(|word| known.iter().any(|known| known == word)));
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "t1 keep",
            "t1 keep t3 drop",
            "t1 keep t2 maybe",
            "keep drop",
            "t1 keep t2 drop t3 keep",
        ] {
            assert_eq!(parse(wrong, 2), None, "{wrong:?}");
        }
    }
}
