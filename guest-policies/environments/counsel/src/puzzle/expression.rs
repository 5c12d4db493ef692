//! Expressions that answers give.

use crate::puzzle::fraction::{Fraction, OPERATORS};

/// The most parts of an expression: four numbers, three operators, and parentheses around
/// everything more than once.
const MOST_PARTS: usize = 32;

/// Returns the value of an expression and its numbers in order; none if it is none.
#[must_use]
pub fn evaluate(text: &str) -> Option<(Fraction, Vec<i64>)> {
    let parts = parts(text)?;
    let mut reader = Reader {
        parts: &parts,
        numbers: Vec::new(),
    };
    let value = reader.sum()?;
    let mut numbers = reader.numbers;
    numbers.sort_unstable();
    reader.parts.is_empty().then_some((value, numbers))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Number(i64),
    Sign(char),
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if parts.len() == MOST_PARTS {
            return None;
        }
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        if end > 0 {
            parts.push(Part::Number(rest[..end].parse().ok()?));
            rest = &rest[end..];
        } else if OPERATORS.contains(&first) || first == '(' || first == ')' {
            parts.push(Part::Sign(first));
            rest = &rest[1..];
        } else {
            return None;
        }
        rest = rest.trim_start();
    }
    Some(parts)
}

struct Reader<'a> {
    parts: &'a [Part],
    numbers: Vec<i64>,
}

impl Reader<'_> {
    fn sum(&mut self) -> Option<Fraction> {
        let mut value = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            value = value.apply(sign, self.product()?)?;
        }
        Some(value)
    }

    fn product(&mut self) -> Option<Fraction> {
        let mut value = self.atom()?;
        while let Some(sign) = self.take(&['*', '/']) {
            value = value.apply(sign, self.atom()?)?;
        }
        Some(value)
    }

    fn atom(&mut self) -> Option<Fraction> {
        if self.take(&['(']).is_some() {
            let value = self.sum()?;
            return self.take(&[')']).map(|_| value);
        }
        let (&Part::Number(number), rest) = self.parts.split_first()? else {
            return None;
        };
        self.parts = rest;
        self.numbers.push(number);
        Some(Fraction::whole(number))
    }

    fn take(&mut self, signs: &[char]) -> Option<char> {
        let (&Part::Sign(sign), rest) = self.parts.split_first()? else {
            return None;
        };
        let wanted = signs.contains(&sign);
        if wanted {
            self.parts = rest;
        }
        wanted.then_some(sign)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<String> {
        evaluate(text).map(|(value, _)| value.to_string())
    }

    #[test]
    fn operators_bind_as_usual() {
        assert_eq!(value("(10 - 4) * (13 - 9)").as_deref(), Some("24"));
        assert_eq!(value("4*9-10-13").as_deref(), Some("13"));
        assert_eq!(value("8/(3-8/3)").as_deref(), Some("24"));
        assert_eq!(value("10 - 4 - 3").as_deref(), Some("3"));
        assert_eq!(
            evaluate("((9)+1)").map(|(_, numbers)| numbers),
            Some(vec![1, 9])
        );
    }

    #[test]
    fn what_is_no_expression_has_no_value() {
        let deep = "(".repeat(60_000);
        for text in [
            "", "(", "1 +", "1 2", "(1", "1)", "-4", "1/0", "2 ** 3", "a", "é", &deep,
        ] {
            assert_eq!(value(text), None, "{text:.20}");
        }
    }
}
