//! Numbers of experiences in an output: `1,3`, `2-4`, or both.

/// The largest number that is read.
const LARGEST: usize = 99;

/// Reads numbers, parted by commas, and ranges of them. None if a part is neither, or a number is not
/// 1 to 99.
pub fn parse(text: &str) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.trim_end_matches('.').split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return None;
        }
        numbers.extend(first..=last);
    }
    numbers.sort_unstable();
    numbers.dedup();
    Some(numbers)
}

fn number(text: &str) -> Option<usize> {
    let text = text.trim();
    let is_plain = text.chars().all(|letter| letter.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain)?;
    (1..=LARGEST).contains(&number).then_some(number)
}

/// Returns numbers as they are said: `2, 3`.
pub fn listed(numbers: &[usize]) -> String {
    let numbers = numbers.iter().map(ToString::to_string);
    numbers.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read_each_once_and_in_order() {
        for (text, numbers) in [
            ("1", vec![1]),
            ("3,1", vec![1, 3]),
            ("2-4", vec![2, 3, 4]),
            (" 2-3, 9, 3 - 4.", vec![2, 3, 4, 9]),
        ] {
            assert_eq!(parse(text), Some(numbers), "{text:?}");
        }
        assert_eq!(parse(&listed(&[2, 3, 9])), Some(vec![2, 3, 9]));
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in [
            "", "a-b", "1,", "1;2", "4-2", "0", "-1", "1-2-3", "+1", "1-100", "none",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
