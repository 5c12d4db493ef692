//! Standard output: a result as JSON, or as text for people.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};
use serde::Serialize;

/// Prints a value as indented JSON, or the text that `text` makes of it.
///
/// # Errors
/// Standard output cannot be written to. A reader that has closed its end, such as
/// `head`, is no error.
pub fn print(value: &impl Serialize, json: bool, text: impl FnOnce() -> String) -> Result<()> {
    match json {
        true => print_text(&(serde_json::to_string_pretty(value)? + "\n")),
        false => print_text(&text()),
    }
}

/// Prints text as it is.
///
/// # Errors
/// As [`print`].
pub fn print_text(text: &str) -> Result<()> {
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}
