//! Rows of tables, which are also the arguments of calls and the slots of tasks.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Fields by name, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row(Vec<(String, String)>);

impl Row {
    /// Returns a row of these fields.
    #[must_use]
    pub fn new(fields: &[(&str, &str)]) -> Self {
        fields.iter().copied().collect()
    }

    /// Returns the value of a field; empty if there is none.
    #[must_use]
    pub fn get(&self, field: &str) -> &str {
        self.fields()
            .find(|(name, _)| *name == field)
            .map_or("", |(_, value)| value)
    }

    /// Returns whether it has a field.
    #[must_use]
    pub fn has(&self, field: &str) -> bool {
        self.fields().any(|(name, _)| name == field)
    }

    /// Sets a field.
    pub fn set(&mut self, field: &str, value: &str) {
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = value.into(),
            None => self.0.push((field.into(), value.into())),
        }
    }

    /// Returns it with a field set.
    #[must_use]
    pub fn with(mut self, field: &str, value: &str) -> Self {
        self.set(field, value);
        self
    }

    /// Returns the fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns the fields of these names, in their order.
    #[must_use]
    pub fn pick(&self, names: &[&str]) -> Self {
        names
            .iter()
            .filter(|name| self.has(name))
            .map(|name| (*name, self.get(name)))
            .collect()
    }

    /// Returns it with the fields of these names first, in their order.
    #[must_use]
    pub fn ordered(mut self, names: &[&str]) -> Self {
        let place = |name: &str| names.iter().position(|known| *known == name);
        self.0
            .sort_by_key(|(name, _)| place(name).unwrap_or(names.len()));
        self
    }

    /// Returns the number of its fields that the other row has with the same value.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        self.fields()
            .filter(|(name, value)| other.has(name) && other.get(name) == *value)
            .count()
    }

    /// Returns whether the other row has all its fields with the same values.
    #[must_use]
    pub fn within(&self, other: &Self) -> bool {
        self.shared(other) == self.0.len()
    }

    /// Returns the number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether it has no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Row {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(fields: I) -> Self {
        let mut row = Self::default();
        for (name, value) in fields {
            row.set(name, value);
        }
        row
    }
}

/// Writes `name value name value`.
impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.fields().enumerate() {
            let space = if place == 0 { "" } else { " " };
            write!(f, "{space}{name} {}", quoted(value))?;
        }
        Ok(())
    }
}

/// Returns a value in quotes if it would not be one word of a call.
#[must_use]
pub fn quoted(value: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && c != '"' && c != '\\';
    if !value.is_empty() && !value.starts_with('$') && value.chars().all(plain) {
        return value.into();
    }
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}
