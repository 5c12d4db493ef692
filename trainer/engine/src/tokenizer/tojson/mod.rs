//! The filter `tojson` of Hugging Face's chat templates: Python's `json.dumps`, by default with
//! `ensure_ascii=False`, and without Jinja's escapes for HTML.

use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind};

/// Writes a value as `json.dumps` does. The options are `ensure_ascii`, `indent`, `separators` and
/// `sort_keys`, positional or by keyword.
pub(super) fn tojson(value: &Value, options: Rest<ValueOrKwargs>) -> Result<String, Error> {
    let options = options.into_values();
    let (places, named): (&[Value], Kwargs) = from_args(&options)?;
    if places.len() > 4 {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let option = |place: usize, name: &str| -> Result<Option<Value>, Error> {
        let given = match places.get(place) {
            Some(value) => Some(value.clone()),
            None => named.get(name)?,
        };
        Ok(given.filter(|value| !value.is_none() && !value.is_undefined()))
    };
    let ensure_ascii = option(0, "ensure_ascii")?;
    let indent = option(1, "indent")?;
    let separators = option(2, "separators")?;
    let sort_keys = option(3, "sort_keys")?;
    named.assert_all_used()?;
    let indent = indent.map(indentation).transpose()?;
    let (items, keys) = match (separators, &indent) {
        (Some(pair), _) => separate(&pair)?,
        (None, Some(_)) => (",".to_owned(), ": ".to_owned()),
        (None, None) => (", ".to_owned(), ": ".to_owned()),
    };
    let mut writer = Writer {
        out: String::new(),
        ascii: ensure_ascii.is_some_and(|value| value.is_true()),
        sorted: sort_keys.is_some_and(|value| value.is_true()),
        indent,
        items,
        keys,
        depth: 0,
    };
    writer.value(value)?;
    Ok(writer.out)
}

fn wrong(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("tojson: {why}"))
}

/// Reads one level of indentation: a number of spaces, or a string.
fn indentation(given: Value) -> Result<String, Error> {
    if let Some(text) = given.as_str() {
        return Ok(text.to_owned());
    }
    let count = match given.kind() {
        // Python's True is 1.
        ValueKind::Bool => Some(i64::from(given.is_true())),
        _ => given.as_i64(),
    };
    let count = count.ok_or_else(|| wrong(format!("indent is {given}, expected a number")))?;
    Ok(" ".repeat(usize::try_from(count).unwrap_or(0)))
}

/// Reads the separators of items, and of keys and values.
fn separate(pair: &Value) -> Result<(String, String), Error> {
    let parts: Vec<Value> = pair.try_iter()?.collect();
    match parts.iter().map(Value::as_str).collect::<Vec<_>>()[..] {
        [Some(items), Some(keys)] => Ok((items.to_owned(), keys.to_owned())),
        _ => Err(wrong(format!(
            "separators are {pair}, expected a pair of strings"
        ))),
    }
}

struct Writer {
    out: String,
    /// True if characters beyond ASCII are escaped.
    ascii: bool,
    /// True if keys are sorted.
    sorted: bool,
    /// The indentation of one level. `None` writes one line.
    indent: Option<String>,
    items: String,
    keys: String,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), Error> {
        match value.kind() {
            ValueKind::String => self.string(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                let items = value.try_iter()?.checked();
                let items = items.collect::<Result<Vec<Value>, Error>>()?;
                self.container(['[', ']'], &items, |writer, item| writer.value(item))?;
            }
            ValueKind::Map => {
                let keys = value.try_iter()?.checked();
                let pair = |key: Result<Value, Error>| {
                    let key = key?;
                    let value = value.get_item(&key)?;
                    Ok((key, value))
                };
                let mut pairs = keys.map(pair).collect::<Result<Vec<_>, Error>>()?;
                if self.sorted {
                    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
                }
                self.container(['{', '}'], &pairs, |writer, (key, value)| {
                    match key.as_str() {
                        Some(key) => writer.string(key),
                        None => {
                            let key = scalar(key)?;
                            writer.string(&key);
                        }
                    }
                    writer.out.push_str(&writer.keys);
                    writer.value(value)
                })?;
            }
            _ => self.out.push_str(&scalar(value)?),
        }
        Ok(())
    }

    fn container<T>(
        &mut self,
        [open, close]: [char; 2],
        items: &[T],
        mut write: impl FnMut(&mut Self, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        self.depth += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push_str(&self.items);
            }
            self.line();
            write(self, item)?;
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.line();
        }
        self.out.push(close);
        Ok(())
    }

    /// Starts a line, unless everything goes on one line.
    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.extend((0..self.depth).map(|_| indent.as_str()));
        }
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for letter in text.chars() {
            match letter {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                '\0'..' ' => self.escape(letter),
                ' '..='~' => self.out.push(letter),
                _ if self.ascii => self.escape(letter),
                _ => self.out.push(letter),
            }
        }
        self.out.push('"');
    }

    fn escape(&mut self, letter: char) {
        for unit in letter.encode_utf16(&mut [0; 2]) {
            self.out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}

/// Writes a value that is neither a string nor a container.
fn scalar(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::None => Ok("null".into()),
        ValueKind::Bool => Ok(if value.is_true() { "true" } else { "false" }.into()),
        ValueKind::Number if value.is_integer() => Ok(value.to_string()),
        ValueKind::Number => Ok(float(f64::try_from(value.clone())?)),
        kind => Err(wrong(format!("{kind} cannot be written as JSON"))),
    }
}

/// Writes a float as Python does: with the fewest digits that read back, and with an exponent below
/// 1e-4 and from 1e16 on.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>().unwrap_or(0) {
        -4..16 => format!("{value:?}"),
        exponent => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

#[cfg(test)]
mod tests;
