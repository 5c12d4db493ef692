//! Calls of tools in a reply's text.
//!
//! Two forms are read: objects between `<tool_call>` and `</tool_call>` (Hermes, Qwen, SmolLM),
//! one or a list of them, and a reply that is one object (Llama 3).

use memloom_runtime::types::{Tool, ToolCall};
use serde_json::{Map, Value, json};

const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";

/// A reply without its calls.
#[derive(Debug, Default, PartialEq)]
pub struct ParsedReply {
    /// The text around the calls.
    pub text: String,
    /// The calls in order.
    pub calls: Vec<ToolCall>,
    /// The number of calls that could not be parsed, name no tool, or have arguments that are no
    /// JSON object.
    pub malformed: u32,
}

/// Returns whether a token's text is a tag around a call.
pub fn is_tag(text: &str) -> bool {
    [OPEN, CLOSE].contains(&text)
}

/// Returns tools as chat templates and servers take them.
///
/// # Errors
/// The message names the first tool whose parameters are no JSON object.
pub fn described(tools: &[Tool]) -> Result<Vec<Value>, String> {
    let described = tools.iter().map(|tool| {
        let Tool {
            name, description, ..
        } = tool;
        let parameters = object(&tool.parameters).map_err(|error| {
            format!("the parameters of the tool {name:?} are no JSON schema: {error}")
        })?;
        let function = json!({"name": name, "description": description, "parameters": parameters});
        Ok(json!({"type": "function", "function": function}))
    });
    described.collect()
}

/// Returns calls as chat templates take them.
///
/// # Errors
/// The message names the first call whose arguments are no JSON object.
pub fn called(calls: &[ToolCall]) -> Result<Vec<Value>, String> {
    let called = calls.iter().map(|call| {
        let name = &call.name;
        let arguments = object(&call.arguments).map_err(|error| {
            format!("the arguments of a call of {name:?} are no JSON object: {error}")
        })?;
        Ok(json!({"type": "function", "function": {"name": name, "arguments": arguments}}))
    });
    called.collect()
}

fn object(text: &str) -> serde_json::Result<Map<String, Value>> {
    serde_json::from_str(text)
}

/// Parses the calls of a reply to a request that offers `tools`.
pub fn parse(reply: &str, tools: &[Tool]) -> ParsedReply {
    let mut parsed = ParsedReply::default();
    if !reply.contains(OPEN) {
        match object(reply.trim()) {
            Ok(object) if object.contains_key("name") => parsed.read(object.into(), tools),
            _ => parsed.text = reply.into(),
        }
        return parsed;
    }
    let mut rest = reply;
    while let Some((before, after)) = rest.split_once(OPEN) {
        parsed.text += before;
        let (call, next) = after.split_once(CLOSE).unwrap_or((after, ""));
        match serde_json::from_str::<Value>(call.trim()) {
            Ok(Value::Array(calls)) => {
                for call in calls {
                    parsed.read(call, tools);
                }
            }
            Ok(call) => parsed.read(call, tools),
            Err(_) => parsed.malformed += 1,
        }
        rest = next;
    }
    parsed.text += rest;
    parsed.text = parsed.text.trim().into();
    parsed
}

impl ParsedReply {
    /// Returns a reply without calls.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// Reads one call.
    pub fn read(&mut self, call: Value, tools: &[Tool]) {
        match checked(&call, tools) {
            Some(call) => self.calls.push(call),
            None => self.malformed += 1,
        }
    }
}

/// Returns a call of one of the tools, if it is one.
fn checked(call: &Value, tools: &[Tool]) -> Option<ToolCall> {
    let name = call.get("name")?.as_str()?;
    tools.iter().find(|tool| tool.name == name)?;
    let arguments = call.get("arguments").or_else(|| call.get("parameters"))?;
    // Servers send them as a text.
    let arguments: Map<String, Value> = match arguments {
        Value::String(text) => object(text).ok()?,
        Value::Object(object) => object.clone(),
        _ => return None,
    };
    Some(ToolCall {
        name: name.into(),
        arguments: Value::Object(arguments).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools() -> [Tool; 1] {
        [Tool {
            name: "search".into(),
            description: "Find facts.".into(),
            parameters: r#"{"type": "object"}"#.into(),
        }]
    }

    fn search(arguments: &str) -> ToolCall {
        ToolCall {
            name: "search".into(),
            arguments: arguments.into(),
        }
    }

    #[test]
    fn calls_are_told_from_the_text_around_them() {
        let reply = r#"I look. <tool_call>
{"name": "search", "arguments": {"words": "lamp"}}
</tool_call><tool_call>[{"name": "search", "arguments": {}}]</tool_call>"#;
        let parsed = parse(reply, &tools());
        assert_eq!(parsed.text, "I look.");
        assert_eq!(parsed.calls, [search(r#"{"words":"lamp"}"#), search("{}")]);
        assert_eq!(parsed.malformed, 0);
        let parsed = parse(r#"{"name": "search", "parameters": {"k": 1}}"#, &tools());
        assert_eq!((parsed.text.as_str(), parsed.calls.len()), ("", 1));
    }

    #[test]
    fn what_is_no_call_of_a_tool_counts_as_malformed() {
        for reply in [
            "<tool_call>{\"name\": \"search\", \"arguments\": {",
            "<tool_call>{\"name\": \"find\", \"arguments\": {}}</tool_call>",
            "<tool_call>{\"name\": \"search\", \"arguments\": [1]}</tool_call>",
            "<tool_call>{\"name\": \"search\", \"arguments\": \"no JSON\"}</tool_call>",
            "<tool_call>{\"name\": \"search\"}</tool_call>",
            "<tool_call></tool_call>",
            "{\"name\": \"find\", \"arguments\": {}}",
        ] {
            let parsed = parse(reply, &tools());
            assert_eq!((parsed.calls.len(), parsed.malformed), (0, 1), "{reply}");
        }
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for reply in ["", " Oslo. ", "{\"answer\": 1}", "</tool_call>"] {
            let parsed = parse(reply, &tools());
            assert_eq!((parsed.text.as_str(), parsed.malformed), (reply, 0));
        }
    }

    #[test]
    fn parameters_that_are_no_schema_are_named() {
        let [tool] = tools();
        let odd = Tool {
            parameters: "[]".into(),
            ..tool
        };
        let why = described(&[odd]).expect_err("refused");
        assert!(why.contains("\"search\""), "{why}");
        assert_eq!(described(&tools()).map(|all| all.len()), Ok(1));
        let why = called(&[search("no JSON")]).expect_err("refused");
        assert!(why.contains("\"search\""), "{why}");
    }
}
