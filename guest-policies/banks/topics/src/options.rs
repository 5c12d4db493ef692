//! The options of a run file.

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// Options of the bank, a JSON object. Unknown names are refused. Letters are the paper's.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The learning rate, 0 to 1. By default 0.001.
    pub eta: f64,
    /// The baseline that rewards of 1 and -1 are compared with, -1 to 1. By default 0.5.
    pub b: f64,
    /// The temperature of the softmax, 0.01 to 100. By default 0.5.
    pub tau: f64,
    /// The candidates that are reranked, 1 to 1000. By default 20.
    #[serde(rename = "K")]
    pub k: u32,
    /// The topics that a query returns which names no `top`, 1 to `K`. By default 5.
    #[serde(rename = "M")]
    pub m: u32,
    /// The share of the weights that each step takes away, 0 to 1. By default 0.0001.
    pub decay: f64,
    /// The dimension of the reranker, to which longer vectors are projected, and to which words are
    /// hashed where there is no vector; 1 to 384. By default 64.
    pub dimension: usize,
    /// The greatest length of a step, of both matrices together, 0.001 to 10. By default 0.1.
    pub clip: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            eta: 1e-3,
            b: 0.5,
            tau: 0.5,
            k: 20,
            m: 5,
            decay: 1e-4,
            dimension: 64,
            clip: 0.1,
        }
    }
}

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid`, naming the option that is unknown or out of range.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("topics", json)?)
            .map_err(|why| Error::Invalid(format!("topics's options: {why}")))?;
        let most = f64::from(options.k);
        for (name, value, range) in [
            ("eta", options.eta, 0.0..=1.0),
            ("b", options.b, -1.0..=1.0),
            ("tau", options.tau, 0.01..=100.0),
            ("K", most, 1.0..=1000.0),
            ("M", options.m.into(), 1.0..=most),
            ("decay", options.decay, 0.0..=1.0),
            // The two matrices take a megabyte at most.
            ("dimension", options.dimension as f64, 1.0..=384.0),
            ("clip", options.clip, 0.001..=10.0),
        ] {
            within("topics", name, value, range)?;
        }
        Ok(options)
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
            (r#"{"eta": -1}"#, "topics's `eta` is -1: give 0 to 1"),
            (r#"{"b": 2}"#, "`b` is 2: give -1 to 1"),
            (r#"{"tau": 0}"#, "`tau` is 0: give 0.01 to 100"),
            (r#"{"K": 0}"#, "`K` is 0: give 1 to 1000"),
            (r#"{"K": 4}"#, "`M` is 5: give 1 to 4"),
            (r#"{"decay": 1.5}"#, "`decay` is 1.5: give 0 to 1"),
            (r#"{"dimension": 385}"#, "`dimension` is 385: give 1 to 384"),
            (r#"{"clip": 0}"#, "`clip` is 0: give 0.001 to 10"),
            (r#"{"k": 4}"#, "unknown field `k`"),
            ("[]", "topics's options"),
        ] {
            let Err(Error::Invalid(why)) = Options::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
