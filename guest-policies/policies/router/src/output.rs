//! Outputs as text, one turn each: thoughts, and then one search or answer:
//! `<think>…</think><search>NAME: QUESTION</search>`.

use memloom_sdk::tags::elements;
use memloom_sdk::text::first_words;

/// The beginning of an action that asks an adviser.
pub const ASK: &str = "ask ";
/// The beginning of an action that searches the archive.
const SEARCH: &str = "search ";
/// The beginning of an action that answers.
pub const ANSWER: &str = "answer ";

/// The words of the prompt in the place of a name and a question.
const PLACEHOLDERS: [&str; 2] = ["NAME", "QUESTION"];

/// The step of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A search.
    Search(String),
    /// The answer.
    Answer(String),
}

/// Returns the strings that end an output.
pub fn stops() -> Vec<String> {
    ["</search>", "</answer>"].map(String::from).into()
}

/// Reads an output. None if its form is broken: it has one or more thoughts and then one search or
/// answer, none of them empty, and tags are balanced and not within one another.
pub fn parse(output: &str) -> Option<Step> {
    let mut elements = elements(output)?;
    let last = elements.pop()?;
    let is_thought = !elements.is_empty() && elements.iter().all(|it| it.name == "think");
    let is_full = |text: &str| !text.is_empty();
    if !is_thought || !elements.iter().all(|it| is_full(it.text)) || !is_full(last.text) {
        return None;
    }
    let text = first_words(last.text, usize::MAX);
    match last.name {
        "search" => Some(Step::Search(text)),
        "answer" => Some(Step::Answer(text)),
        _ => None,
    }
}

/// Returns the environment's action for a search: of an adviser where there is a colon, and else of the
/// archive. A second colon belongs to the question. None if name or question are empty or the prompt's
/// own words, or if the question has the name in it.
pub fn action(search: &str) -> Option<String> {
    let Some((name, question)) = search.split_once(':') else {
        return Some(format!("{SEARCH}{search}"));
    };
    let (name, question) = (name.trim(), question.trim());
    let is_said = |text: &str| !text.is_empty() && !PLACEHOLDERS.contains(&text);
    (is_said(name) && is_said(question) && !question.contains(name))
        .then(|| format!("{ASK}{name}: {question}"))
}

/// Returns the output that takes an environment's action; none if it is of no kind.
pub fn write(action: &str) -> Option<String> {
    let searched =
        |words: &str| format!("<think>I have to find this out.</think>\n<search>{words}</search>");
    if let Some(answer) = action.strip_prefix(ANSWER) {
        return Some(format!(
            "<think>I know this.</think>\n<answer>{answer}</answer>"
        ));
    }
    let asked = action.strip_prefix(ASK).or(action.strip_prefix(SEARCH));
    asked.map(searched)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_reads_back_from_the_output_that_takes_it() {
        for taken in ["ask Anna Hill: river of Old Holm", "search river Old Holm"] {
            let Some(Step::Search(search)) = write(taken).as_deref().and_then(parse) else {
                panic!("{taken} is no search");
            };
            assert_eq!(action(&search).as_deref(), Some(taken));
        }
        let answered = write("answer Slow Usk").as_deref().and_then(parse);
        assert_eq!(answered, Some(Step::Answer("Slow Usk".into())));
        assert_eq!(write("go north"), None);
    }

    #[test]
    fn an_output_whose_form_is_broken_is_not_read() {
        for output in [
            "",
            "Slow Usk",
            "<answer>Slow Usk</answer>",
            "<think></think><answer>Slow Usk</answer>",
            "<think>hm</think>",
            "<think>hm</think><answer></answer>",
            "<think>hm</think><answer>Slow Usk",
            "<think>hm</think><answer>Slow Usk</answer> I guess",
            "So <think>hm</think><answer>Slow Usk</answer>",
            "<think>hm<answer>Slow Usk</answer></think>",
            "<think>hm<answer>Slow Usk</answer>",
            "<think>hm</think><search>a: b</search><answer>Slow Usk</answer>",
            "<think>hm</think><information>b</information><answer>Slow Usk</answer>",
            "<think>hm</think><reply>Slow Usk</reply>",
        ] {
            assert_eq!(parse(output), None, "{output:?}");
        }
        let twice = "<think>hm</think> and <think>so</think>\n<answer> Slow\nUsk </answer>\n";
        assert_eq!(parse(twice), Some(Step::Answer("Slow Usk".into())));
    }

    #[test]
    fn a_search_names_an_adviser_and_a_question_in_which_a_second_colon_is_kept() {
        for (search, taken) in [
            ("B: a: b", Some("ask B: a: b")),
            ("B : c ", Some("ask B: c")),
            ("nobody: x", Some("ask nobody: x")),
            ("river Old Holm", Some("search river Old Holm")),
            (": x", None),
            ("B:", None),
            ("NAME: QUESTION", None),
            ("NAME: river", None),
            ("B: QUESTION", None),
            ("Anna: what does Anna know", None),
        ] {
            assert_eq!(action(search).as_deref(), taken, "{search:?}");
        }
    }
}
