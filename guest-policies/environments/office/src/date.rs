//! Days of a calendar of twelve months of 28 days, so that a date is a number.

use serde::{Deserialize, Serialize};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: u32 = 28;
const YEAR: u32 = 12 * DAYS;

/// A day of the year, counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Date(u32);

impl Date {
    /// Returns the day of a number, whatever the year.
    #[must_use]
    pub fn new(day: u32) -> Self {
        Self(day % YEAR)
    }

    /// Returns the day that many days later.
    #[must_use]
    pub fn after(self, days: u32) -> Self {
        Self::new(self.0 + days)
    }

    /// Returns the day that many days earlier, at most a year.
    #[must_use]
    pub fn before(self, days: u32) -> Self {
        Self::new(self.0 + YEAR - days.min(YEAR))
    }

    /// Returns whether it lies on or after a day, by the shorter way round the year.
    #[must_use]
    pub fn follows(self, day: Self) -> bool {
        (self.0 + YEAR - day.0) % YEAR < YEAR / 2
    }

    /// Returns the day that some text in the format of tables names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (0..YEAR).map(Self).find(|date| date.text() == text)
    }

    /// Returns it in the format of tables: `5-may`.
    #[must_use]
    pub fn text(self) -> String {
        Format::DayMonth.write(self)
    }
}

/// A format of dates in calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// `5-may`, as tables show dates.
    DayMonth,
    /// `may-5`.
    MonthDay,
    /// `5/5`.
    Numbers,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 3] = [Self::DayMonth, Self::MonthDay, Self::Numbers];

    /// Writes a date.
    #[must_use]
    pub fn write(self, date: Date) -> String {
        let (day, month) = (date.0 % DAYS + 1, (date.0 / DAYS) % 12);
        let name = MONTHS[month as usize];
        match self {
            Self::DayMonth => format!("{day}-{name}"),
            Self::MonthDay => format!("{name}-{day}"),
            Self::Numbers => format!("{day}/{}", month + 1),
        }
    }

    /// Reads a date.
    #[must_use]
    pub fn read(self, text: &str) -> Option<Date> {
        (0..YEAR).map(Date).find(|date| self.write(*date) == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_reads_what_it_writes_and_nothing_else() {
        for date in [0, 27, 28, 140, 335].map(Date::new) {
            for written in Format::ALL {
                for read in Format::ALL {
                    let same = written == read;
                    assert_eq!(read.read(&written.write(date)), same.then_some(date));
                }
            }
        }
        assert_eq!(Date::parse("0-may"), None);
    }

    #[test]
    fn days_follow_each_other_over_the_new_year() {
        let today = Date::new(3);
        assert_eq!(today.before(10).text(), "22-december");
        assert!(today.follows(today.before(10)) && today.follows(today));
        assert!(!today.before(10).follows(today));
        assert_eq!(today.before(10).after(10), today);
    }
}
