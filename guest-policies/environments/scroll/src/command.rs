//! The actions of a task.

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Goes on to the next section.
    Next,
    /// Answers with the text.
    Answer(&'a str),
    /// Is not understood.
    Other,
}

impl<'a> Command<'a> {
    /// Reads an action. A remark may follow `next:`; nobody hears it.
    #[must_use]
    pub fn parse(action: &'a str) -> Self {
        let action = action.trim();
        let (name, said) = action.split_once(':').unwrap_or((action, ""));
        let name = name.trim_end();
        if name.eq_ignore_ascii_case("next") {
            Self::Next
        } else if name.eq_ignore_ascii_case("answer") && action.contains(':') {
            Self::Answer(said)
        } else {
            Self::Other
        }
    }
}

/// Returns the action of a reader who keeps these notes and goes on.
#[must_use]
pub fn next(notes: &[&str]) -> String {
    match notes {
        [] => "next".into(),
        _ => format!("next: {}", notes.join(" ")),
    }
}

/// Returns the action of a reader who answers from these notes.
#[must_use]
pub fn answer(notes: &[&str], answer: &str) -> String {
    let boxed = format!(r"\boxed{{{answer}}}");
    let parts = ["answer:"].into_iter().chain(notes.iter().copied());
    parts.chain([&*boxed]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_read_whatever_their_case() {
        for (action, read) in [
            (" NEXT ", Command::Next),
            ("next: Anna skis.", Command::Next),
            (
                "Answer : Rome: the city",
                Command::Answer(" Rome: the city"),
            ),
            ("answer:", Command::Answer("")),
            ("answer", Command::Other),
            ("next section", Command::Other),
            ("", Command::Other),
        ] {
            assert_eq!(Command::parse(action), read, "{action:?}");
        }
    }

    #[test]
    fn notes_are_said_with_an_action() {
        assert_eq!(next(&[]), "next");
        assert_eq!(next(&["A b.", "C."]), "next: A b. C.");
        assert_eq!(answer(&[], "Rome"), r"answer: \boxed{Rome}");
        assert_eq!(answer(&["A b."], "Rome"), r"answer: A b. \boxed{Rome}");
    }
}
