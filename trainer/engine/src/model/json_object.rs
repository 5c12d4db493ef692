//! A JSON object with errors that name the key.

use serde_json::{Map, Value};

/// A JSON object with errors that name the key. `null` counts as absent.
pub struct Json<'a>(pub(in crate::model) &'a Map<String, Value>);

impl<'a> Json<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &self,
        key: &str,
        what: &str,
        of: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let wrong = |value| format!("{key} is {value}, expected {what}");
        self.get(key)
            .map(|value| of(value).ok_or_else(|| wrong(value)))
            .transpose()
    }

    pub(in crate::model) fn count(&self, key: &str) -> Result<usize, String> {
        let count = self.typed(key, "a non-negative integer", Value::as_u64)?;
        let count = count.ok_or_else(|| format!("missing {key}"))?;
        usize::try_from(count).map_err(|_| format!("{key} = {count} is too large"))
    }

    pub(in crate::model) fn count_or(&self, key: &str, default: usize) -> Result<usize, String> {
        match self.get(key) {
            Some(_) => self.count(key),
            None => Ok(default),
        }
    }

    pub(in crate::model) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number", Value::as_f64)
    }

    pub(in crate::model) fn needed(&self, key: &str) -> Result<f64, String> {
        self.number(key)?.ok_or_else(|| format!("missing {key}"))
    }

    pub(in crate::model) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub(in crate::model) fn text(&self, key: &str) -> Result<Option<&'a str>, String> {
        self.typed(key, "a string", Value::as_str)
    }

    pub(in crate::model) fn object(&self, key: &str) -> Result<Option<Json<'a>>, String> {
        self.typed(key, "an object", |value| value.as_object().map(Json))
    }

    pub(in crate::model) fn list(&self, key: &str) -> Result<Option<&'a [Value]>, String> {
        self.typed(key, "a list", |value| value.as_array().map(Vec::as_slice))
    }

    /// Returns whether a key is present and `null`.
    pub(in crate::model) fn is_null(&self, key: &str) -> bool {
        self.0.get(key).is_some_and(Value::is_null)
    }

    /// Rejects an unsupported setting unless it is absent, false or empty.
    pub(in crate::model) fn refuse_set(&self, key: &str) -> Result<(), String> {
        match self.get(key) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(Value::Array(items)) if items.is_empty() => Ok(()),
            Some(Value::Object(items)) if items.is_empty() => Ok(()),
            Some(value) => Err(format!("unsupported {key} = {value}")),
        }
    }

    /// Rejects an unsupported part of the decoder unless it is absent or false.
    pub(in crate::model) fn refuse(&self, key: &str) -> Result<(), String> {
        match self.flag(key)? {
            Some(true) => Err(format!("unsupported {key} = true")),
            _ => Ok(()),
        }
    }
}
