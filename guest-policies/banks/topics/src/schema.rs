//! The schema: operations, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::query;

/// Returns the bank's schema.
pub fn schema() -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    Schema {
        name: "topics".into(),
        description: "Summaries of topics, reranked by what answers cited".into(),
        operations: vec![
            operation(
                "insert",
                "Note the summary of a topic; one that is there already only gains evidence.",
                r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["text","speaker","evidence"]}"#,
            ),
            operation(
                "update",
                "Rewrite a summary; evidence is kept and added to.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"]}"#,
            ),
            operation(
                "delete",
                "Forget a topic.",
                r#"{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"#,
            ),
            operation(
                "merge",
                "Make a topic's summary that of an old and a new one; evidence is united.",
                r#"{"type":"object","properties":{"id":{"type":"string"},"text":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}}},"required":["id","text","evidence"],"additionalProperties":false}"#,
            ),
            operation(
                "cited",
                "Teach the reranker which of the topics that were shown for a query the answer cites.",
                r#"{"type":"object","properties":{"query":{"type":"string"},"shown":{"type":"array","items":{"type":"string"},"minItems":1,"uniqueItems":true},"cited":{"type":"array","items":{"type":"string"}}},"required":["query","shown","cited"],"additionalProperties":false}"#,
            ),
        ],
        fields: Vec::new(),
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
