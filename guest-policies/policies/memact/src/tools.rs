//! The tools of a chat template, by the names of the paper's code.

use memloom_sdk::host::Tool;

use crate::options::{Calls, Options};

/// The tool that searches.
pub const SEARCH: &str = "search";
/// The tool that folds records.
pub const PRUNE: &str = "prune_context";

/// Returns the tools of a request; none where calls are in the text.
pub fn tools(options: &Options) -> Vec<Tool> {
    if options.calls == Calls::Json {
        return Vec::new();
    }
    let tool = |name: &str, description: &str, parameters: &str| Tool {
        name: name.into(),
        description: description.into(),
        parameters: parameters.into(),
    };
    let search = tool(
        SEARCH,
        "Find the documents that fit a query best.",
        r#"{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}"#,
    );
    let prune = tool(
        PRUNE,
        "Delete records by their handles, and leave a memory of them in their place.",
        r#"{"type":"object","properties":{"memory":{"type":"string"},"delete_ids":{"type":"array","items":{"type":"string"},"minItems":1}},"required":["memory","delete_ids"]}"#,
    );
    let prune = options.fold.then_some(prune);
    [search].into_iter().chain(prune).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &str) -> Vec<String> {
        let options = Options::parse(options).unwrap_or_default();
        let tools = tools(&options).into_iter();
        let names = tools.map(|tool| {
            let parameters: Result<serde_json::Value, _> = serde_json::from_str(&tool.parameters);
            assert!(parameters.is_ok(), "{}", tool.name);
            tool.name
        });
        names.collect()
    }

    #[test]
    fn the_control_has_no_tool_to_fold_with() {
        assert_eq!(names(r#"{"calls": "tools"}"#), ["search", "prune_context"]);
        assert_eq!(names(r#"{"calls": "tools", "fold": false}"#), ["search"]);
        assert_eq!(names("{}"), [""; 0]);
    }
}
