//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::node::FIELDS;
use crate::query;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "graph".into(),
        description: "Triples, the observations that gave them, and recipes".into(),
        operations: vec![
            operation(
                "insert",
                "Note an observation that gave no triples.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","speaker","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget an entry.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
            operation(
                "link",
                "Note a triple; one that is there already only gains evidence.",
                r#"{"type":"object","properties":{"subject":{"type":"string"},"relation":{"type":"string"},"object":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["subject","relation","object"],"additionalProperties":false}"#,
            ),
            operation(
                "replace",
                "Put a triple in the place of one that is no longer so.",
                r#"{"type":"object","properties":{"old":{"type":"array","items":{"type":"string"},"minItems":3,"maxItems":3},"new":{"type":"array","items":{"type":"string"},"minItems":3,"maxItems":3},"evidence":{"type":"array","items":{"type":"string"}}},"required":["old","new"],"additionalProperties":false}"#,
            ),
            operation(
                "episode",
                "Note an observation with the ids of the triples that it gave.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"triples":{"type":"array","items":{"type":"string"}},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","triples"],"additionalProperties":false}"#,
            ),
            operation(
                "recipe",
                "Note how an item is made: how many at once, of what, and with which tools. An item has one recipe.",
                r#"{"type":"object","properties":{"item":{"type":"string"},"makes":{"type":"integer","minimum":1},"needs":{"type":"object","additionalProperties":{"type":"integer","minimum":1},"minProperties":1},"tools":{"type":"array","items":{"type":"string"}},"evidence":{"type":"array","items":{"type":"string"}}},"required":["item","makes","needs"],"additionalProperties":false}"#,
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
