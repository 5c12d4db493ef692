//! Lines on a terminal: wrapped to its width, coloured where colours are welcome.

use std::io::IsTerminal;

use anyhow::Result;
use console::Term;

use crate::cli::output;
use crate::cli::wrap::wrapped;

/// Columns where nothing says how many there are.
const WIDTH: usize = 80;
/// Fewest columns that lines are wrapped to.
const NARROWEST: usize = 20;

/// The look of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Added,
    Changed,
    Deleted,
    Faint,
    Wrong,
}

impl Look {
    /// Returns the terminal's code.
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Added => Some("32"),
            Self::Changed => Some("33"),
            Self::Deleted | Self::Wrong => Some("31"),
            Self::Faint => Some("2"),
        }
    }
}

/// Standard output as a person sees it.
#[derive(Clone, Copy)]
pub(super) struct Screen {
    width: usize,
    colours: bool,
}

impl Screen {
    /// Returns the screen behind standard output. `COLUMNS` goes before the terminal's own
    /// width, and `NO_COLOR` forbids colours.
    pub(super) fn detect() -> Self {
        let said = std::env::var("COLUMNS").ok();
        let said = said.and_then(|columns| columns.trim().parse().ok());
        let own = || {
            let (_, columns) = Term::stdout().size_checked()?;
            Some(usize::from(columns))
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            width: said.or_else(own).unwrap_or(WIDTH).max(NARROWEST),
            colours: std::io::stdout().is_terminal() && !plain,
        }
    }

    /// Prints a text after `head`. Its further lines are indented as far as the first.
    pub(super) fn say(self, look: Look, head: &str, text: &str) -> Result<()> {
        let (start, end) = match look.code().filter(|_| self.colours) {
            Some(code) => (format!("\x1b[{code}m"), "\x1b[0m"),
            None => (String::new(), ""),
        };
        let lines = wrapped(head, text, self.width);
        let lines: Vec<String> = lines
            .iter()
            .map(|line| format!("{start}{line}{end}\n"))
            .collect();
        output::print_text(&lines.concat())
    }

    /// Prints a plain text.
    pub(super) fn tell(self, text: &str) -> Result<()> {
        self.say(Look::Plain, "", text)
    }
}
