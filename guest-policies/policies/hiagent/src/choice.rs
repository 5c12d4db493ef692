//! The actor's outputs under a grammar: `subgoal red is on blue . action pick up red`.

use memloom_sdk::thoughts::spoken;

use crate::decision::Decision;
use crate::said::{all_said, longest, said};

const SUBGOAL: &str = "subgoal";
const ACTION: &str = "action";
const RETRIEVE: &str = "retrieve";

/// The most subgoals that can be retrieved: those with the numbers from 1 on.
const MOST_RETRIEVED: u32 = 16;

/// Returns the control words of grammars and prompts.
pub fn control_words() -> Vec<String> {
    let words = [SUBGOAL, ACTION, RETRIEVE].map(String::from).into_iter();
    words
        .chain((1..=MOST_RETRIEVED).map(|number| number.to_string()))
        .collect()
}

/// The choice of an output.
pub struct Choice<'a> {
    /// The subgoals that may be named.
    pub subgoals: Vec<&'a str>,
    /// True if an action may be said without a subgoal.
    pub goes_on: bool,
    /// The number of subgoals that may be retrieved.
    pub retrievable: u32,
    /// The actions, one or more.
    pub actions: &'a [String],
}

impl Choice<'_> {
    fn numbers(&self) -> Vec<String> {
        let last = self.retrievable.min(MOST_RETRIEVED);
        (1..=last).map(|number| number.to_string()).collect()
    }

    /// Returns the grammar: `subgoal (red is on blue .) action (pick up red) | action (pick up red) |
    /// retrieve (1 | 2)`.
    pub fn grammar(&self) -> String {
        let subgoals = all_said(self.subgoals.iter().copied());
        let actions = all_said(self.actions.iter().map(String::as_str));
        let action = format!("{ACTION} ({})", actions.join(" | "));
        let named = (!subgoals.is_empty())
            .then(|| format!("{SUBGOAL} ({}) {action}", subgoals.join(" | ")));
        let goes_on = self.goes_on.then(|| action.clone());
        let numbers = self.numbers();
        let retrieve =
            (!numbers.is_empty()).then(|| format!("{RETRIEVE} ({})", numbers.join(" | ")));
        let ways = [named, goes_on, retrieve].into_iter().flatten();
        ways.collect::<Vec<_>>().join(" | ")
    }

    /// Returns the most words of an output.
    pub fn most_words(&self) -> u32 {
        let subgoals = all_said(self.subgoals.iter().copied());
        let actions = all_said(self.actions.iter().map(String::as_str));
        2 + longest(&subgoals) + longest(&actions)
    }

    /// Returns the output of a decision; none if the grammar does not allow it.
    pub fn output(&self, decision: &Decision) -> Option<String> {
        let output = match decision {
            Decision::Retrieve(number) => format!("{RETRIEVE} {number}"),
            Decision::Act { subgoal, action } => {
                let subgoal = subgoal.as_ref();
                let subgoal =
                    subgoal.map_or_else(String::new, |it| format!("{SUBGOAL} {} ", said(it)));
                format!("{subgoal}{ACTION} {}", said(action))
            }
        };
        self.parse(&output).is_some().then_some(output)
    }

    /// Reads an output; none if the grammar does not allow it.
    pub fn parse(&self, output: &str) -> Option<Decision> {
        let output = said(spoken(output)?);
        let (first, rest) = output.split_once(' ')?;
        let action = |words: &str| {
            let mut actions = self.actions.iter();
            actions.find(|listed| said(listed) == words).cloned()
        };
        match first {
            RETRIEVE => {
                let place = self.numbers().iter().position(|number| number == rest)?;
                Some(Decision::Retrieve(place as u32 + 1))
            }
            ACTION if self.goes_on => Some(Decision::Act {
                subgoal: None,
                action: action(rest)?,
            }),
            SUBGOAL => self.subgoals.iter().find_map(|subgoal| {
                let rest = rest.strip_prefix(&*said(subgoal))?;
                let words = rest.strip_prefix(&*format!(" {ACTION} "))?;
                Some(Decision::Act {
                    subgoal: Some(subgoal.to_string()),
                    action: action(words)?,
                })
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions() -> [String; 2] {
        ["pick up red", "Pay.send (12)"].map(String::from)
    }

    fn choice(actions: &[String], goes_on: bool, retrievable: u32) -> Choice<'_> {
        Choice {
            subgoals: vec!["red is on blue.", "red is on blue. now."],
            goes_on,
            retrievable,
            actions,
        }
    }

    fn act(subgoal: Option<&str>, action: &str) -> Decision {
        Decision::Act {
            subgoal: subgoal.map(String::from),
            action: action.into(),
        }
    }

    #[test]
    fn a_grammar_has_what_may_be_said() {
        let actions = actions();
        let named = "subgoal (red is on blue . | red is on blue . now .) action (pick up red | pay . send 12)";
        let first = choice(&actions, false, 0);
        assert_eq!(first.grammar(), named);
        assert_eq!(first.most_words(), 2 + 7 + 4);
        let later = choice(&actions, true, 2);
        let on = "action (pick up red | pay . send 12)";
        assert_eq!(
            later.grammar(),
            format!("{named} | {on} | retrieve (1 | 2)")
        );
        let all = choice(&actions, true, 99).grammar();
        assert!(all.ends_with(" 15 | 16)"), "{all}");
        let known = control_words();
        for word in ["subgoal", "action", "retrieve", "1", "16"] {
            assert!(known.iter().any(|control| control == word));
        }
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        let actions = actions();
        let choice = choice(&actions, true, 2);
        for decision in [
            act(Some("red is on blue. now."), "pick up red"),
            act(Some("red is on blue."), "Pay.send (12)"),
            act(None, "Pay.send (12)"),
            Decision::Retrieve(2),
        ] {
            let output = choice.output(&decision).unwrap_or_default();
            assert_eq!(choice.parse(&output), Some(decision), "{output}");
        }
    }

    #[test]
    fn what_is_not_of_the_grammar_is_neither_read_nor_demonstrated() {
        let actions = actions();
        let first = choice(&actions, false, 1);
        for wrong in [
            "",
            "action pick up red",
            "subgoal red is on blue .",
            "subgoal red is on green . action pick up red",
            "subgoal red is on blue . action pick up blue",
            "retrieve 2",
            "retrieve 0",
            "retrieve 01",
            "retrieve",
            "pick up red",
        ] {
            assert_eq!(first.parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(first.output(&act(None, "pick up red")), None);
        assert_eq!(first.output(&act(Some("red is on blue."), "fly")), None);
    }
}
