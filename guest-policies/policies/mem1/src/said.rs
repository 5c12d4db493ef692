//! Outputs under a grammar: sentences that are kept, in their own words and punctuation, the word
//! `done`, and an action: `ann skis . done search : the home of ann`.

use memloom_sdk::grammar::{all_said, most_words, one_of, read, said, several};
use memloom_sdk::text::apart;

/// The word after the sentences that are kept.
pub const DONE: &str = "done";

/// The choice of a turn: sentences that may be kept, and actions.
pub struct Choice<'a> {
    /// The sentences.
    pub sentences: Vec<&'a str>,
    /// The actions, one or more.
    pub actions: &'a [String],
}

impl Choice<'_> {
    fn kept(&self) -> Vec<String> {
        all_said(self.sentences.iter().copied())
    }

    fn taken(&self) -> Vec<String> {
        all_said(self.actions.iter().map(String::as_str))
    }

    /// Returns the grammar: up to as many sentences as there are, in any order, the word `done`,
    /// and one action: `((ann skis . | ben skis .) ((ann skis . | ben skis .) done | done) | done)
    /// (search : ann | answer : ben)`.
    pub fn grammar(&self) -> String {
        let sentences = several(&self.kept(), usize::MAX, DONE);
        format!("{sentences} {}", one_of(&self.taken()))
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        let kept = self.kept();
        most_words(&kept) * kept.len() as u32 + 1 + most_words(&self.taken())
    }

    /// Returns the output that keeps these of the sentences and takes an action; none if the action
    /// is not listed.
    pub fn output(&self, notes: &[&str], action: &str) -> Option<String> {
        if !self.actions.iter().any(|listed| listed == action) {
            return None;
        }
        let kept = self.sentences.iter().copied();
        let kept = all_said(kept.filter(|sentence| notes.contains(sentence)));
        let parts = kept.into_iter().chain([DONE.into(), said(action)]);
        Some(parts.collect::<Vec<_>>().join(" "))
    }

    /// Reads the sentences that an output keeps, in the order in which they were shown, and its
    /// action; none if it is malformed.
    pub fn parse(&self, output: &str) -> Option<(Vec<&str>, &str)> {
        let all: Vec<String> = self.sentences.iter().map(|it| said(it)).collect();
        let output = apart(&output.to_lowercase());
        let (kept, rest) = read(&output, &all);
        let action = rest.strip_prefix(DONE)?.strip_prefix(' ')?;
        let action = self.actions.iter().find(|listed| said(listed) == action)?;
        let kept = self.sentences.iter().zip(kept);
        let kept = kept.filter_map(|(sentence, keeps)| keeps.then_some(*sentence));
        Some((kept.collect(), action))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(actions: &[String]) -> Choice<'_> {
        Choice {
            sentences: vec!["Ann skis.", "Ann (8) skis!"],
            actions,
        }
    }

    fn actions() -> [String; 2] {
        ["search: Ann", "answer: a; b"].map(String::from)
    }

    #[test]
    fn a_grammar_lets_sentences_be_said_in_any_order_and_then_an_action() {
        let actions = actions();
        let choice = choice(&actions);
        assert_eq!(
            choice.grammar(),
            "((ann skis . | ann 8 skis !) ((ann skis . | ann 8 skis !) done | done) | done) \
             (search : ann | answer : a ; b)"
        );
        assert_eq!(choice.most_words(), 4 * 2 + 1 + 5);
        let none = Choice {
            sentences: vec![],
            actions: &actions,
        };
        assert_eq!(none.grammar(), "done (search : ann | answer : a ; b)");
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        let actions = actions();
        let choice = choice(&actions);
        for kept in [
            vec![],
            vec!["Ann skis."],
            vec!["Ann skis.", "Ann (8) skis!"],
        ] {
            let output = choice.output(&kept, "answer: a; b").unwrap_or_default();
            assert_eq!(choice.parse(&output), Some((kept, "answer: a; b")));
        }
        let other_way = "ann 8 skis ! ann skis . done search : ann";
        let kept = choice.parse(other_way).map(|(kept, _)| kept.len());
        assert_eq!(kept, Some(2));
        assert_eq!(choice.output(&[], "search: Ben"), None);
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        let actions = actions();
        for wrong in [
            "",
            "done",
            "search : ann",
            "ann skis . done",
            "done search : ben",
            "ben skis . done search : ann",
            "done done search : ann",
        ] {
            assert_eq!(choice(&actions).parse(wrong), None, "{wrong:?}");
        }
    }
}
