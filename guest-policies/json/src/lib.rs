//! JSON in messages to and from models: how it is written, which outputs a grammar allows, and
//! lists that are read although they are not quite of the format that was asked for.

mod list;
pub mod schema;
mod unique_keys;

pub use list::{Form, Items, items};

use serde::Serialize;
use serde_json::Value;

/// Returns a message as JSON on one line, with the fields in the order of the type.
pub fn write(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("messages are structs of strings and lists")
}

/// Returns the text of a field, and true if the field has another name than the first of
/// `names`. None if there is none, or if two fields differ.
pub fn text_of<'v>(item: &'v Value, names: &[&str]) -> Option<(&'v str, bool)> {
    let (asked, others) = names.split_first()?;
    if item.get(asked).is_some() {
        return Some((text(item, asked)?, false));
    }
    let mut others = others.iter().filter_map(|name| text(item, name));
    let first = others.next()?;
    others.all(|other| other == first).then_some((first, true))
}

/// Returns a field that must have some text.
pub fn text<'v>(item: &'v Value, field: &str) -> Option<&'v str> {
    let text = item.get(field)?.as_str()?.trim();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_goes_by_other_names_if_they_agree() {
        let names = ["fact", "text", "content"];
        let of =
            |item: Value| text_of(&item, &names).map(|(text, renamed)| (text.to_owned(), renamed));
        assert_eq!(
            of(json!({"fact": "a", "text": "b"})),
            Some(("a".into(), false))
        );
        assert_eq!(of(json!({"content": " a "})), Some(("a".into(), true)));
        assert_eq!(
            of(json!({"text": "a", "content": "a"})),
            Some(("a".into(), true))
        );
        for none in [
            json!({}),
            json!({"fact": " ", "text": "b"}),
            json!({"text": "a", "content": "b"}),
            json!({"text": 3}),
        ] {
            assert_eq!(of(none.clone()), None, "{none}");
        }
    }
}
