//! Lists in the replies of models.

use memloom_sdk::ReportCounter;
use memloom_sdk::thoughts::spoken;
use serde_json::Value;

use crate::unique_keys;

/// The deepest nesting of an output, which bounds the stack of the parser.
const MAX_DEPTH: usize = 16;

/// The items of an output's list.
#[derive(Debug, PartialEq)]
pub struct Items {
    /// The items in the output's order.
    pub items: Vec<Value>,
    /// The form of the output.
    pub form: Form,
}

/// The form of an output that could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// True if the output is not of the format that was asked for.
    pub repaired: bool,
    /// True if the output ends before its JSON does. Such an output is also repaired.
    pub cut: bool,
}

impl Form {
    /// Counts the output in a report where it is repaired or cut.
    pub fn count(self, report: &mut ReportCounter) {
        if self.repaired {
            report.repaired();
        }
        if self.cut {
            report.cut();
        }
    }
}

/// Returns the items of the list in a reply, after its thoughts. None if there is no list, or two
/// that differ, or the JSON is not strict.
///
/// The format is one object with the list under `name`. Text around it, a list without the
/// object, and one item without the list are read as well; so are the complete items of a
/// list that is cut off. An object is an item if `is_item`.
pub fn items(reply: &str, name: &str, is_item: fn(&Value) -> bool) -> Option<Items> {
    let said = spoken(reply)?.trim();
    let mut found: Option<Items> = None;
    let mut at = 0;
    while let Some(skipped) = begin(&said[at..]) {
        at += skipped;
        let (text, form) = match extent(&said[at..]) {
            Extent::Whole(length) => {
                let form = Form {
                    repaired: length < said.len(),
                    cut: false,
                };
                (said[at..at + length].to_owned(), form)
            }
            Extent::Cut(length, closers) => {
                let form = Form {
                    repaired: true,
                    cut: true,
                };
                (format!("{}{closers}", &said[at..at + length]), form)
            }
            Extent::Nothing => break,
        };
        let read = unique_keys::parse(&text);
        let read = read.and_then(|value| list_in(value, name, is_item));
        // What is cut before its first item says nothing, nor do empty brackets within text.
        let read = read.filter(|(items, as_asked)| match form.cut {
            true => items.iter().any(is_item),
            false => *as_asked || !items.is_empty() || !form.repaired,
        });
        if let Some((items, as_asked)) = read {
            match &mut found {
                // A list that is begun again and cut off says nothing else so far.
                Some(first) if form.cut && first.items.starts_with(&items) => {}
                Some(first) if first.items == items => {}
                Some(_) => return None,
                None => {
                    let repaired = form.repaired || !as_asked;
                    found = Some(Items {
                        items,
                        form: Form { repaired, ..form },
                    });
                }
            }
        }
        if form.cut {
            break;
        }
        at += text.len();
    }
    found
}

/// Returns the items of a list, and true if the value is an object with the list.
fn list_in(value: Value, name: &str, is_item: fn(&Value) -> bool) -> Option<(Vec<Value>, bool)> {
    match value {
        Value::Object(mut fields) => match fields.remove(name) {
            Some(Value::Array(items)) => Some((items, true)),
            Some(item) => is_item(&item).then(|| (vec![item], false)),
            None => {
                let item = Value::Object(fields);
                is_item(&item).then(|| (vec![item], false))
            }
        },
        Value::Array(items) => items.iter().all(is_item).then_some((items, false)),
        _ => None,
    }
}

/// Returns the place of the first bracket that may open an object or a list of objects.
fn begin(text: &str) -> Option<usize> {
    let opens = |(at, bracket): &(usize, char)| {
        let first = |rest: &str| rest.trim_start().chars().next();
        match bracket {
            '{' => matches!(first(&text[at + 1..]), Some('"' | '}')),
            '[' => matches!(first(&text[at + 1..]), Some('{' | ']')),
            _ => false,
        }
    };
    text.char_indices().find(opens).map(|(at, _)| at)
}

/// The part of a text that its first bracket spans.
enum Extent {
    /// The bytes up to the closing bracket.
    Whole(usize),
    /// The text ends first: the bytes up to the end of the last complete item of a list, and
    /// the brackets that close what is open there.
    Cut(usize, &'static str),
    /// The text ends before an item does, or brackets do not match or are too many.
    Nothing,
}

/// Returns the part that the first bracket spans. Brackets in strings do not count.
fn extent(text: &str) -> Extent {
    let mut open: Vec<u8> = Vec::with_capacity(MAX_DEPTH);
    let mut last = Extent::Nothing;
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if open.len() == MAX_DEPTH => return Extent::Nothing,
            b'{' | b'[' => open.push(byte),
            b'}' | b']' => {
                let opened = if byte == b'}' { b'{' } else { b'[' };
                if open.pop() != Some(opened) {
                    return Extent::Nothing;
                }
                match open[..] {
                    [] => return Extent::Whole(at + 1),
                    [b'['] if byte == b'}' => last = Extent::Cut(at + 1, "]"),
                    [b'{', b'['] if byte == b'}' => last = Extent::Cut(at + 1, "]}"),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns the items, and `whole`, `repaired` or `cut`.
    fn read(reply: &str) -> Option<(Value, &'static str)> {
        let is_item = |value: &Value| value.get("n").is_some();
        let Items { items, form } = items(reply, "list", is_item)?;
        let form = match (form.repaired, form.cut) {
            (false, false) => "whole",
            (true, false) => "repaired",
            (true, true) => "cut",
            (false, true) => unreachable!("what is cut is repaired"),
        };
        Some((items.into(), form))
    }

    #[test]
    fn an_object_with_the_list_is_as_asked() {
        let whole = |items: Value| Some((items, "whole"));
        assert_eq!(read(r#" {"list": []} "#), whole(json!([])));
        assert_eq!(
            read("{\n\"list\":[{\"n\":1},3]}"),
            whole(json!([{"n": 1}, 3]))
        );
        let thought = r#"<think>{"list": [{"n": 1}]}? No.</think>{"list": []}"#;
        assert_eq!(read(thought), whole(json!([])));
    }

    #[test]
    fn other_forms_of_one_list_are_repaired() {
        let one = json!([{"n": 1}]);
        for reply in [
            r#"Sure: {"list": [{"n": 1}]} Done."#,
            "Like {this} [1]:\n```json\n{\"list\": [{\"n\": 1}]}\n```\nI hope this helps {you}.",
            "```\n[{\"n\": 1}]\n```",
            r#"{"list": {"n": 1}}"#,
            r#"{"n": 1}"#,
            r#"{"turns": [1]} {"n": 1}"#,
            r#"Zoë: "日本 {🙂} [é] {"n": 1} – ok?"#,
            r#"{"list": [{"n": 1}]} {"list": [{"n": 1}]}"#,
            r#"{"list": [{"n": 1}]} {"list": [{"n": 1}, {"#,
            r#"{"list": [{"n": 1}]} {"list": ["#,
        ] {
            assert_eq!(read(reply), Some((one.clone(), "repaired")), "{reply}");
        }
        assert_eq!(read("[]"), Some((json!([]), "repaired")));
    }

    #[test]
    fn a_list_that_is_cut_keeps_its_complete_items() {
        let two = json!([{"n": 1}, {"n": {"a": [2]}}]);
        for tail in [r#", {"n": "}"#, ",", "", r#", {"n": 3"#, "]"] {
            let begun = r#"{"list": [{"n": 1}, {"n": {"a": [2]}}"#;
            let reply = format!("{begun}{tail}");
            assert_eq!(read(&reply), Some((two.clone(), "cut")), "{reply}");
        }
        let bare = r#"```json
            [{"n": 1}, {"n": {"a": [2]}}, {"n"#;
        assert_eq!(read(bare), Some((two, "cut")));
    }

    #[test]
    fn two_lists_that_differ_are_not_read() {
        for reply in [
            r#"{"list": [{"n": 1}]} {"list": [{"n": 2}]}"#,
            r#"{"list": []} or [{"n": 1}]"#,
            r#"{"list": [{"n": 1}]} or {"list": []}"#,
            r#"{"n": 1} {"n": 2}"#,
            "```\n{\"n\": 1}\n```\n{\"list\": []}",
            r#"{"list": [{"n": 1}]} {"list": [{"n": 2}, {"n"#,
        ] {
            assert_eq!(read(reply), None, "{reply}");
        }
    }

    #[test]
    fn what_has_no_list_or_is_not_strict_is_not_read() {
        let deep = format!("{{\"list\": {}{}}}", "[".repeat(16), "]".repeat(16));
        for reply in [
            "",
            "none",
            "{}",
            r#"{"list": 1}"#,
            r#"{"list": ["#,
            r#"{"list": [{"n": 1"#,
            r#"{"list": [{}, {"n": 1"#,
            r#"{"list": [{"n": 1}}"#,
            r#"{"list": [{"n": 1},]}"#,
            r#"{"list": [{"n": 1}], "list": [{"n": 2}]}"#,
            "{'list': [{'n': 1}]}",
            r#"[{"m": 1}]"#,
            r#"ids":[] none"#,
            r#"{"n": 1"#,
            r#"<think>{"list": []}"#,
            r#"<think>{"list": []}</think>"#,
            &deep,
        ] {
            assert_eq!(read(reply), None, "{reply}");
        }
    }

    #[test]
    fn brackets_and_quotes_in_strings_do_not_count() {
        let item = r#"{"n": "} \" ] \\", "b": "{"}"#;
        let value = json!([{"n": "} \" ] \\", "b": "{"}]);
        assert_eq!(
            read(&format!("{{\"list\": [{item}]}} and {{")),
            Some((value, "repaired"))
        );
    }
}
