//! The schema: operations, fields, options of queries.

use memloom_sdk::bank::{OperationSchema, Schema};

use crate::options::Mode;
use crate::query;
use crate::spot::NAMES;

/// The arguments of an insertion in the mode `places`.
const INSERT: &str = r#"{"type":"object","properties":{"text":{"type":"string"},"speaker":{"type":"string"},"evidence":{"type":"array","items":{"type":"string"}},"fields":{"type":"object","properties":{"place":{"type":"string"},"kind":{"enum":["fixed","state"]}},"required":["place"],"additionalProperties":false}},"required":["text","speaker","evidence","fields"]}"#;
/// The part of them that the other modes do not have.
const NEEDS_PLACE: &str = r#""required":["place"],"#;

/// Returns the schema of the bank in a mode, with the operations that the mode has.
pub fn schema(mode: Mode) -> Schema {
    let operation = |name: &str, description: &str, arguments: &str| OperationSchema {
        name: name.into(),
        description: description.into(),
        arguments: arguments.into(),
    };
    let insert = match mode {
        Mode::Places => INSERT.to_owned(),
        Mode::Chunks | Mode::Cache => INSERT.replace(NEEDS_PLACE, ""),
    };
    let is_of_mode = |operation: &OperationSchema| match &*operation.name {
        "touch" => mode == Mode::Cache,
        "visit" | "evict" => mode != Mode::Cache,
        _ => true,
    };
    let mut schema = Schema {
        name: "places".into(),
        description: "What is where: entries by place, in chunks, or a cache of states".into(),
        operations: vec![
            operation(
                "insert",
                "Note what is in a place; the speaker is the thing that it is about.",
                &insert,
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
    };
    schema.operations.retain(is_of_mode);
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_described_by_json_objects() {
        for mode in [Mode::Places, Mode::Chunks, Mode::Cache] {
            let schema = schema(mode);
            let arguments = schema.operations.iter().map(|of| &of.arguments);
            for json in arguments.chain([&schema.query_options]) {
                let read: Result<serde_json::Value, _> = serde_json::from_str(json);
                assert!(read.is_ok_and(|read| read.is_object()), "{json}");
            }
        }
    }

    #[test]
    fn a_mode_has_its_operations_and_needs_a_place_or_not() {
        for (mode, last, needs_place) in [
            (Mode::Places, "evict", true),
            (Mode::Chunks, "evict", false),
            (Mode::Cache, "touch", false),
        ] {
            let operations = schema(mode).operations;
            assert_eq!(operations.last().map(|it| &*it.name), Some(last));
            assert_eq!(operations[0].arguments.contains(NEEDS_PLACE), needs_place);
        }
    }
}
