//! The answer in a text.

use memloom_sdk::text::after_label;

/// The label of an answer.
pub const LABEL: &str = "answer";

/// Returns the answer of a text whose thoughts end with `closing`: what stands in the last
/// `\boxed{}` after it, else what follows the last `answer:`. None if thoughts have not ended, or no
/// answer follows.
pub fn read<'a>(text: &'a str, closing: &str) -> Option<&'a str> {
    let said = match closing {
        "" => text,
        closing => text.rsplit_once(closing)?.1,
    };
    boxed(said).or_else(|| after_label(said, LABEL))
}

/// Returns the content of the last box that is closed and not empty.
fn boxed(text: &str) -> Option<&str> {
    let boxes = text
        .rsplit("\\boxed{")
        .take(text.matches("\\boxed{").count());
    let mut contents = boxes.filter_map(|rest| {
        let mut depth = 0;
        let end = rest.find(|letter| {
            match letter {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => (),
            }
            depth < 0
        })?;
        let content = rest[..end].trim();
        (!content.is_empty()).then_some(content)
    });
    contents.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_stands_in_the_last_box_or_after_the_last_label() {
        for (text, answer) in [
            ("So \\boxed{7}.", Some("7")),
            ("\\boxed{7} no, \\boxed{ 8 }", Some("8")),
            ("\\boxed{\\frac{1}{2}}", Some("\\frac{1}{2}")),
            ("\\boxed{7} or \\boxed{8", Some("7")),
            ("answer: 7\n\\boxed{8}", Some("8")),
            ("\\boxed{} answer: 7", Some("7")),
            ("adds 4 makes 7 . answer : 7", Some("7")),
            ("answer: 6\nAnswer: 7\nDone.", Some("7")),
            ("7", None),
            ("answer:", None),
            ("", None),
        ] {
            assert_eq!(read(text, ""), answer, "{text:?}");
        }
    }

    #[test]
    fn thoughts_that_have_not_ended_have_no_answer() {
        for (text, answer) in [
            (
                "<think>Is it \\boxed{7}?</think>It is \\boxed{8}.",
                Some("8"),
            ),
            ("7?</think>answer: 8", Some("8")),
            ("<think>It is \\boxed{7}.", None),
            ("It is \\boxed{7}.", None),
            ("\\boxed{7}</think>", None),
            ("a</think>answer: 7</think>answer: 8", Some("8")),
        ] {
            assert_eq!(read(text, "</think>"), answer, "{text:?}");
        }
    }
}
