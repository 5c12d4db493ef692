//! `timings.jsonl`: how long everything took, in how much memory.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clients::Usage;
use crate::run::process_memory::{peak_rss_bytes, rss_bytes};
use crate::run::summary::Share;

/// A line of `timings.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Timing {
    pub(crate) what: String,
    pub(crate) step: u64,
    pub(crate) seconds: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_seconds: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) update_seconds: Option<f64>,
    /// Guests and host calls, of the step's processor time on all cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) guest_share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_second: Option<f64>,
    /// Memory that the process holds when the line is written.
    #[serde(default)]
    pub(crate) rss_bytes: u64,
    /// The most that it has held so far.
    pub(crate) peak_rss_bytes: u64,
    /// Memory that is taken on the run's GPU, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_bytes: Option<u64>,
    /// What servers were asked for since the line before, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) servers: BTreeMap<String, Usage>,
}

impl Timing {
    pub(crate) fn new(what: &str, step: u64, began: Instant) -> Self {
        Self {
            what: what.into(),
            step,
            seconds: began.elapsed().as_secs_f64(),
            rollout_seconds: None,
            update_seconds: None,
            guest_share: None,
            tokens_per_second: None,
            rss_bytes: rss_bytes(),
            peak_rss_bytes: peak_rss_bytes(),
            device_bytes: None,
            servers: BTreeMap::new(),
        }
    }
}

/// Sums over `timings.jsonl`.
pub(crate) struct Times {
    pub(crate) seconds: f64,
    pub(crate) training_seconds: f64,
    pub(crate) peak_rss_bytes: u64,
    pub(crate) guest_share: Share,
    pub(crate) servers: BTreeMap<String, Usage>,
}

impl Times {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut times = Self {
            seconds: 0.0,
            training_seconds: 0.0,
            peak_rss_bytes: peak_rss_bytes(),
            guest_share: Share::default(),
            servers: BTreeMap::new(),
        };
        let mut shares = 0u32;
        // A kill can cut the last line short; the line says nothing then.
        for timing in text
            .lines()
            .filter_map(|line| serde_json::from_str::<Timing>(line).ok())
        {
            times.seconds += timing.seconds;
            if ["warm-start", "step"].contains(&timing.what.as_str()) {
                times.training_seconds += timing.seconds;
            }
            times.peak_rss_bytes = times.peak_rss_bytes.max(timing.peak_rss_bytes);
            for (name, usage) in timing.servers {
                *times.servers.entry(name).or_default() += usage;
            }
            if let Some(share) = timing.guest_share {
                shares += 1;
                times.guest_share.mean += share;
                times.guest_share.max = times.guest_share.max.max(share);
            }
        }
        times.guest_share.mean /= f64::from(shares.max(1));
        Ok(times)
    }
}
