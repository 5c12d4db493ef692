//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::note::FIELDS;
use crate::query;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "notes".into(),
        description: "Notes with keywords, a context and tags, which link and rewrite each other"
            .into(),
        operations: vec![
            operation(
                "insert",
                "Write a note, with the fields context, keywords and tags.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object","properties":{"context":{"type":"string"},"keywords":{"type":"string"},"tags":{"type":"string"}},"additionalProperties":false}},"required":["text","speaker","evidence"]}"#,
            ),
            operation(
                "update",
                "Rewrite a note's text and some of its fields; evidence is kept and added to.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object"}},"required":["id","text","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget a note, and the links to it.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
            operation(
                "evolve",
                "Link a note to others, replace its tags, and rewrite the context and tags of its neighbours.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"links":{"type":"array","items":{"type":"string"}},"tags":{"type":"array","items":{"type":"string"}},"neighbours":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"context":{"type":"string"},"tags":{"type":"array","items":{"type":"string"}},"vector":{"type":"array","items":{"type":"number"}}},"required":["id","context","tags"],"additionalProperties":false}}},"required":["id"],"additionalProperties":false}"#,
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
