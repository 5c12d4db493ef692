//! Methods of Python's strings that `minijinja-contrib` lacks.

use minijinja::value::{Kwargs, Tuple, Value, from_args};
use minijinja::{Error, ErrorKind, State};
use minijinja_contrib::pycompat;

/// Calls a method that `minijinja` does not have.
pub(super) fn call(
    state: &mut State,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    match value.as_str() {
        Some(text) => match of_string(text, method, args)? {
            Some(result) => Ok(result),
            None => pycompat::unknown_method_callback(state, value, method, args),
        },
        None => pycompat::unknown_method_callback(state, value, method, args),
    }
}

/// Returns a method's result, or `None` if the method is not listed here.
fn of_string(text: &str, method: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    let value = match method {
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            text.strip_prefix(prefix).unwrap_or(text).into()
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            text.strip_suffix(suffix).unwrap_or(text).into()
        }
        "partition" => {
            let separator = separator(args)?;
            match text.split_once(separator) {
                Some((before, after)) => tuple([before, separator, after]),
                None => tuple([text, "", ""]),
            }
        }
        "rpartition" => {
            let separator = separator(args)?;
            match text.rsplit_once(separator) {
                Some((before, after)) => tuple([before, separator, after]),
                None => tuple(["", "", text]),
            }
        }
        "split" | "rsplit" => return split(text, method == "rsplit", args).map(Some),
        "startswith" | "endswith" if args.len() > 1 => {
            let (part, slice) = slice(text, args)?;
            let fits = |part: &str| match method {
                "startswith" => slice.is_some_and(|(_, slice)| slice.starts_with(part)),
                _ => slice.is_some_and(|(_, slice)| slice.ends_with(part)),
            };
            match part.as_str() {
                Some(part) => fits(part).into(),
                None => {
                    let parts: Vec<Value> = part.try_iter()?.collect();
                    let mut parts = parts.iter().filter_map(Value::as_str);
                    parts.any(fits).into()
                }
            }
        }
        "count" if args.len() > 1 => {
            let (part, slice) = slice(text, args)?;
            let part = string(&part)?;
            slice
                .map_or(0, |(_, slice)| slice.matches(part).count())
                .into()
        }
        "find" | "index" | "rfind" | "rindex" => {
            let (part, slice) = slice(text, args)?;
            let part = string(&part)?;
            let place = slice.and_then(|(start, slice)| {
                let at = match method.starts_with('r') {
                    true => slice.rfind(part)?,
                    false => slice.find(part)?,
                };
                Some(start + slice[..at].chars().count())
            });
            match place {
                Some(place) => place.into(),
                None if method.ends_with("index") => {
                    return Err(wrong(format!("{method}: {part:?} is not in {text:?}")));
                }
                None => (-1).into(),
            }
        }
        "ljust" | "rjust" | "center" => {
            let (width, fill): (i64, Option<&str>) = from_args(args)?;
            justify(text, method, width, fill.unwrap_or(" "))?.into()
        }
        "zfill" => {
            let (width,): (i64,) = from_args(args)?;
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            let sign = &text[..text.len() - digits.len()];
            let zeros = "0".repeat(missing(text, width));
            format!("{sign}{zeros}{digits}").into()
        }
        "casefold" => {
            let () = from_args(args)?;
            text.to_lowercase().replace('ß', "ss").into()
        }
        "swapcase" => {
            let () = from_args(args)?;
            let swapped = text.chars().map(|letter| match letter.is_uppercase() {
                true => letter.to_lowercase().collect::<String>(),
                false => letter.to_uppercase().collect(),
            });
            swapped.collect::<String>().into()
        }
        "isdecimal" => {
            let () = from_args(args)?;
            (!text.is_empty() && text.chars().all(|letter| letter.is_ascii_digit())).into()
        }
        "istitle" => {
            let () = from_args(args)?;
            is_title(text).into()
        }
        _ => return Ok(None),
    };
    Ok(Some(value))
}

fn wrong(why: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

fn tuple(parts: [&str; 3]) -> Value {
    Value::from(Tuple::from(parts.map(Value::from)))
}

fn string(value: &Value) -> Result<&str, Error> {
    let kind = value.kind();
    (value.as_str()).ok_or_else(|| wrong(format!("expected a string, found {kind}")))
}

fn separator(args: &[Value]) -> Result<&str, Error> {
    let (separator,): (&str,) = from_args(args)?;
    match separator {
        "" => Err(wrong("the separator is empty".into())),
        separator => Ok(separator),
    }
}

/// Splits from the left or from the right, at most `maxsplit` times.
fn split(text: &str, right: bool, args: &[Value]) -> Result<Value, Error> {
    let (places, named): (&[Value], Kwargs) = from_args(args)?;
    let (separator, most): (Option<Value>, Option<i64>) = from_args(places)?;
    let separator = match separator {
        None => named.get::<Option<Value>>("sep")?,
        given => given,
    };
    let most = match most {
        None => named.get::<Option<i64>>("maxsplit")?,
        given => given,
    };
    named.assert_all_used()?;
    // -1 is no limit in Python.
    let most = most.and_then(|most| usize::try_from(most).ok());
    let pieces = most.map_or(usize::MAX, |most| most.saturating_add(1));
    let mut parts: Vec<&str> = match separator.as_ref().filter(|value| !value.is_none()) {
        Some(separator) => match (string(separator)?, right) {
            ("", _) => return Err(wrong("split: the separator is empty".into())),
            (separator, false) => text.splitn(pieces, separator).collect(),
            (separator, true) => text.rsplitn(pieces, separator).collect(),
        },
        None => words(text, right, pieces),
    };
    if right {
        parts.reverse();
    }
    Ok(parts.into_iter().map(Value::from).collect())
}

/// Splits at whitespace into at most `pieces` pieces, the last of which is the rest.
fn words(text: &str, right: bool, pieces: usize) -> Vec<&str> {
    let mut rest = text.trim();
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let cut = match right {
            _ if parts.len() + 1 == pieces => None,
            false => rest.split_once(char::is_whitespace),
            true => rest
                .rsplit_once(char::is_whitespace)
                .map(|(rest, word)| (word, rest)),
        };
        let (word, others) = cut.unwrap_or((rest, ""));
        parts.push(word);
        rest = others.trim();
    }
    // The rest keeps the whitespace at its other end, as in Python.
    if parts.len() == pieces
        && let Some(last) = parts.last_mut()
    {
        let start = last.as_ptr() as usize - text.as_ptr() as usize;
        *last = match right {
            true => &text[..start + last.len()],
            false => &text[start..],
        };
    }
    parts
}

type Slice<'a> = Option<(usize, &'a str)>;

/// Returns the first argument, and the slice of the text between the second and third with the
/// number of characters before it. The slice is `None` if it begins after the text's end.
fn slice<'a>(text: &'a str, args: &[Value]) -> Result<(Value, Slice<'a>), Error> {
    let (part, start, end): (Value, Option<i64>, Option<i64>) = from_args(args)?;
    let count = text.chars().count();
    let place = |at: i64| match usize::try_from(at) {
        Ok(at) => at,
        Err(_) => count.saturating_sub(usize::try_from(at.unsigned_abs()).unwrap_or(count)),
    };
    let start = start.map_or(0, place);
    let end = end.map_or(count, place).min(count);
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
    let slice = (start <= end).then(|| (start, &text[byte(start)..byte(end)]));
    Ok((part, slice))
}

fn missing(text: &str, width: i64) -> usize {
    let width = usize::try_from(width).unwrap_or(0);
    width.saturating_sub(text.chars().count())
}

fn justify(text: &str, method: &str, width: i64, fill: &str) -> Result<String, Error> {
    if fill.chars().count() != 1 {
        return Err(wrong(format!("{method}: {fill:?} is not one character")));
    }
    let missing = missing(text, width);
    let left = match method {
        "ljust" => 0,
        "rjust" => missing,
        // Python puts an odd character to the left if the width is odd.
        _ => missing / 2 + (missing & usize::try_from(width).unwrap_or(0) & 1),
    };
    let right = missing - left;
    Ok(format!("{}{text}{}", fill.repeat(left), fill.repeat(right)))
}

/// Returns whether every word has one capital, its first letter.
fn is_title(text: &str) -> bool {
    let (mut inside, mut found) = (false, false);
    for letter in text.chars() {
        let wrong = match (letter.is_uppercase(), letter.is_lowercase()) {
            (true, _) => inside,
            (_, true) => !inside,
            _ => false,
        };
        if wrong {
            return false;
        }
        inside = letter.is_uppercase() || letter.is_lowercase();
        found |= inside;
    }
    found
}
