//! Questions as files have them, of which a few may be malformed: what is meant is
//! read where it is plain, so that one question does not cost the whole file.

use memloom_sdk::text::lower_words;
use serde::Deserialize;
use serde_json::Value;

use crate::category::Category;

/// One question.
#[derive(Debug, Deserialize)]
#[serde(from = "Value")]
pub struct Qa {
    /// As a person would ask it; empty where the file has no text.
    pub question: String,
    /// None where there is none, as for most adversarial questions.
    pub answer: Option<String>,
    /// Strings of turn ids, not always well formed.
    pub evidence: Vec<String>,
    /// None where it is none of 1 to 5.
    pub category: Option<Category>,
    /// Fields that were not of their usual type and were read all the same.
    pub repaired: Vec<&'static str>,
}

impl From<Value> for Qa {
    fn from(item: Value) -> Self {
        let mut repaired = Vec::new();
        let field = |name: &str| item.get(name).unwrap_or(&Value::Null);
        let category = match field("category") {
            Value::Number(code) if code.is_u64() => code.as_u64().and_then(category),
            other => {
                let read = named_category(other);
                repaired.extend(read.map(|_| "category"));
                read
            }
        };
        let answer = match field("answer") {
            Value::Array(parts) => {
                let parts: Option<Vec<String>> = parts.iter().map(plain).collect();
                let read = parts.filter(|parts| !parts.is_empty());
                repaired.extend(read.as_ref().map(|_| "answer"));
                read.map(|parts| parts.join(", "))
            }
            other => plain(other),
        };
        let evidence = match field("evidence") {
            Value::String(text) => {
                repaired.push("evidence");
                vec![text.clone()]
            }
            Value::Array(items) => {
                let usual = items.iter().all(Value::is_string);
                repaired.extend((!usual).then_some("evidence"));
                items.iter().flat_map(strings).collect()
            }
            _ => Vec::new(),
        };
        Self {
            question: plain(field("question")).unwrap_or_default(),
            answer,
            evidence,
            category,
            repaired,
        }
    }
}

fn category(code: u64) -> Option<Category> {
    Category::from_code(u32::try_from(code).ok()?)
}

/// The category that a text or a number with a fraction of 0 means: `"4"`, `4.0`,
/// `"single hop"`.
fn named_category(value: &Value) -> Option<Category> {
    if let Some(code) = value.as_f64() {
        let code = (code.fract() == 0.0).then_some(code)?;
        return category(code as u64);
    }
    let text = value.as_str()?.trim();
    if let Ok(code) = text.parse() {
        return category(code);
    }
    let mut all = Category::ALL.into_iter();
    all.find(|category| lower_words(category.name()) == lower_words(&text.replace('_', " ")))
}

/// The text of a string or a number; none of a blank one, or of anything else.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// All strings of a value and of the lists in it.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(field: &str, value: Value) -> Qa {
        let mut item =
            json!({"question": "Q?", "answer": "a", "evidence": ["D1:1"], "category": 4});
        item[field] = value;
        Qa::from(item)
    }

    #[test]
    fn a_usual_question_needs_no_repair() {
        let qa = read("answer", json!(2019));
        assert_eq!(qa.answer.as_deref(), Some("2019"));
        assert_eq!(
            (qa.question.as_str(), &*qa.evidence),
            ("Q?", &["D1:1".to_string()][..])
        );
        assert_eq!(qa.category, Some(Category::SingleHop));
        assert!(qa.repaired.is_empty());
    }

    #[test]
    fn categories_are_read_as_texts_and_names_too() {
        for (value, category) in [
            (json!("4"), Some(Category::SingleHop)),
            (json!(" 1 "), Some(Category::MultiHop)),
            (json!("Open_Domain"), Some(Category::OpenDomain)),
            (json!("single hop"), Some(Category::SingleHop)),
            (json!("six"), None),
            (json!("6"), None),
            (json!(null), None),
            (json!([4]), None),
            (json!(-1), None),
        ] {
            let qa = read("category", value.clone());
            assert_eq!(qa.category, category, "{value}");
            let repaired = category.map(|_| "category");
            assert_eq!(qa.repaired, Vec::from_iter(repaired), "{value}");
        }
        assert_eq!(
            read("category", json!(2.0)).category,
            Some(Category::Temporal)
        );
        assert_eq!(read("category", json!(2.5)).category, None);
    }

    #[test]
    fn answers_in_a_list_become_one() {
        let qa = read("answer", json!(["a kite", 2]));
        assert_eq!(qa.answer.as_deref(), Some("a kite, 2"));
        assert_eq!(qa.repaired, ["answer"]);
        for none in [
            json!([]),
            json!([null]),
            json!({}),
            json!(""),
            json!(null),
            json!(true),
        ] {
            let qa = read("answer", none.clone());
            assert_eq!((qa.answer, qa.repaired.len()), (None, 0), "{none}");
        }
    }

    #[test]
    fn evidence_is_all_that_is_text() {
        let evidence = |value| read("evidence", value).evidence;
        assert_eq!(evidence(json!("D1:1; D1:2")), ["D1:1; D1:2"]);
        assert_eq!(evidence(json!([["D1:1"], null, "D1:2"])), ["D1:1", "D1:2"]);
        assert!(evidence(json!(null)).is_empty());
        assert!(evidence(json!({"D1:1": 1})).is_empty());
        assert_eq!(read("evidence", json!("D1:1")).repaired, ["evidence"]);
        assert_eq!(
            read("evidence", json!([null, "D1:1"])).repaired,
            ["evidence"]
        );
    }

    #[test]
    fn what_is_no_object_asks_nothing() {
        for item in [json!(null), json!("Q?"), json!([])] {
            let qa = Qa::from(item);
            assert_eq!((qa.question.as_str(), qa.category), ("", None));
        }
    }
}
