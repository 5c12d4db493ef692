//! The faults of the data.

use std::collections::BTreeMap;

use memloom_sdk::warnings::{count, listed};

use crate::row::Row;
use crate::source::Family;

/// The faults of all files.
#[derive(Debug, Default)]
pub struct Faults {
    /// The number of answers that are no list, by file.
    bare: BTreeMap<String, usize>,
    /// The number of rows, by source that no family has.
    unknown: BTreeMap<String, usize>,
    /// Questions without text or answer.
    unusable: Vec<String>,
    /// Rows without a text or a usable question.
    pub empty: Vec<String>,
    /// The number of rows.
    rows: usize,
}

impl Faults {
    /// Notes a row and its faults.
    pub fn note(&mut self, file: &str, source: &str, id: &str, row: &Row) {
        self.rows += 1;
        if row.bare > 0 {
            *self.bare.entry(file.into()).or_default() += row.bare;
        }
        if Family::of(source).is_none() {
            *self.unknown.entry(source.into()).or_default() += 1;
        }
        for (number, qa) in (1..).zip(&row.qas) {
            if qa.question.trim().is_empty() || qa.candidates.is_empty() {
                self.unusable.push(format!("{id}/q{number}"));
            }
        }
    }

    /// Returns one line for each sort of fault, and one that says which labels are guessed.
    #[must_use]
    pub fn lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        for (file, number) in self.bare {
            let answers = count(number, "answer");
            lines.push(format!(
                "{file}: {answers} without a list of candidates taken as the candidates"
            ));
        }
        for (source, number) in self.unknown {
            let rows = count(number, "row");
            lines.push(format!(
                "{rows} of the unknown source `{source}` scored by `contains`"
            ));
        }
        for (names, what, fate) in [
            (
                self.unusable,
                "question",
                "without a text or an answer left out",
            ),
            (self.empty, "row", "without a text or a question left out"),
        ] {
            if !names.is_empty() {
                let counted = count(names.len(), what);
                lines.push(format!("{counted} {fate}: {}", listed(&names)));
            }
        }
        if self.rows > 0 {
            lines.push(
                "the evidence of a question is a guess: the chunks that contain an answer".into(),
            );
        }
        lines
    }
}
