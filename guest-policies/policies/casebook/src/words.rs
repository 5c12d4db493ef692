//! The choice of a case under a grammar, `(e1 | e2 | none)`.

use memloom_sdk::grammar::one_of;

use crate::options::MOST_SHOWN;

/// The word for no case.
const NONE: &str = "none";

/// Returns the name of a case: `e3`.
pub fn name(number: usize) -> String {
    format!("e{number}")
}

/// Returns the words of choices: `e1` to `e16`, and `none`.
pub fn control_words() -> impl Iterator<Item = String> {
    let names = (1..=MOST_SHOWN as usize).map(name);
    names.chain([NONE.into()])
}

/// Returns the grammar of a choice among so many cases.
pub fn grammar(cases: usize) -> String {
    let words: Vec<String> = (1..=cases).map(name).chain([NONE.into()]).collect();
    one_of(&words)
}

/// Returns the output that chooses a case, or none.
pub fn said(case: Option<usize>) -> String {
    case.map_or(NONE.into(), name)
}

/// Reads a choice among so many cases; none if it is malformed.
pub fn parse(output: &str, cases: usize) -> Option<Option<usize>> {
    let mut all = (1..=cases).map(Some).chain([None]);
    all.find(|case| said(*case) == output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_reads_back_and_all_else_is_malformed() {
        assert_eq!(grammar(2), "(e1 | e2 | none)");
        for case in [None, Some(1), Some(2)] {
            assert_eq!(parse(&said(case), 2), Some(case));
        }
        for output in ["", "e3", "e0", "e01", "1", "E1", "e1 e2", "None"] {
            assert_eq!(parse(output, 2), None, "{output:?}");
        }
    }

    #[test]
    fn all_words_of_a_grammar_are_control_words() {
        let known: Vec<String> = control_words().collect();
        let grammar = grammar(16);
        let words = grammar.split(['(', ')', '|', ' ']);
        let mut words = words.filter(|word| !word.is_empty());
        assert!(words.all(|word| known.iter().any(|it| it == word)));
    }
}
