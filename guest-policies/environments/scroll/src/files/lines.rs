//! MemAgent's format: a question with its whole text on each line.

use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// A question with its text. Other keys are not read.
#[derive(Debug, Deserialize)]
pub struct Item {
    /// The text.
    pub context: String,
    /// The question.
    pub input: String,
    /// The right answers.
    pub answers: Vec<String>,
}

/// Reads a file. Empty lines are skipped.
///
/// # Errors
/// `invalid`, naming file and line.
pub fn read(file: &DataFile) -> Result<Vec<Item>, Error> {
    let lines = (1..).zip(file.bytes.split(|byte| *byte == b'\n'));
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let items = lines.map(|(number, line)| {
        serde_json::from_slice(line)
            .map_err(|why| Error::Invalid(format!("{}, line {number}: {why}", file.name)))
    });
    items.collect()
}
