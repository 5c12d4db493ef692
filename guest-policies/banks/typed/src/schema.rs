//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::kind::FIELD;
use crate::query;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "typed".into(),
        description: "A core text, a list of facts and a list of events".into(),
        operations: vec![
            operation(
                "insert",
                "Note a fact (type semantic) or a dated event (type episodic); one that is there already only gains evidence.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object","properties":{"type":{"enum":["semantic","episodic"]}},"required":["type"],"additionalProperties":false}},"required":["text","speaker","evidence","fields"]}"#,
            ),
            operation(
                "update",
                "Rewrite an entry, or the core, whose id is core; evidence is kept and added to.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget an entry, or empty the core.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
        ],
        fields: vec![FIELD.into()],
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
