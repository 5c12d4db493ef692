//! The actions of a task.

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Searches for words.
    Search(&'a str),
    /// Answers the questions.
    Answer(&'a str),
    /// Gives up.
    GiveUp,
    /// Is not understood.
    Other,
}

impl<'a> Command<'a> {
    /// Reads an action: its last line that is not empty. Lines before it are remarks, which nobody
    /// hears.
    pub fn parse(action: &'a str) -> Self {
        let line = action.trim().lines().next_back().unwrap_or_default().trim();
        if line.eq_ignore_ascii_case("give-up") {
            return Self::GiveUp;
        }
        let Some((name, said)) = line.split_once(':') else {
            return Self::Other;
        };
        match name.trim_end().to_ascii_lowercase().as_str() {
            "search" => Self::Search(said.trim()),
            "answer" => Self::Answer(said.trim()),
            _ => Self::Other,
        }
    }
}

/// Returns the action that searches for words.
pub fn search(words: &str) -> String {
    format!("search: {words}")
}

/// Returns the action that gives these answers.
pub fn answer(answers: &[String]) -> String {
    format!("answer: {}", answers.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_action_whatever_its_case() {
        for (action, read) in [
            (
                " SEARCH : Rome: the city ",
                Command::Search("Rome: the city"),
            ),
            ("I look.\nsearch: Rome\n\n", Command::Search("Rome")),
            ("search:", Command::Search("")),
            ("answer: a; b", Command::Answer("a; b")),
            ("answer: a\nmaybe", Command::Other),
            ("Give-Up", Command::GiveUp),
            ("answer", Command::Other),
            ("look: a", Command::Other),
            ("", Command::Other),
        ] {
            assert_eq!(Command::parse(action), read, "{action:?}");
        }
        assert_eq!(answer(&["a".into(), "b".into()]), "answer: a; b");
    }
}
