//! The items of a user's file: those of a JSON list, or JSON texts one after another, as
//! in JSON Lines. A large file is read item by item.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::environment::DataFile;
use crate::types::Error;

/// The place of an item in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The line on which it begins, counted from 1.
    pub line: usize,
    /// Its bytes.
    pub bytes: Range<usize>,
}

/// Returns the places of a file's items, in order. A list in the place of the first item is
/// the list of the items.
///
/// # Errors
/// [`Error::Invalid`] naming file, line and column if an item is not JSON.
pub fn items(file: &DataFile) -> Result<Vec<Item>, Error> {
    let refused = |error: serde_json::Error| Error::Invalid(format!("{}: {error}", file.name));
    let bytes = without_mark(&file.bytes);
    let raw: Vec<&RawValue> = match bytes.trim_ascii_start().first() {
        Some(b'[') => serde_json::from_slice(bytes).map_err(refused)?,
        _ => serde_json::Deserializer::from_slice(bytes)
            .into_iter()
            .collect::<Result<_, _>>()
            .map_err(refused)?,
    };
    let (mut line, mut counted) = (1, 0);
    let places = raw.into_iter().map(|raw| {
        let start = raw.get().as_ptr() as usize - file.bytes.as_ptr() as usize;
        let before = &file.bytes[counted..start];
        line += before.iter().filter(|&&byte| byte == b'\n').count();
        counted = start;
        Item {
            line,
            bytes: start..start + raw.get().len(),
        }
    });
    Ok(places.collect())
}

/// Returns the bytes after a byte order mark, if there is one.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

impl Item {
    /// Reads the item of a file with these bytes. Texts without escapes can be borrowed.
    ///
    /// # Errors
    /// The reason, with the line in the file.
    pub fn read<'a, T: Deserialize<'a>>(&self, bytes: &'a [u8]) -> Result<T, String> {
        serde_json::from_slice(&bytes[self.bytes.clone()]).map_err(|error| {
            let line = self.line + error.line().saturating_sub(1);
            let said = error.to_string();
            let why = said.split(" at line ").next().unwrap_or(&said);
            format!("line {line}: {why}")
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn file(text: &str) -> DataFile {
        DataFile {
            name: "data.json".into(),
            bytes: text.into(),
        }
    }

    fn texts(text: &str) -> Vec<(usize, String)> {
        let file = file(text);
        let found = items(&file).unwrap().into_iter();
        found
            .map(|item| {
                let bytes = file.bytes[item.bytes].to_vec();
                (item.line, String::from_utf8(bytes).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_list_and_lines_have_the_same_items() {
        let expected = [
            (2, "{\"a\": 1}".to_owned()),
            (3, "{\"b\": \"ü\"}".to_owned()),
        ];
        assert_eq!(texts("[\n {\"a\": 1},\n{\"b\": \"ü\"}]"), expected);
        assert_eq!(
            texts("\u{feff}\n{\"a\": 1}\r\n{\"b\": \"ü\"}\n\n"),
            expected
        );
        assert!(texts(" \n").is_empty() && texts("[]").is_empty());
    }

    #[test]
    fn what_is_not_json_is_named_with_its_place() {
        let refusal = |text: &str| items(&file(text)).unwrap_err();
        assert_eq!(
            refusal("{\"a\": 1}\n{\"b\": }"),
            Error::Invalid("data.json: expected value at line 2 column 7".into())
        );
        assert!(matches!(refusal("[{}"), Error::Invalid(_)));
    }

    #[test]
    fn an_item_that_cannot_be_read_is_named_with_its_line_in_the_file() {
        let text = "[{\"a\":\n1}, {\"a\":\n\"x\"}]";
        let file = file(text);
        let found = items(&file).unwrap();
        #[derive(Debug, Deserialize, PartialEq)]
        struct Number {
            a: u32,
        }
        assert_eq!(found[0].read::<Number>(&file.bytes), Ok(Number { a: 1 }));
        assert_eq!(
            found[1].read::<Number>(&file.bytes).unwrap_err(),
            "line 3: invalid type: string \"x\", expected u32"
        );
    }
}
