//! A demonstrator's advice in a task: the action, with the notes that it keeps, as
//! `next: NOTES` or `answer: NOTES \boxed{ANSWER}`.

/// The mark of the answer.
const BOX: &str = r"\boxed{";

/// Returns the notes in an advice; none if it is about something else than reading.
pub fn notes(advice: &str) -> Option<&str> {
    let (action, said) = advice.split_once(':').unwrap_or((advice, ""));
    match action.trim() {
        "next" => Some(said.trim()),
        "answer" => Some(said.split(BOX).next().unwrap_or_default().trim()),
        _ => None,
    }
}

/// Returns the answer in an advice; none if it has no box.
pub fn answer(advice: &str) -> Option<&str> {
    boxed(advice).map(str::trim)
}

/// Returns the content of the last `\boxed{}`; none if it is not closed.
pub fn boxed(said: &str) -> Option<&str> {
    let content = &said[said.rfind(BOX)? + BOX.len()..];
    let mut open = 1;
    let end = content.find(|letter| {
        match letter {
            '{' => open += 1,
            '}' => open -= 1,
            _ => {}
        }
        open == 0
    })?;
    Some(&content[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_answer_are_read_apart() {
        for (advice, kept, answered) in [
            ("next", Some(""), None),
            ("next: Ann skis. At 7:30.", Some("Ann skis. At 7:30."), None),
            (r"answer: \boxed{Rome}", Some(""), Some("Rome")),
            (
                r"answer: Ann skis. \boxed{ \text{no} }",
                Some("Ann skis."),
                Some(r"\text{no}"),
            ),
            (r"answer: Ann skis. \boxed{no", Some("Ann skis."), None),
            ("go north", None, None),
        ] {
            assert_eq!(
                (notes(advice), answer(advice)),
                (kept, answered),
                "{advice}"
            );
        }
    }
}
