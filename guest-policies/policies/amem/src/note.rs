//! Notes: entries of the bank with their fields.

use memloom_sdk::text::first_words;
use memloom_sdk::types::{Entry, Insertion, Turn};

/// The tag of a note that no longer holds, in demonstrations and in words.
pub const PAST: &str = "past";

/// A note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The id; empty for a note that is not in the bank yet.
    pub id: String,
    /// The speaker of the turn.
    pub speaker: String,
    /// The content: `Anna: I ski.`
    pub content: String,
    /// A sentence about the topic; may be empty.
    pub context: String,
    /// The keywords.
    pub keywords: Vec<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// The turns that it comes from.
    pub evidence: Vec<String>,
}

impl Note {
    /// Returns the note of a turn, without fields.
    pub fn of_turn(turn: &Turn) -> Self {
        let content = match &*turn.speaker {
            "" => turn.text.clone(),
            speaker => format!("{speaker}: {}", turn.text),
        };
        Self {
            speaker: turn.speaker.clone(),
            content: first_words(&content, usize::MAX),
            evidence: vec![turn.id.clone()],
            ..Self::default()
        }
    }

    /// Returns the note that an entry is.
    pub fn of_entry(entry: &Entry) -> Self {
        let field = |name: &str| {
            let mut fields = entry.fields.iter();
            fields
                .find(|(other, _)| other == name)
                .map_or("", |(_, value)| value)
        };
        let list = |name: &str| -> Vec<String> {
            let items = field(name).split(", ").filter(|item| !item.is_empty());
            items.map(String::from).collect()
        };
        Self {
            id: entry.id.clone(),
            speaker: entry.speaker.clone(),
            content: entry.text.clone(),
            context: field("context").into(),
            keywords: list("keywords"),
            tags: list("tags"),
            evidence: entry.evidence.clone(),
        }
    }

    /// Returns the insertion of the note.
    pub fn insertion(&self, vector: Option<Vec<f32>>) -> Insertion {
        let fields = [
            ("context", self.context.clone()),
            ("keywords", self.keywords.join(", ")),
            ("tags", self.tags.join(", ")),
        ];
        Insertion {
            vector,
            fields: fields.map(|(name, value)| (name.into(), value)).into(),
            ..Insertion::new(&*self.content, &*self.speaker, self.evidence.clone())
        }
    }

    /// Returns the text that is embedded, as the bank searches it: content, context, keywords and tags.
    pub fn searched(&self) -> String {
        let parts = [&self.content, &self.context].into_iter();
        let parts = parts.chain(&self.keywords).chain(&self.tags);
        let parts: Vec<&str> = parts.map(|part| &**part).collect();
        first_words(&parts.join(" "), usize::MAX)
    }

    /// Returns the text of the turn, without the speaker.
    pub fn said(&self) -> &str {
        let rest = self.content.strip_prefix(&*self.speaker);
        let rest = rest.and_then(|rest| rest.strip_prefix(": "));
        rest.unwrap_or(&self.content)
    }

    /// Returns whether it is tagged as no longer so.
    pub fn is_past(&self) -> bool {
        self.tags.iter().any(|tag| tag == PAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bank_notes::Notes;
    use memloom_sdk::Bank;
    use memloom_sdk::types::{Moment, Operation};

    #[test]
    fn a_note_is_read_from_the_bank_as_it_was_written() {
        let turn = Turn {
            id: "D1:1".into(),
            speaker: "Anna".into(),
            text: "I\nski: a lot.".into(),
        };
        let note = Note {
            context: "On winter.".into(),
            keywords: vec!["ski".into(), "deep snow".into()],
            tags: vec!["sport".into(), PAST.into()],
            ..Note::of_turn(&turn)
        };
        assert_eq!((note.said(), note.is_past()), ("I ski: a lot.", true));
        assert_eq!(
            note.searched(),
            "Anna: I ski: a lot. On winter. ski deep snow sport past"
        );
        let mut bank = Notes::default();
        let at = Moment {
            session: 1,
            time: "noon".into(),
        };
        bank.apply(at, vec![Operation::Insert(note.insertion(None))]);
        let read = Note::of_entry(&bank.entries()[0]);
        let id = "n1".into();
        assert_eq!(read, Note { id, ..note });
    }
}
