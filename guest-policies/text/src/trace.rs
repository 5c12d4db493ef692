//! Traces of a model that searches in itself, as SSRL (arXiv 2508.10874) has them:
//! `<think>…</think><search>…</search><information>…</information><think>…</think><answer>…</answer>`.

use crate::tags::{Element, elements};

/// The names of tags in a trace.
const NAMES: [&str; 4] = ["think", "search", "information", "answer"];

/// The most thoughts of a trace.
const MOST_THOUGHTS: usize = 8;

/// The number of thoughts that are enough.
const ENOUGH: f32 = 2.0;

/// Returns the text of the last answer in a trace; none if it has none.
#[must_use]
pub fn answer(trace: &str) -> Option<&str> {
    let end = trace.rfind("</answer>")?;
    let start = trace[..end].rfind("<answer>")? + "<answer>".len();
    Some(trace[start..end].trim())
}

/// Returns the score of a trace's form, in [0, 1]: min(thoughts / 2, 1), times the lesser of thoughts
/// and searches + 1 over the greater. It is 0 if a rule is broken: a trace has only these tags,
/// balanced and not within one another, begins with a thought and ends with an answer; no element is
/// empty or without letters and digits; a search is one line, and information follows it and nothing
/// else; there are at most 8 thoughts.
#[must_use]
pub fn form(trace: &str) -> f32 {
    let Some(elements) = elements(trace) else {
        return 0.0;
    };
    let count = |name: &str| elements.iter().filter(|it| it.name == name).count();
    let is_at = |element: Option<&Element>, name| element.is_some_and(|it| it.name == name);
    let is_sound = |element: &Element| {
        let says = element.text.contains(char::is_alphanumeric);
        let fits = element.name != "search" || !element.text.contains('\n');
        NAMES.contains(&element.name) && says && fits
    };
    let is_informed =
        |pair: &[Element]| (pair[0].name == "search") == (pair[1].name == "information");
    let thoughts = count("think");
    let holds = elements.iter().all(is_sound)
        && elements.windows(2).all(is_informed)
        && is_at(elements.first(), "think")
        && is_at(elements.last(), "answer")
        && thoughts <= MOST_THOUGHTS;
    if !holds {
        return 0.0;
    }
    let (thoughts, steps) = (thoughts as f32, count("search") as f32 + 1.0);
    (thoughts / ENOUGH).min(1.0) * thoughts.min(steps) / thoughts.max(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THINK: &str = "<think>hm</think>";
    const SEARCH: &str = "<search>who</search>\n<information>\nAnn\n</information>";
    const ANSWER: &str = "<answer>Ann</answer>";

    fn trace(parts: &[&str]) -> String {
        parts.join("\n")
    }

    #[test]
    fn thoughts_are_counted_against_searches() {
        for (parts, score) in [
            (&[THINK, SEARCH, THINK, ANSWER][..], 1.0),
            (&[THINK, ANSWER], 0.5),
            (&[THINK, SEARCH, THINK, THINK, ANSWER], 2.0 / 3.0),
            (&[THINK, SEARCH, SEARCH, ANSWER], 0.5 / 3.0),
        ] {
            let found = form(&trace(parts));
            assert!((found - score).abs() < 1e-6, "{parts:?}: {found}");
        }
    }

    #[test]
    fn a_broken_rule_is_worth_nothing() {
        let many = [&[THINK; 9][..], &[ANSWER]].concat();
        for parts in [
            &[
                "<think>hm</think>",
                "<search>a\nb</search><information>x</information>",
                ANSWER,
            ][..],
            &["<think>a <b>bold</b> one</think>", ANSWER],
            &["<b>x</b>", THINK, ANSWER],
            &[THINK, "<b>x</b>", ANSWER],
            &many,
            &[ANSWER],
            &[THINK],
            &[THINK, "<search>who</search>", ANSWER],
            &[THINK, "<information>Ann</information>", ANSWER],
            &[
                THINK,
                "<search>who</search>",
                THINK,
                "<information>Ann</information>",
                ANSWER,
            ],
            &["<think></think>", ANSWER],
            &[THINK, "<answer>...</answer>"],
            &["", ""],
        ] {
            assert_eq!(form(&trace(parts)), 0.0, "{parts:?}");
        }
        assert!(form(&trace(&many[1..])) > 0.0);
    }

    #[test]
    fn the_last_answer_counts() {
        let twice = trace(&[THINK, "<answer>Ben</answer>", "<answer> Ann </answer>"]);
        assert_eq!(answer(&twice), Some("Ann"));
        assert_eq!(answer("so <answer>Ann</answer> it is"), Some("Ann"));
        for none in ["Ann", "<answer>Ann", "Ann</answer>", "</answer><answer>"] {
            assert_eq!(answer(none), None, "{none:?}");
        }
    }
}
