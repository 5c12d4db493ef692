//! JSON in messages to and from the model.

use memloom_sdk::thoughts::spoken;
use serde::Serialize;
use serde_json::Value;

/// The deepest nesting of an output, which bounds the stack of the parser.
const MAX_DEPTH: usize = 16;

/// Returns the first JSON object of a reply, after its thoughts, or of its first block fenced as JSON if it has
/// one; none if there is none, it is truncated, or it is not strict JSON.
pub fn object(reply: &str) -> Option<Value> {
    const FENCE: &str = "```json";
    let text = spoken(reply)?;
    let fenced = text.to_ascii_lowercase().find(FENCE);
    let text = &text[fenced.map_or(0, |at| at + FENCE.len())..];
    let text = &text[text.find('{')?..];
    serde_json::from_str(&text[..length(text)?]).ok()
}

/// Returns a message as JSON on one line, with the fields in the order of the type.
pub fn write(message: &impl Serialize) -> String {
    serde_json::to_string(message).expect("messages are structs of strings and lists")
}

/// Returns the bytes up to the bracket that closes the first one. Brackets in strings do not count.
fn length(text: &str) -> Option<usize> {
    let mut depth = 0;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' if depth == MAX_DEPTH => return None,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn prose_around_the_object_is_skipped() {
        assert_eq!(
            object(r#"Sure: {"facts": []} Done."#),
            Some(json!({"facts": []}))
        );
    }

    #[test]
    fn a_fenced_block_wins_over_what_comes_before_it() {
        let text = "Like {this}:\n```JSON\n{\"a\": 1}\n```\n{\"b\": 2}";
        assert_eq!(object(text), Some(json!({"a": 1})));
    }

    #[test]
    fn an_object_in_a_thought_is_not_read() {
        let said = r#"<think>{"a": 1}? No.</think>{"b": 2}"#;
        assert_eq!(object(said), Some(json!({"b": 2})));
        let fenced = "<think>```json\n{\"a\": 1}\n```</think>{\"b\": 2}";
        assert_eq!(object(fenced), Some(json!({"b": 2})));
        let begun_in_the_prompt = r#"{"a": 1}? No.</think>{"b": 2}"#;
        assert_eq!(object(begun_in_the_prompt), Some(json!({"b": 2})));
        for none in [r#"<think>{"a": 1}"#, r#"<think>{"a": 1}</think>"#] {
            assert_eq!(object(none), None, "{none}");
        }
    }

    #[test]
    fn brackets_and_quotes_in_strings_do_not_count() {
        let text = r#"{"a": "} \" ] \\", "b": "{"} and {"#;
        assert_eq!(object(text), Some(json!({"a": "} \" ] \\", "b": "{"})));
    }

    #[test]
    fn what_is_cut_off_or_not_strict_is_not_read() {
        let deep = format!("{{\"a\": {}{}}}", "[".repeat(16), "]".repeat(16));
        for text in [
            "",
            "none",
            r#"{"a": ["#,
            r#"{"a": "b}"#,
            "{'a': 1}",
            "{]",
            &deep,
        ] {
            assert_eq!(object(text), None, "{text}");
        }
    }
}
