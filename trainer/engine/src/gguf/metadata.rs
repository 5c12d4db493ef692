//! The metadata of a GGUF file: values by key, with errors that name the key.

use std::collections::BTreeMap;

/// Values by key.
#[derive(Default)]
pub(crate) struct Metadata(pub(super) BTreeMap<String, Value>);

/// A value.
pub(super) enum Value {
    Integer(i128),
    Number(f64),
    Flag(bool),
    Text(String),
    List(List),
}

/// A list, as the file has it: most lists are as long as the vocabulary, and few are read.
pub(super) struct List {
    pub(super) item: Item,
    pub(super) bytes: Vec<u8>,
}

/// The type of a value, by its number in files.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    Integer { bytes: usize, signed: bool },
    Float { bytes: usize },
    Flag,
    Text,
    List,
}

impl Item {
    pub(super) fn of(number: u32) -> Option<Self> {
        let integer = |bytes, signed| Self::Integer { bytes, signed };
        Some(match number {
            0 => integer(1, false),
            1 => integer(1, true),
            2 => integer(2, false),
            3 => integer(2, true),
            4 => integer(4, false),
            5 => integer(4, true),
            6 => Self::Float { bytes: 4 },
            7 => Self::Flag,
            8 => Self::Text,
            9 => Self::List,
            10 => integer(8, false),
            11 => integer(8, true),
            12 => Self::Float { bytes: 8 },
            _ => return None,
        })
    }

    /// Returns the size of a value, or `None` if it varies.
    pub(super) fn size(self) -> Option<usize> {
        match self {
            Self::Integer { bytes, .. } | Self::Float { bytes } => Some(bytes),
            Self::Flag => Some(1),
            Self::Text | Self::List => None,
        }
    }

    /// Reads a value of a fixed size.
    pub(super) fn scalar(self, bytes: &[u8]) -> Value {
        match self {
            Self::Float { bytes: 4 } => {
                let value = f32::from_le_bytes(padded(bytes, 0));
                // The shortest decimal: files hold 1e-5 as the nearest 32-bit number.
                Value::Number(value.to_string().parse().unwrap_or(f64::from(value)))
            }
            Self::Float { .. } => Value::Number(f64::from_le_bytes(padded(bytes, 0))),
            Self::Flag => Value::Flag(bytes != [0]),
            Self::Integer { signed, .. } => {
                let negative = signed && bytes.last().is_some_and(|last| *last >= 128);
                let fill = if negative { 0xFF } else { 0 };
                Value::Integer(i128::from_le_bytes(padded(bytes, fill)))
            }
            // Callers read texts and lists themselves.
            Self::Text | Self::List => Value::Flag(false),
        }
    }
}

/// Returns little-endian bytes with `fill` above them.
fn padded<const N: usize>(bytes: &[u8], fill: u8) -> [u8; N] {
    std::array::from_fn(|at| bytes.get(at).copied().unwrap_or(fill))
}

impl Metadata {
    /// Returns a text, or `None` if it is absent.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&str>, String> {
        self.typed(key, "a text", |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Returns a count, or `None` if it is absent.
    pub(crate) fn count(&self, key: &str) -> Result<Option<usize>, String> {
        self.typed(key, "a count", |value| match value {
            Value::Integer(count) => usize::try_from(*count).ok(),
            _ => None,
        })
    }

    /// Returns a number, or `None` if it is absent.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>, String> {
        self.typed(key, "a number", |value| match value {
            Value::Number(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        })
    }

    /// Returns a flag, or `None` if it is absent.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, String> {
        self.typed(key, "true or false", |value| match value {
            Value::Flag(flag) => Some(*flag),
            _ => None,
        })
    }

    /// Returns a list of texts.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<&str>, String> {
        self.list(key, "a list of texts", |list| {
            (list.item == Item::Text).then(|| texts(&list.bytes))
        })
    }

    /// Returns a list of integers.
    pub(crate) fn integers(&self, key: &str) -> Result<Vec<i128>, String> {
        self.scalars(key, "a list of integers", |value| match value {
            Value::Integer(integer) => Some(integer),
            _ => None,
        })
    }

    /// Returns a list of numbers.
    pub(crate) fn numbers(&self, key: &str) -> Result<Vec<f64>, String> {
        self.scalars(key, "a list of numbers", |value| match value {
            Value::Number(number) => Some(number),
            _ => None,
        })
    }

    fn scalars<T>(
        &self,
        key: &str,
        what: &str,
        of: impl Fn(Value) -> Option<T>,
    ) -> Result<Vec<T>, String> {
        self.list(key, what, |list| {
            let items = list.bytes.chunks_exact(list.item.size()?);
            items.map(|bytes| of(list.item.scalar(bytes))).collect()
        })
    }

    fn list<'a, T>(
        &'a self,
        key: &str,
        what: &str,
        of: impl Fn(&'a List) -> Option<T>,
    ) -> Result<T, String> {
        let list = self.typed(key, what, |value| match value {
            Value::List(list) => of(list),
            _ => None,
        })?;
        needed(key, list)
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        what: &str,
        of: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let wrong = || format!("{key} is not {what}");
        let value = self.0.get(key);
        value.map(|value| of(value).ok_or_else(wrong)).transpose()
    }
}

/// Returns a value that must be there.
pub(crate) fn needed<T>(key: &str, value: Option<T>) -> Result<T, String> {
    value.ok_or_else(|| format!("the metadata has no {key}"))
}

/// Splits a list of texts, which `header.rs` has checked.
fn texts(mut bytes: &[u8]) -> Vec<&str> {
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (text, rest) = rest.split_at(u64::from_le_bytes(*length) as usize);
        texts.push(std::str::from_utf8(text).unwrap_or_default());
        bytes = rest;
    }
    texts
}
