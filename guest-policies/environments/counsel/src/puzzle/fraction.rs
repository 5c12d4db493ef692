//! Exact numbers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A fraction in lowest terms with a positive denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fraction {
    numerator: i64,
    denominator: i64,
}

/// The operators, in the order in which actions list them.
pub const OPERATORS: [char; 4] = ['+', '-', '*', '/'];

impl Fraction {
    /// Returns a whole number.
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self {
            numerator: number,
            denominator: 1,
        }
    }

    /// Returns a fraction in lowest terms; none if the denominator is 0 or a number is too large.
    fn new(numerator: i64, denominator: i64) -> Option<Self> {
        let divisor = divisor(numerator.checked_abs()?, denominator.checked_abs()?);
        let signed = match denominator {
            0 => return None,
            1.. => divisor,
            _ => -divisor,
        };
        Some(Self {
            numerator: numerator / signed,
            denominator: denominator / signed,
        })
    }

    /// Returns the result of an operator; none for a division by 0, an unknown operator, or
    /// numbers that are too large.
    #[must_use]
    pub fn apply(self, operator: char, other: Self) -> Option<Self> {
        let (a, b) = (self.numerator, self.denominator);
        let (c, d) = (other.numerator, other.denominator);
        let (ad, cb, bd) = (a.checked_mul(d)?, c.checked_mul(b)?, b.checked_mul(d)?);
        match operator {
            '+' => Self::new(ad.checked_add(cb)?, bd),
            '-' => Self::new(ad.checked_sub(cb)?, bd),
            '*' => Self::new(a.checked_mul(c)?, bd),
            '/' => Self::new(ad, b.checked_mul(c)?),
            _ => None,
        }
    }

    /// Returns the number of a text such as `13`, `-4` or `8/3`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        Self::new(numerator.parse().ok()?, denominator.parse().ok()?)
    }
}

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

/// Returns the greatest common divisor, at least 1.
fn divisor(a: i64, b: i64) -> i64 {
    match b {
        0 => a.max(1),
        _ => divisor(b, a % b),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn results_are_exact_and_in_lowest_terms() {
        let [a, b] = [8, 3].map(Fraction::whole);
        let third = a.apply('/', b).unwrap();
        assert_eq!(third.to_string(), "8/3");
        assert_eq!(b.apply('-', third).unwrap().to_string(), "1/3");
        assert_eq!(b.apply('-', a).unwrap().to_string(), "-5");
        assert_eq!(third.apply('*', b), Some(a));
        assert_eq!(b.apply('/', Fraction::whole(-6)), Fraction::read("-1/2"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        let zero = Fraction::whole(0);
        assert_eq!(Fraction::whole(10).apply('/', zero), None);
        assert_eq!(
            Fraction::whole(i64::MAX).apply('*', Fraction::whole(2)),
            None
        );
        assert_eq!(Fraction::whole(2).apply('^', zero), None);
        for text in ["", "x", "1/0", "1/2/3", "99999999999999999999"] {
            assert_eq!(Fraction::read(text), None, "{text}");
        }
        assert_eq!(Fraction::read(&format!("{}/-1", i64::MIN)), None);
    }
}
