//! Days, in the form that sessions show.

use memloom_sdk::random::Random;

use crate::kind::MONTHS;

const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A day of a calendar without leap years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u32,
    /// The month, counted from 0.
    month: usize,
    /// The day, counted from 1.
    day: u32,
}

impl Day {
    /// Returns a random day of 2020 to 2023.
    #[must_use]
    pub fn draw(random: &mut Random) -> Self {
        let month = random.below(MONTHS.len() as u64) as usize;
        Self {
            year: 2020 + random.below(4) as u32,
            month,
            day: 1 + random.below(u64::from(DAYS[month])) as u32,
        }
    }

    /// Returns the day after this many days.
    #[must_use]
    pub fn after(mut self, days: u32) -> Self {
        self.day += days;
        while self.day > DAYS[self.month] {
            self.day -= DAYS[self.month];
            self.month += 1;
            if self.month == MONTHS.len() {
                self.month = 0;
                self.year += 1;
            }
        }
        self
    }

    /// The date, for instance `3 May 2023`.
    #[must_use]
    pub fn in_full(self) -> String {
        format!("{} {} {}", self.day, MONTHS[self.month], self.year)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_pass_over_months_and_years() {
        let day = Day {
            year: 2022,
            month: 11,
            day: 30,
        };
        assert_eq!(day.after(1).in_full(), "31 December 2022");
        assert_eq!(day.after(2).in_full(), "1 January 2023");
        assert_eq!(day.after(61).in_full(), "1 March 2023");
    }
}
