//! Dates as the published files have them.

/// A date and time: year, month, day, hour, minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment([u32; 5]);

impl Moment {
    /// Reads a text such as `2023/05/30 (Tue) 23:40`; without a time, the day begins. None if it
    /// is no date.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(|c: char| !c.is_ascii_digit());
        let numbers: Vec<u32> = parts
            .filter(|part| !part.is_empty())
            .map_while(|part| part.parse().ok())
            .collect();
        let (year, month, day, hour, minute) = match numbers[..] {
            [year, month, day] => (year, month, day, 0, 0),
            [year, month, day, hour, minute] => (year, month, day, hour, minute),
            _ => return None,
        };
        let possible = (1..=12).contains(&month) && (1..=31).contains(&day);
        (possible && hour < 24 && minute < 60).then_some(Self([year, month, day, hour, minute]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_dates_are_compared_by_time() {
        let early = Moment::parse("2023/05/30 (Tue) 09:05");
        let late = Moment::parse("2023/05/30 (Tue) 23:40");
        assert!(early.is_some() && early < late);
        assert!(Moment::parse("2023/05/30") < early);
        assert!(late < Moment::parse("2023/06/01 (Thu) 00:00"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "yesterday",
            "2023",
            "2023/13/01",
            "2023/05/30 24:00",
            "2023/05/30 7",
            "99999999999/1/1",
        ] {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }
}
