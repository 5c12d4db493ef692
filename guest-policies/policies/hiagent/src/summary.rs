//! Summaries under a grammar: whether a subgoal was reached, and sentences that are kept of what was
//! seen last, `not reached blue is on green . done`.

use memloom_sdk::text::{same_but_case, sentences, words};
use memloom_sdk::thoughts::spoken;

use crate::said::{all_said, longest, said};

/// The verdicts on a subgoal.
const REACHED: &str = "reached";
const NOT_REACHED: &str = "not reached";

/// The word after the sentences that are kept.
const DONE: &str = "done";

/// The most sentences that may be kept; of more, the last ones count.
const MOST_SENTENCES: usize = 24;

/// Returns the control words of grammars.
pub fn control_words() -> Vec<String> {
    [REACHED, "not", DONE].map(String::from).into()
}

/// A summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary<'a> {
    /// True if the subgoal was reached.
    pub reached: bool,
    /// The sentences that are kept.
    pub kept: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    /// Returns the summary by rule: a subgoal is reached if the last observation says it, and the other
    /// goals that it says are kept.
    pub fn by_rule(subgoal: &str, goals: &[&str], seen: &'a str) -> Self {
        let kept = kept(seen).into_iter();
        let is = |one: &str, other: &str| same_but_case(one, other);
        Self {
            reached: sentences(seen).any(|sentence| is(sentence, subgoal)),
            kept: kept
                .filter(|it| !is(it, subgoal) && goals.iter().any(|goal| is(goal, it)))
                .collect(),
        }
    }

    fn verdict(&self) -> &'static str {
        match self.reached {
            true => REACHED,
            false => NOT_REACHED,
        }
    }

    /// Returns the text.
    pub fn text(&self) -> String {
        let verdict = format!("{}.", self.verdict());
        let parts = [&*verdict].into_iter().chain(self.kept.iter().copied());
        parts.collect::<Vec<_>>().join(" ")
    }

    /// Returns the output under the grammar.
    pub fn output(&self) -> String {
        let kept = all_said(self.kept.iter().copied());
        let parts = [self.verdict().into()].into_iter().chain(kept);
        parts.chain([DONE.into()]).collect::<Vec<_>>().join(" ")
    }

    /// Reads an output about what was seen last; none if it is malformed.
    pub fn parse(output: &str, seen: &'a str) -> Option<Self> {
        let output = said(spoken(output)?);
        let (reached, mut rest) = match output.strip_prefix(REACHED) {
            Some(rest) => (true, rest.strip_prefix(' ')?),
            None => (false, output.strip_prefix(NOT_REACHED)?.strip_prefix(' ')?),
        };
        let all: Vec<(&str, String)> = kept(seen).into_iter().map(|it| (it, said(it))).collect();
        let mut places = Vec::new();
        while rest != DONE {
            let begins = |(_, (_, line)): &(usize, &(&str, String))| {
                let after = rest.strip_prefix(line.as_str());
                after.is_some_and(|after| after.starts_with(' '))
            };
            let found = all.iter().enumerate().filter(begins);
            let (place, (_, line)) = found.max_by_key(|(_, (_, line))| line.len())?;
            places.push(place);
            rest = &rest[line.len() + 1..];
        }
        let named = all.iter().enumerate();
        let kept = named.filter(|(place, _)| places.contains(place));
        Some(Self {
            reached,
            kept: kept.map(|(_, (sentence, _))| *sentence).collect(),
        })
    }
}

/// Returns the sentences that may be kept of what was seen: those with a mark at their end that are
/// not said to "you".
fn kept(seen: &str) -> Vec<&str> {
    let marked = sentences(seen).filter(|it| it.ends_with(['.', '!', '?', '。']));
    let mut all: Vec<&str> = Vec::new();
    for sentence in marked {
        let first = words(sentence).next();
        let is_told = first.is_none_or(|first| first.eq_ignore_ascii_case("you"));
        if !is_told && !all.contains(&sentence) {
            all.push(sentence);
        }
    }
    all.split_off(all.len().saturating_sub(MOST_SENTENCES))
}

/// Returns the grammar of a summary, `(reached | not reached) ((a . | b .) ((a . | b .) done | done) |
/// done)`, and the most words of an output.
pub fn grammar(seen: &str) -> (String, u32) {
    let all = all_said(kept(seen));
    let one = format!("({})", all.join(" | "));
    let sentences = all
        .iter()
        .fold(DONE.into(), |rest, _| format!("({one} {rest} | {DONE})"));
    let most = 2 + longest(&all) * all.len() as u32 + 1;
    (format!("({REACHED} | {NOT_REACHED}) {sentences}"), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = "red is on blue. blue is on green. red is clear. you hold white.";

    #[test]
    fn by_rule_a_subgoal_is_reached_if_it_was_seen_last_and_other_goals_are_kept() {
        let goals = ["blue is on green.", "red is on blue.", "white is on red."];
        for (subgoal, text) in [
            (goals[0], "reached. red is on blue."),
            (goals[2], "not reached. red is on blue. blue is on green."),
        ] {
            assert_eq!(Summary::by_rule(subgoal, &goals, SEEN).text(), text);
        }
        assert_eq!(
            Summary::by_rule(goals[0], &goals, "").text(),
            "not reached."
        );
    }

    #[test]
    fn a_grammar_has_the_verdicts_and_the_sentences_that_may_be_kept() {
        assert_eq!(
            grammar("you see."),
            ("(reached | not reached) done".into(), 3)
        );
        assert_eq!(
            grammar("red is clear. it (is) on!"),
            (
                "(reached | not reached) ((red is clear . | it is on !) ((red is clear . | it is \
                 on !) done | done) | done)"
                    .into(),
                2 + 4 * 2 + 1
            )
        );
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        for (reached, kept) in [
            (true, vec![]),
            (false, vec!["red is clear."]),
            (true, vec!["red is on blue.", "blue is on green."]),
        ] {
            let summary = Summary { reached, kept };
            assert_eq!(Summary::parse(&summary.output(), SEEN), Some(summary));
        }
        let other_way = "reached red is clear . red is on blue . red is clear . done";
        let kept = Summary::parse(other_way, SEEN).map(|summary| summary.kept);
        assert_eq!(kept, Some(vec!["red is on blue.", "red is clear."]));
    }

    #[test]
    fn what_is_not_of_the_grammar_is_not_read() {
        for wrong in [
            "",
            "done",
            "reached",
            "reached red is clear .",
            "reached red is white . done",
            "not done",
            "reached you hold white . done",
            "reacheddone",
        ] {
            assert_eq!(Summary::parse(wrong, SEEN), None, "{wrong:?}");
        }
    }
}
