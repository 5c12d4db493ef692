//! Python's `%`: the remainder of numbers and the formatting of strings.

use minijinja::formatting::{FormatStyle, format};
use minijinja::value::{Tuple, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// The function that replaces `%` in a template, and the beginning of its call.
pub(super) const NAME: &str = "__percent__";
pub(super) const BEGIN: &str = "__percent__(";

/// Returns `left % right`.
pub(super) fn percent(left: &Value, right: &Value) -> Result<Value, Error> {
    if let Some(text) = left.as_str() {
        let values: Vec<Value> = match right.downcast_object_ref::<Tuple>() {
            Some(_) => right.try_iter()?.collect(),
            None => vec![right.clone()],
        };
        return format(FormatStyle::Printf, text, &values).map(Value::from);
    }
    let whole = |value: &Value| match value.kind() {
        ValueKind::Bool => Some(i128::from(value.is_true())),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone()).ok(),
        _ => None,
    };
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        let rest = left.checked_rem(right).ok_or_else(by_zero)?;
        let rest = match rest != 0 && (rest < 0) != (right < 0) {
            true => rest + right,
            false => rest,
        };
        return Ok(match i64::try_from(rest) {
            Ok(rest) => rest.into(),
            Err(_) => rest.into(),
        });
    }
    match (f64::try_from(left.clone()), f64::try_from(right.clone())) {
        (Ok(_), Ok(0.0)) => Err(by_zero()),
        (Ok(left), Ok(right)) => {
            let rest = left % right;
            Ok(match rest != 0.0 && (rest < 0.0) != (right < 0.0) {
                true => rest + right,
                false => rest,
            }
            .into())
        }
        _ => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!(
                "unsupported operands of %: {} and {}",
                left.kind(),
                right.kind()
            ),
        )),
    }
}

fn by_zero() -> Error {
    Error::new(ErrorKind::InvalidOperation, "remainder by 0")
}
