//! The functions that the writer calls, by the names of the paper's code.

use memloom_json::schema::{any_of, list, object, one_of, text_up_to};
use memloom_sdk::host::Tool;

use crate::options::Options;
use crate::view::{LISTS, View};

/// The function that inserts an entry.
pub const INSERT: &str = "new_memory_insert";
/// The function that rewrites an entry or the core.
pub const UPDATE: &str = "memory_update";
/// The function that removes an entry or empties the core.
pub const DELETE: &str = "memory_delete";

/// The value of `memory_type` for the core.
pub const CORE: &str = "core_memory";

/// Returns the functions for a chat template.
pub fn tools() -> Vec<Tool> {
    let tool = |name: &str, description: &str, parameters: &str| Tool {
        name: name.into(),
        description: description.into(),
        parameters: parameters.into(),
    };
    vec![
        tool(
            INSERT,
            "Insert a fact into semantic memory, or a dated event into episodic memory.",
            r#"{"type":"object","properties":{"memory_type":{"enum":["semantic_memory","episodic_memory"]},"content":{"type":"string"}},"required":["memory_type","content"]}"#,
        ),
        tool(
            UPDATE,
            "Rewrite an entry, which memory_id names, or the core memory.",
            r#"{"type":"object","properties":{"memory_type":{"enum":["core_memory","semantic_memory","episodic_memory"]},"new_content":{"type":"string"},"memory_id":{"type":"string"}},"required":["memory_type","new_content"]}"#,
        ),
        tool(
            DELETE,
            "Remove an entry, which memory_id names, or empty the core memory.",
            r#"{"type":"object","properties":{"memory_type":{"enum":["core_memory","semantic_memory","episodic_memory"]},"memory_id":{"type":"string"}},"required":["memory_type"]}"#,
        ),
    ]
}

/// Returns the schema of constrained outputs in view of the memory.
pub fn schema(options: &Options, view: &View) -> String {
    let text = || text_up_to(options.max_chars);
    let kind = |name| ("memory_type", one_of([name]));
    let call = |name, arguments: &[(&str, String)]| {
        object(&[("name", one_of([name])), ("arguments", object(arguments))])
    };
    let mut calls = vec![
        call(
            INSERT,
            &[
                ("memory_type", one_of(LISTS.map(|(name, _)| name))),
                ("content", text()),
            ],
        ),
        call(UPDATE, &[kind(CORE), ("new_content", text())]),
        call(DELETE, &[kind(CORE)]),
    ];
    for (name, of_bank) in LISTS {
        let mut ids = view.ids(of_bank).peekable();
        if ids.peek().is_none() {
            continue;
        }
        let id = ("memory_id", one_of(ids));
        let content = ("new_content", text());
        calls.push(call(UPDATE, &[kind(name), content, id.clone()]));
        calls.push(call(DELETE, &[kind(name), id]));
    }
    object(&[("calls", list(&any_of(&calls), options.max_calls))])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_json_and_named_like_the_papers() {
        let tools = tools();
        let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
        assert_eq!(
            names,
            ["new_memory_insert", "memory_update", "memory_delete"]
        );
        for tool in tools {
            let parameters: Result<serde_json::Value, _> = serde_json::from_str(&tool.parameters);
            assert!(parameters.is_ok(), "{}", tool.name);
        }
    }
}
