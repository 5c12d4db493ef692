//! The parts of a note.

use memloom_records::squeezed;
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The names of a note's fields: those that a policy sets, and the links, which `evolve` sets.
pub const FIELDS: [&str; 4] = ["context", "keywords", "tags", "links"];

/// A note. Texts are one line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The content as it was written.
    pub content: String,
    /// A sentence about the topic.
    pub context: String,
    /// The keywords, each once.
    pub keywords: Vec<String>,
    /// The tags, each once.
    pub tags: Vec<String>,
    /// The numbers of the notes that it links to, each once, in the order in which it was linked.
    pub links: Vec<u64>,
}

impl Note {
    /// Returns the text that the note is searched by: content, context, keywords and tags.
    pub fn searched(&self) -> String {
        let parts = [&self.content, &self.context].into_iter();
        let parts = parts.chain(&self.keywords).chain(&self.tags);
        let parts: Vec<&str> = parts.map(|part| &**part).collect();
        squeezed(&parts.join(" "))
    }

    /// Sets fields by name; the others stay.
    ///
    /// # Errors
    /// `invalid`, naming the first field that a policy does not set.
    pub fn set(&mut self, fields: &[(String, String)]) -> Result<(), Error> {
        for (name, value) in fields {
            match &**name {
                "context" => self.context = squeezed(value),
                "keywords" => self.keywords = listed([value]),
                "tags" => self.tags = listed([value]),
                "links" => {
                    return Err(Error::Invalid(
                        "the bank keeps `links` itself: apply the operation evolve".into(),
                    ));
                }
                _ => {
                    return Err(Error::Invalid(format!(
                        "a note has no field {name:?} that a policy sets: it has context, keywords \
                         and tags"
                    )));
                }
            }
        }
        Ok(())
    }

    /// Returns the fields with their names. `id` gives the ids of links.
    pub fn fields(&self, id: impl Fn(&u64) -> String) -> Vec<(String, String)> {
        let links: Vec<String> = self.links.iter().map(id).collect();
        let lists = [&self.keywords, &self.tags, &links].map(|list| list.join(", "));
        let values = [self.context.clone()].into_iter().chain(lists);
        FIELDS.map(String::from).into_iter().zip(values).collect()
    }

    /// Returns whether it is one that operations can leave, links apart.
    pub fn is_valid(&self) -> bool {
        !self.content.is_empty()
            && [&self.content, &self.context]
                .into_iter()
                .all(|text| *text == squeezed(text))
            && [&self.keywords, &self.tags]
                .into_iter()
                .all(|list| *list == listed(list))
    }
}

/// Returns the items of lists, each once, without spaces around them. A comma ends an item.
pub fn listed<'a>(lists: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for item in lists
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(squeezed)
    {
        if !item.is_empty() && !items.contains(&item) {
            items.push(item);
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        fields.iter().map(owned).collect()
    }

    #[test]
    fn a_note_is_searched_by_content_context_keywords_and_tags() {
        let mut note = Note {
            content: "Anna skis.".into(),
            ..Note::default()
        };
        assert_eq!(note.searched(), "Anna skis.");
        let fields = [
            ("tags", "sport"),
            ("context", "On\nwinter."),
            ("keywords", "ski, snow,, ski"),
        ];
        assert_eq!(note.set(&named(&fields)), Ok(()));
        assert_eq!(note.searched(), "Anna skis. On winter. ski snow sport");
        note.links = vec![3, 12];
        let shown = note.fields(|number| format!("n{number}"));
        let values: Vec<&str> = shown.iter().map(|(_, value)| &**value).collect();
        assert_eq!(values, ["On winter.", "ski, snow", "sport", "n3, n12"]);
    }

    #[test]
    fn a_field_that_a_policy_cannot_set_is_named() {
        for (field, why) in [
            (
                "links",
                "the bank keeps `links` itself: apply the operation evolve",
            ),
            (
                "mood",
                "a note has no field \"mood\" that a policy sets: it has context, keywords and tags",
            ),
        ] {
            let set = Note::default().set(&named(&[(field, "n1")]));
            assert_eq!(set, Err(Error::Invalid(why.into())));
        }
    }
}
