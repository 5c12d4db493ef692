//! Constrained memories: which lines are kept, by verdicts or in their own words.

use memloom_sdk::verdicts;

use crate::said;

/// The most lines of one request.
pub const MOST_LINES: usize = verdicts::MOST_MARKS;

/// Returns the control words of grammars.
pub fn control_words() -> impl Iterator<Item = String> {
    verdicts::control_words().chain([said::DONE.into()])
}

/// The lines of a request.
pub struct Lines<'a> {
    texts: Vec<&'a str>,
    /// True if an output has a verdict on each line, false if it says those that are kept.
    numbered: bool,
}

impl<'a> Lines<'a> {
    /// Returns lines of which an output says what is kept.
    pub fn new(texts: impl IntoIterator<Item = &'a str>, numbered: bool) -> Self {
        let texts = texts.into_iter().collect();
        Self { texts, numbered }
    }

    /// Returns the prompt: the lines between the problem and the problem again, since a small model
    /// reads the lines with what stands before them in mind, and answers to what stands last.
    pub fn prompt(&self, problem: &str) -> String {
        let lines = (1..)
            .zip(&self.texts)
            .map(|(number, line)| match self.numbered {
                true => verdicts::marked(line, number),
                false => (*line).into(),
            });
        let ends = || [problem.to_string()].into_iter();
        let all = ends().chain(lines).chain(ends());
        let all = all.filter(|line| !line.is_empty());
        all.collect::<Vec<_>>().join("\n")
    }

    /// Returns the grammar of an output.
    pub fn grammar(&self) -> String {
        match self.numbered {
            true => verdicts::grammar(self.texts.len()),
            false => said::grammar(&self.texts),
        }
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        match self.numbered {
            true => 2 * self.texts.len() as u32,
            false => said::most_words(&self.texts),
        }
    }

    /// Returns the output that keeps these lines.
    pub fn output(&self, kept: &[bool]) -> String {
        match self.numbered {
            true => verdicts::output(kept),
            false => said::output(&self.texts, kept),
        }
    }

    /// Reads which lines an output keeps; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<Vec<bool>> {
        match self.numbered {
            true => verdicts::parse(output, self.texts.len()),
            false => said::parse(output, &self.texts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_problem_stands_first_and_last_and_marks_behind_their_lines() {
        let prompt = |problem, numbered| Lines::new(["Ann.", "Ben."], numbered).prompt(problem);
        assert_eq!(prompt("Who?", true), "Who?\nAnn. t1\nBen. t2\nWho?");
        assert_eq!(prompt("Who?", false), "Who?\nAnn.\nBen.\nWho?");
        assert_eq!(prompt("", true), "Ann. t1\nBen. t2");
    }

    #[test]
    fn an_output_of_both_forms_reads_back_as_it_was_meant() {
        for numbered in [true, false] {
            let lines = Lines::new(["Ann skis.", "Ben (8) is here.", "Ann."], numbered);
            let grammar = lines.grammar();
            for kept in [[true, false, true], [false; 3], [true; 3]] {
                let output = lines.output(&kept);
                let mut words = output.split(' ');
                assert!(words.all(|word| grammar.split(['(', ')', ' ']).any(|it| it == word)));
                assert!(output.split(' ').count() <= lines.most_words() as usize);
                assert_eq!(lines.parse(&output), Some(kept.to_vec()));
            }
        }
    }
}
