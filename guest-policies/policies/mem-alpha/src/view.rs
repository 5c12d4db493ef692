//! The part of the memory that the writer sees: the whole core, and the latest entries of each list.

use std::fmt::Write;

use memloom_sdk::types::Entry;

/// The field of the bank with an entry's type.
pub const FIELD: &str = "type";

/// The id and type of the core.
pub const CORE: &str = "core";

/// The lists: the names by which functions call them, and the bank's types.
pub const LISTS: [(&str, &str); 2] = [
    ("semantic_memory", "semantic"),
    ("episodic_memory", "episodic"),
];

/// The memory in view.
pub struct View {
    /// The core's text; empty if there is none.
    core: String,
    /// The latest entries of each list, and the number of all.
    lists: [(Vec<Entry>, usize); 2],
}

impl View {
    /// Returns the view of a bank's entries.
    pub fn of(entries: &[Entry], shown: usize) -> Self {
        let core = entries.iter().find(|entry| entry.id == CORE);
        let lists = LISTS.map(|(_, kind)| {
            let all: Vec<&Entry> = entries.iter().filter(|e| kind_of(e) == kind).collect();
            let latest = all[all.len().saturating_sub(shown)..].iter();
            (latest.map(|entry| (*entry).clone()).collect(), all.len())
        });
        Self {
            core: core.map_or_else(String::new, |entry| entry.text.clone()),
            lists,
        }
    }

    /// Renders the view for the writer.
    pub fn text(&self) -> String {
        let core = if self.core.is_empty() {
            "(empty)"
        } else {
            &self.core
        };
        let mut text = format!("Core memory:\n{core}\n");
        for ((_, kind), (entries, all)) in LISTS.iter().zip(&self.lists) {
            let title = format!("{}{} memory", kind[..1].to_uppercase(), &kind[1..]);
            let _ = writeln!(text, "\n{title} ({} of {all} shown):", entries.len());
            for entry in entries {
                let _ = writeln!(text, "[{}] {}", entry.id, entry.text);
            }
        }
        text
    }

    /// Returns the ids of a list's entries.
    pub fn ids<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let entries = self.entries().filter(move |entry| kind_of(entry) == kind);
        entries.map(|entry| entry.id.as_str())
    }

    /// Returns the entry that a turn supports.
    pub fn supported_by(&self, turn: &str) -> Option<&Entry> {
        self.entries()
            .find(|entry| entry.evidence.iter().any(|other| other == turn))
    }

    /// Returns the core's text; empty if there is none.
    pub fn core(&self) -> &str {
        &self.core
    }

    /// Returns the entries in the lists' order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.lists.iter().flat_map(|(entries, _)| entries)
    }
}

/// Returns the type of an entry; empty if it has none.
pub fn kind_of(entry: &Entry) -> &str {
    let fields = &mut entry.fields.iter();
    let kind = fields.find(|(name, _)| name == FIELD);
    kind.map_or("", |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_entries_of_each_list_are_shown_with_their_number() {
        let entry = |id: String, kind: &str| Entry {
            text: format!("text of {id}"),
            id,
            speaker: String::new(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![],
            fields: vec![(FIELD.into(), kind.into())],
        };
        let facts = (1..=25).map(|n| entry(format!("m{n}"), "semantic"));
        let entries: Vec<Entry> = [entry("core".into(), "core")]
            .into_iter()
            .chain(facts)
            .collect();
        let text = View::of(&entries, 20).text();
        assert!(text.starts_with("Core memory:\ntext of core\n"));
        assert!(text.contains("Semantic memory (20 of 25 shown):\n[m6] text of m6\n"));
        assert!(text.contains("[m25]") && !text.contains("[m5]"));
        assert!(text.ends_with("Episodic memory (0 of 0 shown):\n"));
    }
}
