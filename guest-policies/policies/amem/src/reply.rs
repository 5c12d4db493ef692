//! Objects in the replies of models, read with the leniency of the other policies' lists.

use memloom_json::{self as json, Form};
use memloom_sdk::thoughts::spoken;
use serde_json::Value;

/// Returns the object in a reply, after its thoughts. None if there is none, or two that differ, or the
/// JSON is not strict. Text around it and a list around it count as repaired.
pub fn object(reply: &str, is_object: fn(&Value) -> bool) -> Option<(Value, Form)> {
    let json::Items { items, form } = json::items(reply, "", is_object)?;
    let [object] = <[Value; 1]>::try_from(items).ok()?;
    let said = spoken(reply)?.trim();
    let is_alone = said.starts_with('{') && serde_json::from_str::<Value>(said).is_ok();
    let repaired = !is_alone;
    Some((object, Form { repaired, ..form }))
}

/// Returns the texts of a list, and false; or those of one text with commas, and true, since it is not
/// the form that was asked for. None if it is neither.
pub fn texts(value: &Value) -> Option<(Vec<String>, bool)> {
    match value {
        Value::Array(items) => {
            let texts = items.iter().map(|item| item.as_str().map(String::from));
            Some((texts.collect::<Option<_>>()?, false))
        }
        Value::String(text) => {
            let parts = text.split(',').map(str::trim);
            let parts = parts.filter(|part| !part.is_empty()).map(String::from);
            Some((parts.collect(), true))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_object_is_read_alone_or_within_text() {
        let read = |reply: &str| {
            let (object, form) = object(reply, |item| item.get("a").is_some())?;
            Some((object["a"].clone(), form.repaired))
        };
        assert_eq!(read(r#"{"a": 1}"#), Some((json!(1), false)));
        assert_eq!(
            read(r#"<think>{"a": 2}</think> {"a": 1}"#),
            Some((json!(1), false))
        );
        for repaired in [
            "```json\n{\"a\": 1}\n```",
            r#"[{"a": 1}]"#,
            r#"{"a": 1} {"a": 1}"#,
        ] {
            assert_eq!(read(repaired), Some((json!(1), true)), "{repaired}");
        }
        for none in [
            "",
            r#"{"b": 1}"#,
            r#"{"a": 1"#,
            r#"{"a": 1} {"a": 2}"#,
            r#"{"a": 1, "a": 1}"#,
            r#"[{"a": 1}, {"a": 2}]"#,
        ] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn texts_are_a_list_or_parted_by_commas() {
        let owned = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(
            texts(&json!(["a", "b c"])),
            Some((owned(&["a", "b c"]), false))
        );
        assert_eq!(texts(&json!("a, b c,")), Some((owned(&["a", "b c"]), true)));
        assert_eq!(texts(&json!(["a", 1])), None);
        assert_eq!(texts(&json!(null)), None);
    }
}
