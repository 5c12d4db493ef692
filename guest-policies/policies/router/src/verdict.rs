//! Verdicts on advisers: who was right about what.

use memloom_sdk::text::{same_but_case, sentences};

use crate::means::Turn;
use crate::output::ASK;

/// The words between an adviser's name and the fact that is stated.
const SAYS: &str = " says that ";

/// The word between a fact's subject and its value.
const IS: &str = " is ";

/// A verdict on an adviser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The adviser's name.
    pub name: String,
    /// The question that was asked.
    pub question: String,
    /// The fact that the adviser stated.
    pub said: String,
    /// True if it is one.
    pub is_right: bool,
}

impl Verdict {
    /// Returns the verdict as a sentence: `Anna Hill was right: the river of Old Holm is Slow Usk.`
    pub fn sentence(&self) -> String {
        sentence(&self.name, &self.said, self.is_right)
    }
}

/// Returns a verdict as a sentence.
pub fn sentence(name: &str, said: &str, is_right: bool) -> String {
    let word = if is_right { "right" } else { "wrong" };
    format!("{name} was {word}: {said}.")
}

/// Returns the verdicts of a task, in order: of what advisers stated, that which the last observation
/// confirms, or states otherwise. About the rest nobody knows.
pub fn verdicts(turns: &[Turn]) -> Vec<Verdict> {
    let Some(last) = turns.last() else {
        return Vec::new();
    };
    let truth: Vec<&str> = sentences(&last.seen).map(plain).collect();
    let verdict = |turn: &Turn| {
        let (name, question) = turn.action.strip_prefix(ASK)?.split_once(':')?;
        let (_, said) = plain(sentences(&turn.seen).next()?).split_once(SAYS)?;
        let is_right = truth.iter().any(|fact| same_but_case(fact, said));
        let is_wrong = truth.iter().any(|fact| are_about_the_same(fact, said));
        (is_right || is_wrong).then(|| Verdict {
            name: name.trim().into(),
            question: question.trim().into(),
            said: said.into(),
            is_right,
        })
    };
    turns.iter().filter_map(verdict).collect()
}

/// Returns a sentence without the mark at its end.
fn plain(sentence: &str) -> &str {
    sentence.trim_end_matches(['.', '!'])
}

fn are_about_the_same(fact: &str, other: &str) -> bool {
    let subjects = fact.split_once(IS).zip(other.split_once(IS));
    subjects.is_some_and(|((one, _), (two, _))| same_but_case(one, two))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(action: &str, seen: &str) -> Turn {
        Turn {
            action: action.into(),
            seen: seen.into(),
        }
    }

    #[test]
    fn what_the_end_confirms_is_right_and_what_it_states_otherwise_is_wrong() {
        let turns = [
            turn(
                "ask Anna Hill: river of Old Holm",
                "Anna Hill says that the river of Old Holm is Slow Usk. Coins left: 3.",
            ),
            turn(
                "ask Ben Vale: mayor of Old Holm",
                "Ben Vale says that the mayor of Old Holm is Cleo Dale. Coins left: 2.",
            ),
            turn(
                "ask Ben Vale: mayor of New Holm",
                "Ben Vale says that the mayor of New Holm is Cleo Dale. Coins left: 1.",
            ),
            turn("ask nobody: x", "There is no such adviser."),
            turn(
                "answer Slow Usk",
                "That is right. The river of Old Holm is Slow Usk. The mayor of Old Holm is Leo Moss.",
            ),
        ];
        let found: Vec<String> = verdicts(&turns).iter().map(Verdict::sentence).collect();
        assert_eq!(
            found,
            [
                "Anna Hill was right: the river of Old Holm is Slow Usk.",
                "Ben Vale was wrong: the mayor of Old Holm is Cleo Dale."
            ]
        );
        assert_eq!(verdicts(&turns)[1].question, "mayor of Old Holm");
        assert_eq!(verdicts(&turns[..4]), []);
        assert_eq!(verdicts(&[]), []);
    }
}
