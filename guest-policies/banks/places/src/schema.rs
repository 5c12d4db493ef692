//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::query;
use crate::spot::NAMES;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "places".into(),
        description: "What is where: entries by place, in chunks, or a cache of states".into(),
        operations: vec![
            operation(
                "insert",
                "Note what is in a place; the speaker is the thing that it is about.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object","properties":{"place":{"type":"string"},"kind":{"enum":["fixed","state"]}},"additionalProperties":false}},"required":["text","speaker","evidence","fields"]}"#,
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
                "touch",
                "Say that an entry of the cache was used.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"],"additionalProperties":false}"#,
            ),
            operation(
                "visit",
                "Say that a place is visited.",
                r#"{"type":"object","properties":{"place":{"type":"string"}},"required":["place"],"additionalProperties":false}"#,
            ),
            operation(
                "evict",
                "Make room by a rule: the first in, the last in, the oldest of the place visited most or least.",
                r#"{"type":"object","properties":{"rule":{"enum":["fifo","lifo","mvf","lvf"]},"place":{"type":"string"}},"additionalProperties":false}"#,
            ),
        ],
        fields: NAMES.map(String::from).into(),
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
