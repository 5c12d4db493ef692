//! The entries of banks: an ordered list of texts about people, searched by words (BM25) or by
//! embedding (cosine). Ids count up (`m1`, `m2`, …) and are never reused, so the same operations
//! give the same entries.
//!
//! A bank decides which operations there are, and what a record holds beside its text.

mod known;
mod record;
mod records;

pub use record::{Record, When};
pub use records::{Memory, Records};

use memloom_sdk::text::first_words;
use memloom_sdk::types::Error;

/// Returns a text with one space between its words.
#[must_use]
pub fn squeezed(text: &str) -> String {
    first_words(text, usize::MAX)
}

/// Returns a text as one line, so that rendered entries are one line each.
///
/// # Errors
/// `invalid`, naming the operation, if the text is empty.
pub fn one_line(text: &str, operation: &str) -> Result<String, Error> {
    match squeezed(text) {
        line if line.is_empty() => Err(Error::Invalid(format!("{operation}: the text is empty"))),
        line => Ok(line),
    }
}

/// Refuses fields that a policy sets, for a bank that has none of its own.
///
/// # Errors
/// `invalid`, naming the first field.
pub fn no_fields(bank: &str, fields: &[(String, String)]) -> Result<(), Error> {
    match fields.first() {
        None => Ok(()),
        Some((name, _)) => Err(Error::Invalid(format!(
            "the {bank} bank keeps no field {name:?} that a policy sets"
        ))),
    }
}
