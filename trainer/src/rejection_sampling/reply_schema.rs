//! Grammars of requests, as servers take them and as their replies fit them.

use serde_json::{Value, json};

/// Returns the key `response_format` for a JSON schema; `None` for an expression over words,
/// which no chat server follows.
pub fn response_format(role: &str, grammar: &str) -> Option<Value> {
    let schema: Value = serde_json::from_str(grammar).ok()?;
    let named = json!({"name": role, "schema": schema});
    Some(json!({"type": "json_schema", "json_schema": named}))
}

/// Returns a reply without spaces around parts of its JSON, which a grammar of a policy does
/// not allow. A reply that is no JSON stays as it is.
pub fn compact(reply: &str) -> String {
    match serde_json::from_str::<Value>(reply) {
        Ok(value) => value.to_string(),
        Err(_) => reply.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_keep_the_order_of_their_parts() {
        let reply = "{\n  \"facts\": [ {\"z\": \"a b\",  \"a\": 1.50} ]\n}";
        assert_eq!(compact(reply), r#"{"facts":[{"z":"a b","a":1.5}]}"#);
        assert_eq!(compact("none, sorry"), "none, sorry");
    }

    #[test]
    fn words_have_no_response_format() {
        assert_eq!(response_format("extractor", "t1 (keep | drop)"), None);
        let format = response_format("extractor", r#"{"type": "object"}"#);
        let expected = json!({"type": "json_schema", "json_schema": {
            "name": "extractor", "schema": {"type": "object"},
        }});
        assert_eq!(format, Some(expected));
    }
}
