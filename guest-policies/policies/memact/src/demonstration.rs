//! The output that follows a demonstrator's advice: its notes, one a line, and its action.

use memloom_sdk::types::Entry;

use crate::call::{Call, write};

/// The memory of a demonstrator without notes.
const NOTHING: &str = "Nothing was found yet.";

/// Returns the output in the form of JSON; none if the action is neither a search nor an answer.
/// Where records are to be folded, all of them are, and the notes are the memory, unless summaries
/// are all that there is.
pub fn of_advice(advice: &str, records: &[Entry], folds: bool) -> Option<String> {
    let (notes, action) = advice.rsplit_once('\n').unwrap_or(("", advice));
    let is_record = |entry: &Entry| {
        let mut fields = entry.fields.iter();
        fields.any(|(name, value)| name == "kind" && value == "record")
    };
    if folds && records.iter().any(is_record) {
        let memory = if notes.is_empty() { NOTHING } else { notes };
        return Some(write(&Call::Fold {
            memory: memory.into(),
            ids: records.iter().map(|entry| entry.id.clone()).collect(),
        }));
    }
    let (name, said) = action.split_once(':')?;
    let call = match name {
        "search" => Call::Search(said.trim().into()),
        "answer" => Call::Answer(said.split(';').map(|it| it.trim().into()).collect()),
        _ => return None,
    };
    Some(write(&call))
}
