//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::query;

/// The fields of an entry.
pub const FIELDS: [&str; 3] = ["kind", "group", "title"];

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "tray".into(),
        description: "Records of calls and results that are folded into summaries".into(),
        operations: vec![
            operation(
                "insert",
                "Note a record, in the open group if there is one.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","speaker","evidence"]}"#,
            ),
            operation(
                "update",
                "Rewrite an entry; its evidence is kept and added to.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget an entry.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
            operation(
                "fold",
                "Replace entries by a summary, which keeps their evidence.",
                r#"{"type":"object","properties":{"ids":{"type":"array","items":{"type":"string"},"minItems":1},"summary":{"type":"string"}},"required":["ids","summary"],"additionalProperties":false}"#,
            ),
            operation(
                "open-group",
                "Begin a subgoal: records belong to it until it is closed.",
                r#"{"type":"object","properties":{"title":{"type":"string"}},"required":["title"],"additionalProperties":false}"#,
            ),
            operation(
                "close-group",
                "End the subgoal with a summary of what came of it; its records stay.",
                r#"{"type":"object","properties":{"summary":{"type":"string"}},"required":["summary"],"additionalProperties":false}"#,
            ),
        ],
        fields: FIELDS.map(String::from).into(),
        query_options: query::SCHEMA.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_described_by_json_objects() {
        let schema = schema();
        let arguments = schema.operations.iter().map(|of| &of.arguments);
        for json in arguments.chain([&schema.query_options]) {
            let read: Result<serde_json::Value, _> = serde_json::from_str(json);
            assert!(read.is_ok_and(|read| read.is_object()), "{json}");
        }
    }
}
