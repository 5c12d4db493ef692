//! The turns that a bank cites as evidence, and how much of them it keeps.

use std::collections::{BTreeMap, BTreeSet};

use memloom_runtime::types::Entry;
use memloom_text::words::words;

use crate::env::Turn;

/// The turns that a bank cites. Each has the share of its words, different ones in lower case, that
/// the entries which cite it have together: in [0, 1], and 1 for a turn without words.
pub type Kept = BTreeMap<String, f64>;

/// Returns the turns that entries cite. What is cited and is no turn of the dialogue counts as kept
/// whole.
pub fn kept<'a>(entries: &[Entry], turns: impl IntoIterator<Item = &'a Turn>) -> Kept {
    let mut said: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for entry in entries {
        let text = distinct(&entry.text);
        for turn in &entry.evidence {
            said.entry(turn).or_default().extend(text.iter().cloned());
        }
    }
    let mut kept: Kept = said.keys().map(|turn| ((*turn).to_owned(), 1.0)).collect();
    for turn in turns {
        let (Some(share), Some(said)) = (kept.get_mut(&turn.id), said.get(&*turn.id)) else {
            continue;
        };
        let told = distinct(&turn.text);
        if !told.is_empty() {
            *share = told.intersection(said).count() as f64 / told.len() as f64;
        }
    }
    kept
}

fn distinct(text: &str) -> BTreeSet<String> {
    words(&text.to_lowercase()).map(String::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_kept_as_far_as_the_entries_that_cite_it_have_its_words() {
        let entry = |text: &str, evidence: &[&str]| Entry {
            id: "m1".into(),
            text: text.into(),
            speaker: String::new(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: evidence.iter().map(ToString::to_string).collect(),
            fields: vec![],
        };
        let turn = |id: &str, text: &str| Turn {
            time: String::new(),
            speaker: String::new(),
            id: id.into(),
            text: text.into(),
            words: 0,
        };
        let turns = [
            turn("D1:1", "I ski in Rome, in winter"),
            turn("D1:2", "I ski in Oslo"),
            turn("D1:3", "..."),
            turn("D1:4", "Hi"),
        ];
        let entries = [
            entry("Anna: SKI", &["D1:1", "D1:2"]),
            entry("winter in Rome", &["D1:1"]),
            entry("x", &["D1:3", "act 7"]),
        ];
        let kept = kept(&entries, &turns);
        let expected = [("D1:1", 0.8), ("D1:2", 0.25), ("D1:3", 1.0), ("act 7", 1.0)];
        assert_eq!(
            kept,
            expected
                .map(|(turn, share)| (turn.to_owned(), share))
                .into()
        );
    }
}
