//! The result of a run: `summary.json`, and a table for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::clients::Usage;
use crate::eval::evidence_baselines::EvidenceReport;
use crate::eval::metrics::EvalMetrics;

/// The result of a run.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Summary {
    /// Metrics on held-out episodes, before and after training.
    pub held_out: BeforeAfter,
    /// Metrics of fixed scripts on the same episodes, by name.
    pub baselines: BTreeMap<String, EvalMetrics>,
    /// The second held-out evaluation, at `evaluation.long_horizon`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long: Option<LongHorizon>,
    /// Evidence in the bank and in baselines of as many words, by episode, if
    /// `evaluation.evidence_rivals` is set.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<EvidenceReport>,
    /// Steps of the warm start.
    pub warm_start_steps: u64,
    /// Training steps over all stages.
    pub steps: u64,
    /// Wall-clock seconds of all parts of the run, over all resumptions.
    pub seconds: f64,
    /// Wall-clock seconds of the warm start and of training steps.
    pub training_seconds: f64,
    /// Tokens that were sampled in training.
    pub generated_tokens: u64,
    /// Tokens that were fed to the backbone in updates.
    pub trained_tokens: u64,
    /// Peak memory of the process (RSS), in bytes.
    pub peak_rss_bytes: u64,
    /// Share of a training step's CPU time, on all cores, in guests and host calls.
    pub guest_share: Share,
    /// Usage of servers over all resumptions, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, Usage>,
    /// The run's seed.
    pub seed: u64,
}

/// A share over the training steps of a run.
///
/// In [0, 1].
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Share {
    /// Mean over steps.
    pub mean: f64,
    /// Maximum over steps.
    pub max: f64,
}

/// Metrics before and after training.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BeforeAfter {
    /// Metrics after the warm start, or of the initial weights without one.
    pub before: EvalMetrics,
    /// Metrics after the last stage, with the weights that it ended with.
    pub after: EvalMetrics,
}

/// A held-out evaluation at a second horizon.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LongHorizon {
    /// Sessions of each episode.
    pub horizon: u32,
    /// Metrics before and after training.
    pub held_out: BeforeAfter,
    /// Metrics of fixed scripts, by name.
    pub baselines: BTreeMap<String, EvalMetrics>,
}

impl Summary {
    /// Returns a table for people, at most 80 columns wide.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "\nheld-out episodes: {}",
            self.held_out.after.episodes
        );
        let before = before(self.warm_start_steps);
        rows(&mut text, before, &self.held_out, &self.baselines);
        if let Some(long) = &self.long {
            let _ = writeln!(
                text,
                "\nat {} sessions, never trained on: {} episodes",
                long.horizon, long.held_out.after.episodes
            );
            rows(&mut text, before, &long.held_out, &long.baselines);
        }
        if !self.evidence.is_empty() {
            let _ = writeln!(
                text,
                "\nevidence held in as many words  words    turns   policy   random   tf-idf*"
            );
            for report in &self.evidence {
                let _ = writeln!(
                    text,
                    "  {:<28} {:>6.1}%  {:>6.1}%  {:>6.1}%  {:>6.1}%  {:>6.1}%",
                    report.episode,
                    100.0 * report.bank_share,
                    100.0 * report.turn_share,
                    100.0 * report.policy,
                    100.0 * report.random,
                    100.0 * report.tfidf_regression
                );
            }
            let _ = writeln!(
                text,
                "  * a logistic regression trained on the evidence labels"
            );
        }
        let _ = writeln!(
            text,
            "\nseed {}  steps {}  training {:.0} s  in all {:.0} s  peak memory {:.2} GiB",
            self.seed,
            self.steps,
            self.training_seconds,
            self.seconds,
            self.peak_rss_bytes as f64 / (1u64 << 30) as f64
        );
        let _ = writeln!(
            text,
            "guests and host calls: {:.1} % of a step's processor time (at most {:.1} %)",
            100.0 * self.guest_share.mean,
            100.0 * self.guest_share.max
        );
        for (name, usage) in &self.servers {
            let _ = writeln!(text, "servers.{name}: {usage}");
        }
        text
    }
}

/// Returns the name of the weights before the first stage.
pub fn before(warm_start_steps: u64) -> &'static str {
    match warm_start_steps {
        0 => "untrained",
        _ => "warm start",
    }
}

fn rows(
    text: &mut String,
    before: &str,
    held_out: &BeforeAfter,
    baselines: &BTreeMap<String, EvalMetrics>,
) {
    let _ = writeln!(text, "{}", EvalMetrics::HEADER);
    for (name, figures) in baselines {
        let _ = writeln!(text, "{}", figures.row(&name.replace('_', " ")));
    }
    let measured = [(before, &held_out.before), ("trained", &held_out.after)];
    for (name, figures) in measured {
        let _ = writeln!(text, "{}", figures.row(name));
    }
    for (name, figures) in measured {
        if figures.malformed > 0.0 {
            let (malformed, outputs) = (figures.malformed, figures.outputs);
            let _ = writeln!(
                text,
                "  {name}: {malformed:.1} of {outputs:.1} outputs an episode were malformed"
            );
        }
        if let Some(overflows) = figures.overflows() {
            let _ = writeln!(text, "  {name}: {overflows}");
        }
    }
}
