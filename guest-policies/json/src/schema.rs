//! JSON schemas of outputs, written by hand: their properties are in the order of the
//! message's fields.

/// The schema of a text that does not begin with a space.
const TEXT: &str = r#"{"type":"string","pattern":"^\\S"}"#;

/// Returns the schema of a text of at most so many characters that does not begin with a space.
pub fn text_up_to(chars: usize) -> String {
    format!(r#"{{"type":"string","pattern":"^\\S","maxLength":{chars}}}"#)
}

/// Returns the schema of an object with exactly these properties in this order.
pub fn object(properties: &[(&str, String)]) -> String {
    let names: Vec<String> = properties.iter().map(|(name, _)| quoted(name)).collect();
    let pairs = names.iter().zip(properties);
    let pairs: Vec<String> = pairs
        .map(|(name, (_, of))| format!("{name}:{of}"))
        .collect();
    format!(
        r#"{{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":false}}"#,
        pairs.join(","),
        names.join(",")
    )
}

/// Returns the schema of a list of at most so many items.
pub fn list(item: &str, most: usize) -> String {
    format!(r#"{{"type":"array","maxItems":{most},"items":{item}}}"#)
}

/// Returns the schema of one of several alternatives.
pub fn any_of(schemas: &[String]) -> String {
    format!(r#"{{"anyOf":[{}]}}"#, schemas.join(","))
}

/// Returns the schema of one of these texts; of any text if there are none. Texts may repeat.
pub fn one_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<String> = Vec::new();
    for text in texts.into_iter().map(quoted) {
        if !known.contains(&text) {
            known.push(text);
        }
    }
    match known.is_empty() {
        true => TEXT.into(),
        false => format!(r#"{{"enum":[{}]}}"#, known.join(",")),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_json_and_keeps_its_order() {
        let name = one_of(["Ben", "A\"", "Ben"]);
        let schema = object(&[
            ("name", name),
            ("all", list(&text_up_to(9), 4)),
            ("free", one_of([])),
        ]);
        assert_eq!(
            schema,
            concat!(
                r#"{"type":"object","properties":{"name":{"enum":["Ben","A\""]},"#,
                r#""all":{"type":"array","maxItems":4,"items":{"type":"string","pattern":"^\\S","maxLength":9}},"#,
                r#""free":{"type":"string","pattern":"^\\S"}},"#,
                r#""required":["name","all","free"],"additionalProperties":false}"#
            )
        );
        assert!(serde_json::from_str::<serde_json::Value>(&any_of(&[schema])).is_ok());
    }
}
