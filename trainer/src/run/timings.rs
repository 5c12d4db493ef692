//! `timings.jsonl`: seconds and memory of each part of a run.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clients::Usage;
use crate::run::process_memory::{peak_rss_bytes, rss_bytes};
use crate::run::summary::Share;

/// A part of a run.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Timing {
    /// The part: `baselines.json` (the fixed scripts), `warm-start` (a step of it),
    /// `warm-start-check` (a measurement of its malformed share), `before.json` (the evaluation before the first stage), `step` (a training step),
    /// `validation`, or `after` (the evaluation at the end).
    pub(crate) what: String,
    /// Step of the warm start, or training step over all stages, from 1; for evaluations the
    /// training steps before them.
    pub(crate) step: u64,
    /// Wall-clock seconds of the part.
    pub(crate) seconds: f64,
    /// Wall-clock seconds of a training step's rollouts and rerolls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rollout_seconds: Option<f64>,
    /// Wall-clock seconds of a training step's update.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) update_seconds: Option<f64>,
    /// Share of a training step's CPU time, on all cores, in guests and host calls, in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) guest_share: Option<f64>,
    /// Tokens fed to the backbone per second of a warm-start step, or tokens sampled per second
    /// of a training step's rollouts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tokens_per_second: Option<f64>,
    /// Memory of the process at the end of the part (RSS), in bytes.
    #[serde(default)]
    pub(crate) rss_bytes: u64,
    /// Peak memory of the process so far (RSS), in bytes.
    pub(crate) peak_rss_bytes: u64,
    /// Memory in use on the run's GPU, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device_bytes: Option<u64>,
    /// Usage of servers since the previous line, by name.
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
        // A kill can cut the last line short. That line is skipped.
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
