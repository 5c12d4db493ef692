//! Outputs as text: lines that begin with `Subgoal:`, `Action:` or `Retrieve:`.

use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;

use crate::decision::Decision;

const SUBGOAL: &str = "Subgoal:";
const ACTION: &str = "Action:";
const RETRIEVE: &str = "Retrieve:";

/// The string that ends an output: what is seen is not for the model to say.
pub const STOP: &str = "\nObservation:";

/// Reads an output: the first action or number counts, with the first subgoal before it. None if
/// there is neither.
pub fn parse(output: &str) -> Option<Decision> {
    let mut subgoal = None;
    for line in spoken(output)?.lines() {
        if let Some(action) = labelled(line, ACTION) {
            return Some(Decision::Act { subgoal, action });
        }
        if let Some(number) = labelled(line, RETRIEVE) {
            let number = number.trim_end_matches('.').parse();
            return number.ok().map(Decision::Retrieve);
        }
        subgoal = subgoal.or_else(|| labelled(line, SUBGOAL));
    }
    None
}

/// Returns what follows a label, whatever its case, at the beginning of a line; none if nothing does.
fn labelled(line: &str, label: &str) -> Option<String> {
    let line = line.trim();
    let head = line.get(..label.len())?;
    let rest = first_words(&line[label.len()..], usize::MAX);
    (head.eq_ignore_ascii_case(label) && !rest.is_empty()).then_some(rest)
}

/// Returns the output of a decision.
pub fn write(decision: &Decision) -> String {
    match decision {
        Decision::Act { subgoal, action } => {
            let subgoal = subgoal.as_ref();
            let subgoal = subgoal.map_or_else(String::new, |it| format!("{SUBGOAL} {it}\n"));
            format!("{subgoal}{ACTION} {action}")
        }
        Decision::Retrieve(number) => format!("{RETRIEVE} {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(subgoal: Option<&str>, action: &str) -> Option<Decision> {
        Some(Decision::Act {
            subgoal: subgoal.map(String::from),
            action: action.into(),
        })
    }

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        for decision in [
            act(Some("red is on blue."), "pick up red"),
            act(None, "pick up red"),
            Some(Decision::Retrieve(12)),
        ] {
            let output = decision.as_ref().map(write).unwrap_or_default();
            assert_eq!(parse(&output), decision);
        }
    }

    #[test]
    fn d_of_two_actions_the_first_counts() {
        for (output, decision) in [
            ("Action: go\nAction: stay", act(None, "go")),
            ("Action: go\nSubgoal: rest\nAction: stay", act(None, "go")),
            (
                "Subgoal: a\nSubgoal: b\n action:  go  on",
                act(Some("a"), "go on"),
            ),
            ("Action: go\nRetrieve: 1", act(None, "go")),
            (
                "I look.\nRETRIEVE: 1.\nAction: go",
                Some(Decision::Retrieve(1)),
            ),
            ("Action:\nAction: go\nObservation:", act(None, "go")),
            ("<think>Action: no</think>Action: go", act(None, "go")),
        ] {
            assert_eq!(parse(output), decision, "{output:?}");
        }
    }

    #[test]
    fn an_output_without_an_action_is_not_read() {
        for output in [
            "",
            "go",
            "Subgoal: red is on blue.",
            "Action:",
            "Retrieve: first",
            "Retrieve: -1",
            "<think>Action: go",
            "Äction: go",
        ] {
            assert_eq!(parse(output), None, "{output:?}");
        }
    }
}
