//! The core: one text that every write replaces.

use memloom_records::{Record, When};
use memloom_sdk::text::{first_words, word_count};
use memloom_sdk::types::{Entry, Moment, Revision};

use crate::kind::{CORE, FIELD};

/// The mark at the end of a core that was cut.
const CUT: &str = "[cut]";

/// The core; none while it is empty.
pub type Core = Option<Record<()>>;

/// Writes the core, cut to so many words. Evidence is kept and added to.
pub fn write(core: &mut Core, at: &Moment, revision: Revision, words: usize) {
    let record = core.get_or_insert_with(|| Record {
        number: 0,
        text: String::new(),
        speaker: String::new(),
        evidence: Vec::new(),
        first: When::from(at),
        last: When::from(at),
        vector: None,
        data: (),
    });
    record.text = cut(&revision.text, words);
    record.last = When::from(at);
    record.support(revision.evidence);
}

/// Returns the core's entry.
pub fn entry(record: &Record<()>) -> Entry {
    record.entry(CORE.into(), vec![(FIELD.into(), CORE.into())])
}

fn cut(text: &str, words: usize) -> String {
    match word_count(text) > words {
        true => format!("{} {CUT}", first_words(text, words)),
        false => first_words(text, usize::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_of_600_words_is_cut_to_400() {
        let cut = cut(&"word ".repeat(600), 400);
        assert!(cut.ends_with("word [cut]"));
        assert_eq!(cut.matches("word").count(), 400);
        assert_eq!(super::cut(" two  words", 2), "two words");
    }
}
