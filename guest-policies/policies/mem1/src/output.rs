//! Outputs as text: `<think>state</think><search>words</search>`, or `<answer>a; b</answer>`.

use memloom_sdk::text::first_words;

use crate::turn::Decided;

/// The tags of the state.
const THINK: [&str; 2] = ["<think>", "</think>"];

/// The kinds of actions: the tags around their words, and the name for the environment.
const ACTIONS: [([&str; 2], &str); 2] = [
    (["<search>", "</search>"], "search:"),
    (["<answer>", "</answer>"], "answer:"),
];

/// Returns the strings that end an output; on the last turn only an answer does.
pub fn stops(is_last: bool) -> Vec<String> {
    let ends = ACTIONS.iter().map(|([_, end], _)| *end);
    ends.skip(usize::from(is_last)).map(String::from).collect()
}

/// An output that could be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Read {
    /// The decision. What is said after the action is cut off.
    pub decided: Decided,
    /// True if the state is not between its tags right before the action.
    pub is_repaired: bool,
}

/// Reads an output: the first action after the state. None if no action is closed.
pub fn parse(output: &str) -> Option<Read> {
    let thought = output.rfind(THINK[1]).map_or(0, |at| at + THINK[1].len());
    let begins = ACTIONS.iter().filter_map(|(tags, name)| {
        let at = output[thought..].find(tags[0])?;
        Some((thought + at, tags, *name))
    });
    let (at, [begin, end], name) = begins.min_by_key(|(at, ..)| *at)?;
    let words = &output[at + begin.len()..];
    let words = &words[..words.find(end)?];
    let said = &output[..at + begin.len() + words.len() + end.len()];
    let between = output[..at].trim();
    let state = between.strip_prefix(THINK[0]);
    let state = state.and_then(|state| state.strip_suffix(THINK[1]));
    let is_asked_for = |state: &&str| !THINK.iter().any(|tag| state.contains(tag));
    let (state, is_repaired) = match state.filter(is_asked_for) {
        Some(state) => (state.to_string(), false),
        None => (between.replace(THINK[0], "").replace(THINK[1], ""), true),
    };
    let words = first_words(words, usize::MAX);
    Some(Read {
        decided: Decided {
            state: state.trim().into(),
            action: format!("{name} {words}"),
            said: said.trim().into(),
        },
        is_repaired,
    })
}

/// Returns the output with a state and an environment's action; none if the action is neither a
/// search nor an answer.
pub fn write(state: &str, action: &str) -> Option<String> {
    let mut kinds = ACTIONS.iter();
    let (tags, words) = kinds.find_map(|(tags, name)| Some((tags, action.strip_prefix(name)?)))?;
    let [think, thought] = THINK;
    let [begin, end] = tags;
    Some(format!(
        "{think}{state}{thought}{begin}{}{end}",
        words.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(state: &str, action: &str, said: &str) -> Decided {
        Decided {
            state: state.into(),
            action: action.into(),
            said: said.into(),
        }
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        for action in ["search: red cat", "answer: a; b", "answer: "] {
            let output = write("I know\nnothing.", action).unwrap_or_default();
            let read = Read {
                decided: decided("I know\nnothing.", action, &output),
                is_repaired: false,
            };
            assert_eq!(parse(&output), Some(read));
        }
        assert_eq!(write("", "go north"), None);
    }

    #[test]
    fn b_what_follows_the_action_is_cut_off() {
        let output = "<think>s</think>\n<search>one\n two</search><information>I made this up";
        let read = parse(output).map(|read| read.decided);
        let said = "<think>s</think>\n<search>one\n two</search>";
        assert_eq!(read, Some(decided("s", "search: one two", said)));
    }

    #[test]
    fn a_state_without_its_tags_is_read_and_counts_as_repaired() {
        for output in [
            "it is Ann <answer>Ann</answer>",
            "it is Ann</think><answer>Ann</answer>",
        ] {
            let read = parse(output);
            assert!(read.as_ref().is_some_and(|read| read.is_repaired));
            let read = read.map(|read| (read.decided.state, read.decided.action));
            assert_eq!(read, Some(("it is Ann".into(), "answer: Ann".into())));
        }
    }

    #[test]
    fn an_action_within_the_state_is_none() {
        let output = "<think>I may <answer>x</answer></think><search>y</search>";
        let action = parse(output).map(|read| read.decided.action);
        assert_eq!(action.as_deref(), Some("search: y"));
    }

    #[test]
    fn an_output_without_a_closed_action_is_not_read() {
        for output in [
            "",
            "Ann",
            "<think>s</think>",
            "<search>Ann",
            "<answer>Ann</search>",
        ] {
            assert_eq!(parse(output), None, "{output}");
        }
    }

    #[test]
    fn a_search_ends_an_output_but_on_the_last_turn() {
        assert_eq!(stops(false), ["</search>", "</answer>"]);
        assert_eq!(stops(true), ["</answer>"]);
    }
}
