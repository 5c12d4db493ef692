//! What a run amounted to: `summary.json`, and the table that people see.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::clients::Usage;
use crate::eval::evidence_baselines::EvidenceReport;
use crate::eval::metrics::Figures;

/// `summary.json`
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Summary {
    /// Held-out episodes: people never seen in training.
    pub held_out: BeforeAfter,
    /// Fixed scripts on the same episodes.
    pub baselines: BTreeMap<String, Figures>,
    /// The same at a horizon that was never trained on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub long: Option<LongHorizon>,
    /// Evidence held, beside rivals at the same number of words.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<EvidenceReport>,
    /// LoGo-GRPO steps.
    pub steps: u64,
    /// Seconds of all parts of the run, over all resumptions.
    pub seconds: f64,
    /// Seconds of the warm start and the LoGo-GRPO steps alone.
    pub training_seconds: f64,
    /// Tokens sampled in training.
    pub generated_tokens: u64,
    /// Tokens fed to the backbone in updates.
    pub trained_tokens: u64,
    /// Most memory held.
    pub peak_rss_bytes: u64,
    /// Largest and mean share of a LoGo-GRPO step's processor time, on all
    /// cores, that guests and host calls took.
    pub guest_share: Share,
    /// What servers were asked for over all resumptions, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, Usage>,
    /// The run's seed.
    pub seed: u64,
}

/// Over the steps of a run.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub struct Share {
    /// Mean over steps.
    pub mean: f64,
    /// Largest of a step.
    pub max: f64,
}

/// The warm start's figures and the trained policy's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct BeforeAfter {
    /// After the warm start.
    pub before: Figures,
    /// After the last stage, with the best weights by validation.
    pub after: Figures,
}

/// Figures at a horizon that was never trained on.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LongHorizon {
    /// Sessions of each episode.
    pub horizon: u32,
    /// The trained policy and the warm start.
    pub held_out: BeforeAfter,
    /// Fixed scripts.
    pub baselines: BTreeMap<String, Figures>,
}

impl Summary {
    /// A table for people, at most 80 columns wide.
    pub fn table(&self) -> String {
        let mut text = String::new();
        let _ = writeln!(
            text,
            "\nheld-out episodes: {}",
            self.held_out.after.episodes
        );
        rows(&mut text, &self.held_out, &self.baselines);
        if let Some(long) = &self.long {
            let _ = writeln!(
                text,
                "\nat {} sessions, never trained on: {} episodes",
                long.horizon, long.held_out.after.episodes
            );
            rows(&mut text, &long.held_out, &long.baselines);
        }
        if !self.evidence.is_empty() {
            let _ = writeln!(
                text,
                "\nevidence held in as many words  share   policy   random   tf-idf*"
            );
            for report in &self.evidence {
                let _ = writeln!(
                    text,
                    "  {:<28} {:>6.1}%  {:>6.1}%  {:>6.1}%  {:>6.1}%",
                    report.episode,
                    100.0 * report.bank_share,
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

fn rows(text: &mut String, held_out: &BeforeAfter, baselines: &BTreeMap<String, Figures>) {
    let _ = writeln!(text, "{}", Figures::HEADER);
    for (name, figures) in baselines {
        let _ = writeln!(text, "{}", figures.row(&name.replace('_', " ")));
    }
    let _ = writeln!(text, "{}", held_out.before.row("warm start"));
    let _ = writeln!(text, "{}", held_out.after.row("trained"));
    if let Some(overflows) = held_out.after.overflows() {
        let _ = writeln!(text, "  trained: {overflows}");
    }
}
