//! Lines that a person types.

/// The commands, with what they do.
pub(super) const HELP: [(&str, &str); 12] = [
    ("any text", "say a line of the present session"),
    (
        "/session",
        "end the session: the agent reads its lines and changes its memory",
    ),
    (
        "/ask QUESTION",
        "ask the agent; /ask alone takes the next line as the question",
    ),
    ("/memory", "list the memory"),
    (
        "/undo",
        "drop the lines since the last session, or else undo that session",
    ),
    (
        "/fork",
        "copy the agent with its memory, and go on with the copy",
    ),
    ("/forks", "list the copies"),
    ("/switch N", "go on with copy N"),
    ("/as NAME", "say the next lines as somebody else"),
    ("/date TEXT", "set the date of this session and later ones"),
    ("/help", "show this list"),
    ("/quit", "leave; so does the end of the input"),
];

/// A line as it is meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    Nothing,
    Say(&'a str),
    Session,
    /// The question; empty if the next line is the question.
    Ask(&'a str),
    Memory,
    Undo,
    Fork,
    Forks,
    Switch(usize),
    As(&'a str),
    Date(&'a str),
    Help,
    Quit,
}

impl<'a> Command<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// A command that does not exist, or whose argument is missing, wrong or too much.
    pub(super) fn read(line: &'a str) -> Result<Self, String> {
        let line = line.trim();
        let Some(command) = line.strip_prefix('/') else {
            return Ok(match line {
                "" => Self::Nothing,
                text => Self::Say(text),
            });
        };
        let (name, rest) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let rest = rest.trim();
        let needs = |what: &str| format!("/{name} needs {what}");
        let alone = |command| match rest {
            "" => Ok(command),
            _ => Err(format!("/{name} takes nothing after it")),
        };
        match name {
            "session" => alone(Self::Session),
            "ask" => Ok(Self::Ask(rest)),
            "memory" => alone(Self::Memory),
            "undo" => alone(Self::Undo),
            "fork" => alone(Self::Fork),
            "forks" => alone(Self::Forks),
            "switch" => rest
                .parse()
                .map(Self::Switch)
                .map_err(|_| needs("the number of a fork: /forks lists them")),
            "as" if rest.is_empty() => Err(needs("a name")),
            "as" => Ok(Self::As(rest)),
            "date" if rest.is_empty() => Err(needs("a date, in any words")),
            "date" => Ok(Self::Date(rest)),
            "help" => alone(Self::Help),
            "quit" => alone(Self::Quit),
            _ => Err(format!("there is no command /{name}: /help lists them")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_the_help_is_read() {
        for (command, _) in HELP.iter().skip(1) {
            let line = command.replace('N', "1");
            assert!(Command::read(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn lines_are_read_as_they_are_meant() {
        for (line, meant) in [
            ("", Command::Nothing),
            ("  I live in Rome. ", Command::Say("I live in Rome.")),
            ("note: a/b", Command::Say("note: a/b")),
            ("/session", Command::Session),
            (
                "/ask Where does Ann live?",
                Command::Ask("Where does Ann live?"),
            ),
            ("/ask", Command::Ask("")),
            ("/switch 2", Command::Switch(2)),
            ("/as  Ann Lee", Command::As("Ann Lee")),
            ("/date 3 May 2026", Command::Date("3 May 2026")),
        ] {
            assert_eq!(Command::read(line), Ok(meant), "{line}");
        }
        for (line, why) in [
            ("/sesion", "there is no command /sesion: /help lists them"),
            (
                "/switch",
                "/switch needs the number of a fork: /forks lists them",
            ),
            (
                "/switch two",
                "/switch needs the number of a fork: /forks lists them",
            ),
            ("/as ", "/as needs a name"),
            ("/date", "/date needs a date, in any words"),
            ("/undo 3", "/undo takes nothing after it"),
        ] {
            assert_eq!(Command::read(line), Err(why.to_owned()), "{line}");
        }
    }
}
