//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::fields::NAMES;
use crate::query::SCHEMA;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "cases".into(),
        description: "Goals with the plans that were tried, and what came of them".into(),
        operations: vec![
            operation(
                "insert",
                "Note a case: the goal as text, with the field plan. The same goal and plan again are the same case.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object"}},"required":["text","speaker","evidence","fields"]}"#,
            ),
            operation(
                "update",
                "Rewrite a case's goal and some of its fields.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object"}},"required":["id","text","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget a case.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
            operation(
                "outcome",
                "Say what the use of cases came to: a reward from 0 to 1, and the goal that they were used for.",
                r#"{"type":"object","properties":{"ids":{"type":"array","items":{"type":"string"},"minItems":1},"reward":{"type":"number","minimum":0,"maximum":1},"goal":{"type":"string"}},"required":["ids","reward"],"additionalProperties":false}"#,
            ),
            operation(
                "prune",
                "Say that cases were shown for nothing. One that is pruned too often is forgotten.",
                r#"{"type":"object","properties":{"ids":{"type":"array","items":{"type":"string"},"minItems":1}},"required":["ids"],"additionalProperties":false}"#,
            ),
        ],
        fields: NAMES.map(String::from).into(),
        query_options: SCHEMA.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_described_by_json_objects() {
        for operation in schema().operations {
            let arguments: Result<serde_json::Value, _> =
                serde_json::from_str(&operation.arguments);
            assert!(
                arguments.is_ok_and(|arguments| arguments.is_object()),
                "{}",
                operation.name
            );
        }
    }
}
