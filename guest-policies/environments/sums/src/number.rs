//! Numbers in answers, compared by value: `18`, `18.00` and `$18.` are equal, and so are `1800` and
//! `1,800`.

use serde::{Deserialize, Serialize};

/// Signs of money that may stand between a minus and the digits.
const MONEY: [char; 3] = ['$', '€', '£'];

/// A decimal number of any length.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    negative: bool,
    /// The digits before the point, without leading zeros.
    whole: String,
    /// The digits after it, without trailing zeros.
    fraction: String,
}

impl Number {
    /// Returns a number of one digit.
    #[must_use]
    pub fn digit(digit: u32) -> Self {
        Self {
            negative: false,
            whole: digit.to_string().trim_start_matches('0').into(),
            fraction: String::new(),
        }
    }

    /// Returns the first number of a text; none if it has no number, or the first is written as a
    /// fraction such as `1/2`.
    #[must_use]
    pub fn first(text: &str) -> Option<Self> {
        let (_, number, after) = split(text)?;
        (!after.trim_start().starts_with('/')).then_some(number)
    }

    /// Returns the number that a text is, apart from signs; none if it has other words.
    #[must_use]
    pub fn only(text: &str) -> Option<Self> {
        let (before, number, after) = split(text)?;
        let has_words = |part: &str| part.contains(char::is_alphanumeric);
        (!has_words(before) && !has_words(after)).then_some(number)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let whole = if self.whole.is_empty() {
            "0"
        } else {
            &self.whole
        };
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(formatter, "{sign}{whole}{point}{}", self.fraction)
    }
}

/// Returns the text before the first number, the number, and the text after it.
fn split(text: &str) -> Option<(&str, Number, &str)> {
    let start = text.find(|letter: char| letter.is_ascii_digit())?;
    let (before, mut rest) = text.split_at(start);
    let mut whole = String::new();
    let point = before.ends_with('.');
    if !point {
        whole += digits(&mut rest);
        while let Some(thousand) = thousand(rest) {
            whole += thousand;
            rest = &rest[1 + thousand.len()..];
        }
    }
    let mut fraction = "";
    let after_point = if point {
        Some(rest)
    } else {
        rest.strip_prefix('.')
    };
    if let Some(mut tail) =
        after_point.filter(|tail| tail.starts_with(|c: char| c.is_ascii_digit()))
    {
        fraction = digits(&mut tail);
        rest = tail;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let signed = before
        .trim_end_matches('.')
        .trim_end()
        .trim_end_matches(MONEY)
        .trim_end();
    let unsigned = signed.strip_suffix(['-', '−']);
    let is_minus = unsigned.is_some_and(|before| !before.ends_with(char::is_alphanumeric));
    let number = Number {
        negative: is_minus && !(whole.is_empty() && fraction.is_empty()),
        whole: whole.into(),
        fraction: fraction.into(),
    };
    Some((before, number, rest))
}

/// Takes the digits at the beginning of a text.
fn digits<'a>(rest: &mut &'a str) -> &'a str {
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    let (digits, after) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = after;
    digits
}

/// Returns the three digits after a comma at the beginning of a text.
fn thousand(rest: &str) -> Option<&str> {
    let mut tail = rest.strip_prefix(',')?;
    let group = digits(&mut tail);
    (group.len() == 3).then_some(group)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        Number::first(text).map(|number| number.to_string())
    }

    #[test]
    fn numbers_are_compared_by_value_and_not_by_form() {
        for (one, two) in [
            ("18", "18.00"),
            ("18", "$18."),
            ("18", "018"),
            ("1800", "1,800"),
            ("1800", "€ 1,800.0 a year"),
            ("1234567", "1,234,567"),
            ("0.5", ".50"),
            ("-3", "−3.0"),
            ("-3", "- $3"),
            ("0", "-0.00"),
            ("25", "25%"),
        ] {
            assert!(value(one).is_some());
            assert_eq!(value(one), value(two), "{one} and {two}");
        }
        for (one, two) in [("18", "180"), ("18", "-18"), ("18", "1.8"), ("1", "1.01")] {
            assert_ne!(value(one), value(two), "{one} and {two}");
        }
    }

    #[test]
    fn the_first_number_of_a_text_counts() {
        for (text, number) in [
            ("18 apples, not 19", "18"),
            ("They pay 1,5 or so", "1"),
            ("1,2345", "1"),
            ("in 3-4 days", "3"),
            ("ten-4", "4"),
            ("\\boxed{70}", "70"),
        ] {
            assert_eq!(value(text).as_deref(), Some(number), "{text}");
        }
        for text in ["", "eighteen", "-", ".", "1/2", "½"] {
            assert_eq!(value(text), None, "{text}");
        }
    }

    #[test]
    fn a_right_answer_is_a_number_and_nothing_else() {
        assert_eq!(
            Number::only(" $1,800.50 ").map(|number| number.to_string()),
            Some("1800.5".into())
        );
        for text in ["", "18 apples", "1e20", "1 2", "1/2", "about 3"] {
            assert_eq!(Number::only(text), None, "{text}");
        }
    }
}
