//! The options of a run file.

use memloom_sdk::options::object;
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The most cases that a bank can be told to hold.
const MAX_CAPACITY: usize = 100_000;
/// The most records of a case.
const MAX_RECORDS: usize = 1024;
/// The most strikes of a case.
const MAX_STRIKES: u32 = 1000;
/// The largest bandwidth. Cosines differ by 2 at most, so that all records weigh the same.
const MAX_BANDWIDTH: f32 = 100.0;

/// The smallest temperature of a draw.
const MIN_ALPHA: f32 = 0.001;
/// The largest one, at which all cases are as probable.
const MAX_ALPHA: f32 = 100.0;

/// The forms of a case's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Q {
    /// The mean reward of the case's records, weighed by the likeness of their goals.
    #[default]
    Kernel,
    /// A classifier of whether the case helps, which learns from every use.
    Logistic,
}

/// Options of the bank, a JSON object. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The most cases, 1 to 100000. By default 10000.
    pub capacity: usize,
    /// True if a new case takes the place of the one that is worth least where the bank is full; false
    /// if it is refused there. By default false.
    pub evict: bool,
    /// The form of a case's value. By default `kernel`.
    pub q: Q,
    /// The temperature of a draw of cases by their values, 0.001 to 100. By default 0.1.
    pub alpha: f32,
    /// The width of the kernel that weighs a case's records by the likeness of their goals, above
    /// 0, at most 100. By default 0.2.
    pub bandwidth: f32,
    /// The value of a case without records, 0 to 1. By default 0.5.
    pub prior: f32,
    /// The number of a case's latest records that its value counts, 1 to 1024. By default 16.
    pub records: usize,
    /// The times in a row that a case is pruned before it is deleted, 1 to 1000. By default 3.
    pub strikes: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            capacity: 10_000,
            evict: false,
            q: Q::Kernel,
            alpha: 0.1,
            bandwidth: 0.2,
            prior: 0.5,
            records: 16,
            strikes: 3,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Invalid(format!("cases's options: {why}"));
        let options: Self =
            serde_json::from_str(object("cases", json)?).map_err(|why| invalid(why.to_string()))?;
        let Self {
            capacity,
            evict: _,
            q: _,
            alpha,
            bandwidth,
            prior,
            records,
            strikes,
        } = options;
        let wrong = if !(1..=MAX_CAPACITY).contains(&capacity) {
            format!("`capacity` is {capacity}: give 1 to {MAX_CAPACITY}")
        } else if !(bandwidth > 0.0 && bandwidth <= MAX_BANDWIDTH) {
            format!("`bandwidth` is {bandwidth}: give a number above 0, at most {MAX_BANDWIDTH}")
        } else if !(MIN_ALPHA..=MAX_ALPHA).contains(&alpha) {
            format!("`alpha` is {alpha}: give {MIN_ALPHA} to {MAX_ALPHA}")
        } else if !(0.0..=1.0).contains(&prior) {
            format!("`prior` is {prior}: give 0 to 1")
        } else if !(1..=MAX_RECORDS).contains(&records) {
            format!("`records` is {records}: give 1 to {MAX_RECORDS}")
        } else if !(1..=MAX_STRIKES).contains(&strikes) {
            format!("`strikes` is {strikes}: give 1 to {MAX_STRIKES}")
        } else {
            return Ok(options);
        };
        Err(invalid(wrong))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_object_gives_the_defaults() {
        assert_eq!(Options::parse("{}"), Ok(Options::default()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, part) in [
            (r#"{"capacity": 0}"#, "`capacity` is 0: give 1 to 100000"),
            (r#"{"capacity": "many"}"#, "expected usize"),
            (r#"{"bandwidth": 0}"#, "`bandwidth` is 0"),
            (r#"{"bandwidth": 1e39}"#, "bandwidth"),
            (r#"{"alpha": 0}"#, "`alpha` is 0: give 0.001 to 100"),
            (r#"{"q": "net"}"#, "expected `kernel` or `logistic`"),
            (r#"{"prior": 1.5}"#, "`prior` is 1.5: give 0 to 1"),
            (r#"{"records": 0}"#, "`records` is 0: give 1 to 1024"),
            (r#"{"strikes": 0}"#, "`strikes` is 0: give 1 to 1000"),
            (r#"{"evict": 1}"#, "expected a boolean"),
            (r#"{"size": 3}"#, "size"),
            ("[]", "cases's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
