//! HotpotQA's own format (Yang et al. 2018): a list of questions, each with titled paragraphs.

use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// A question with its paragraphs. Other keys are not read.
#[derive(Deserialize)]
pub struct Item {
    /// The question.
    pub question: String,
    /// The right answer.
    pub answer: String,
    /// The paragraphs: titles with sentences.
    pub context: Vec<(String, Vec<String>)>,
}

/// Reads a file.
///
/// # Errors
/// `invalid`, naming file, line and column.
pub fn read(file: &DataFile) -> Result<Vec<Item>, Error> {
    serde_json::from_slice(&file.bytes)
        .map_err(|why| Error::Invalid(format!("{}: {why}", file.name)))
}
