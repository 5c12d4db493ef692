//! Outputs as text, each in one of three forms: `Think: …`, `Think-Prune: 1,3` and `Action: …`.

use memloom_sdk::thoughts::spoken;

use crate::numbers;

/// The label of a thought.
const THINK: &str = "Think:";
/// The label of numbers of experiences to prune.
const PRUNE: &str = "Think-Prune:";
/// The label of an action.
const ACT: &str = "Action:";
/// The label of what only the environment may say.
const OBSERVATION: &str = "Observation:";

/// Returns the strings that end an output.
pub fn stops() -> Vec<String> {
    vec![format!("\n{OBSERVATION}")]
}

/// An output that has one of the forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A thought.
    Think(String),
    /// Experiences to prune; none if their numbers cannot be read.
    Prune(Option<Vec<usize>>),
    /// An action.
    Act(String),
}

/// Reads an output. The first form counts, and what stands after it is left out. None if the output
/// does not begin with a form, or nothing follows its label.
pub fn parse(output: &str) -> Option<Output> {
    let mut lines = spoken(output)?.trim().lines();
    let (label, rest) = labelled(lines.next()?)?;
    match label {
        THINK => {
            let more = lines.take_while(|line| labelled(line).is_none());
            let thought = [rest].into_iter().chain(more).collect::<Vec<_>>();
            let thought = thought.join("\n").trim().to_owned();
            (!thought.is_empty()).then_some(Output::Think(thought))
        }
        PRUNE => Some(Output::Prune(numbers::parse(rest))),
        ACT => (!rest.is_empty()).then(|| Output::Act(rest.into())),
        _ => None,
    }
}

/// Returns the label that a line begins with, and what follows it.
fn labelled(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim();
    [THINK, PRUNE, ACT, OBSERVATION]
        .into_iter()
        .find_map(|label| {
            let head = line.get(..label.len())?;
            head.eq_ignore_ascii_case(label)
                .then(|| (label, line[label.len()..].trim()))
        })
}

/// Returns the text of an output.
pub fn write(output: &Output) -> String {
    match output {
        Output::Think(thought) => format!("{THINK} {thought}"),
        Output::Prune(numbers) => {
            let numbers = numbers.as_deref().unwrap_or_default();
            format!("{PRUNE} {}", numbers::listed(numbers))
        }
        Output::Act(action) => format!("{ACT} {action}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_reads_back_as_it_was_meant() {
        for output in [
            Output::Think("it is cold\nand late".into()),
            Output::Prune(Some(vec![2, 3, 9])),
            Output::Act("go north".into()),
        ] {
            assert_eq!(parse(&write(&output)), Some(output));
        }
    }

    #[test]
    fn the_first_form_counts_and_the_rest_is_left_out() {
        for (output, read) in [
            (
                "Think: one.\nTwo.\nAction: go",
                Output::Think("one.\nTwo.".into()),
            ),
            ("action: go\nObservation: gone", Output::Act("go".into())),
            (
                "<think>Action: stay</think>\nAction: go",
                Output::Act("go".into()),
            ),
            ("Think-Prune: 1\nAction: go", Output::Prune(Some(vec![1]))),
            ("Think-Prune: a-b", Output::Prune(None)),
        ] {
            assert_eq!(parse(output), Some(read), "{output:?}");
        }
    }

    #[test]
    fn an_output_that_does_not_begin_with_a_form_is_not_read() {
        for output in [
            "",
            "go",
            "I go.\nAction: go",
            "Action:",
            "Think:",
            "Observation: it is cold",
            "<think>Action: go",
            "Äction: go",
        ] {
            assert_eq!(parse(output), None, "{output:?}");
        }
    }
}
