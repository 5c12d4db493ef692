//! Options of components.

use std::fmt::Display;
use std::ops::RangeInclusive;

use crate::types::Error;

/// Returns the text if it begins like a JSON object. A deserialiser of structs would
/// also accept a list of the fields in order.
///
/// # Errors
/// [`Error::Invalid`] naming the component `whose` options they are.
pub fn object<'a>(whose: &str, json: &'a str) -> Result<&'a str, Error> {
    if json.trim_start().starts_with('{') {
        return Ok(json);
    }
    Err(Error::Invalid(format!(
        "{whose}'s options: give a JSON object, for instance {{}}"
    )))
}

/// Checks that an option of a component is in its range.
///
/// # Errors
/// [`Error::Invalid`] naming the component `whose` option it is, the option and the range.
pub fn within<T: PartialOrd + Display>(
    whose: &str,
    name: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let (least, most) = range.into_inner();
    Err(Error::Invalid(format!(
        "{whose}'s `{name}` is {value}: give {least} to {most}"
    )))
}

/// Checks that a component `whose` options these are gets none.
///
/// # Errors
/// [`Error::Invalid`] naming the first option.
pub fn none(whose: &str, json: &str) -> Result<(), Error> {
    let inner = object(whose, json)?.trim().trim_start_matches('{').trim();
    if inner == "}" {
        return Ok(());
    }
    let name = inner.split('"').nth(1).unwrap_or(inner);
    Err(Error::Invalid(format!(
        "{whose}'s options: there is no option `{name}`; it has none"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_options() {
        assert_eq!(object("diary", " {}"), Ok(" {}"));
        for json in ["", "[]", "null"] {
            assert_eq!(
                object("diary", json),
                Err(Error::Invalid(
                    "diary's options: give a JSON object, for instance {}".into()
                ))
            );
        }
    }
}
