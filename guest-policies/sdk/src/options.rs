//! Options, as a host hands them to a component.

use crate::types::Error;

/// The text, if it begins as a JSON object does. A reader of structs would also
/// take a list, for the fields in their order.
///
/// # Errors
/// [`Error::Invalid`] naming `whose` options they are.
pub fn object<'a>(whose: &str, json: &'a str) -> Result<&'a str, Error> {
    if json.trim_start().starts_with('{') {
        return Ok(json);
    }
    Err(Error::Invalid(format!(
        "{whose}'s options: give a JSON object, for instance {{}}"
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
