//! Comparison of estimators with the truths, over all episodes of a horizon.

use std::fs;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use crate::config::{RunFile, StudySection};
use crate::rng::{Purpose, derive};
use crate::study::continuations::Mean;
use crate::study::record::{ESTIMATORS, Measured, SessionSample, Truth};
use crate::study::statistics::{Interval, Moments, bootstrap};

/// Results of the study.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Commit of the code, if it ran in a checkout.
    pub commit: Option<String>,
    /// Processor and number of cores.
    pub machine: String,
    /// Seconds taken.
    pub seconds: f64,
    /// Global rollouts of an episode: n.
    pub rollouts: usize,
    /// Members of a local group: m.
    pub rerolls: usize,
    /// Continuations from each state.
    pub continuations: usize,
    /// Results by horizon.
    pub horizons: Vec<AtHorizon>,
}

/// Results at one horizon.
#[derive(Debug, Serialize)]
pub struct AtHorizon {
    /// Number of sessions.
    pub horizon: u32,
    /// Episodes measured.
    pub episodes: usize,
    /// Session samples: one per rollout and session.
    pub samples: usize,
    /// Share of the variance of the measured truths that standard errors do not explain: for
    /// the return, and for the session.
    pub reliability: [f64; 2],
    /// Standard deviation of the truths without their standard errors, in the same order.
    pub spread: [f64; 2],
    /// Scores by estimator.
    pub estimators: Vec<EstimatorScore>,
}

/// The comparison of one estimator with the truths. Correlations are with the measured truths;
/// divide by the square root of the reliability to get those with the exact truths.
#[derive(Debug, Serialize)]
pub struct EstimatorScore {
    /// Name of the estimator.
    pub name: &'static str,
    /// Share of session samples that have an advantage.
    pub covered: f64,
    /// Correlation with the return's truth; each sample has the same weight.
    pub return_correlation: Option<Interval>,
    /// Correlation with the session's truth; each sample has the same weight.
    pub session_correlation: Option<Interval>,
    /// Correlation with the return's truth; each generated token has the same weight.
    pub return_correlation_by_token: Option<Interval>,
    /// Correlation with the session's truth; each generated token has the same weight.
    pub session_correlation_by_token: Option<Interval>,
    /// Share of right signs for the return, among samples whose truth is two standard errors
    /// from 0.
    pub return_sign: Option<Interval>,
    /// Share of right signs for the session, among such samples.
    pub session_sign: Option<Interval>,
    /// Root mean squared bias over the spread of the estimated truth: the return's for
    /// `trajectory` and `group-in-group`, the session's for the others.
    pub bias: Option<Interval>,
    /// Root mean variance over the same spread.
    pub noise: Option<Interval>,
}

impl Report {
    pub(super) fn of(measured: &[Measured], study: &StudySection, file: &RunFile) -> Self {
        let mut random =
            ChaCha8Rng::seed_from_u64(derive(file.run.seed, Purpose::Fairness, &[0, 0]));
        let share = file.algorithm.local_probability * file.algorithm.rerolls as f64
            / file.algorithm.rollouts as f64;
        let horizons = study.horizons.iter().map(|&horizon| {
            let own: Vec<&Measured> = measured
                .iter()
                .filter(|m| m.horizon == horizon && m.index < study.episodes)
                .collect();
            AtHorizon::of(horizon, &own, share, &mut random)
        });
        Self {
            commit: commit(),
            machine: machine(),
            seconds: measured.iter().map(|m| m.seconds).sum(),
            rollouts: file.algorithm.rollouts,
            rerolls: file.algorithm.rerolls,
            continuations: study.continuations,
            horizons: horizons.collect(),
        }
    }
}

/// One of the two truths.
#[derive(Clone, Copy)]
enum About {
    Return,
    Session,
}

impl SessionSample {
    fn truth(&self, about: About) -> Option<Truth> {
        match about {
            About::Return => Some(self.of_return),
            About::Session => self.of_session,
        }
    }
}

impl AtHorizon {
    fn of(horizon: u32, measured: &[&Measured], share: f64, random: &mut ChaCha8Rng) -> Self {
        let samples = || measured.iter().flat_map(|episode| &episode.samples);
        let spread = |about: About| {
            let truths: Vec<Truth> = samples().filter_map(|sample| sample.truth(about)).collect();
            let values: Vec<f64> = truths.iter().map(|truth| truth.value).collect();
            let all = Mean::of(&values).of_one;
            let errors: f64 = truths.iter().map(|truth| truth.squared_error).sum();
            let own = (all - errors / truths.len().max(1) as f64).max(0.0);
            (own / all.max(f64::MIN_POSITIVE), own.sqrt())
        };
        let of_return = spread(About::Return);
        let of_session = spread(About::Session);
        let estimators = ESTIMATORS.iter().map(|&name| {
            let about = if name == "trajectory" || name == "group-in-group" {
                About::Return
            } else {
                About::Session
            };
            let unit = match about {
                About::Return => of_return.1,
                About::Session => of_session.1,
            };
            let mut correlation = |about, by_token| {
                let parts: Vec<Moments> = measured
                    .iter()
                    .map(|episode| moments(episode, name, about, by_token, share))
                    .collect();
                let of = |parts: &mut dyn Iterator<Item = &Moments>| sum(parts).correlation();
                let agreement = |parts: &mut dyn Iterator<Item = &Moments>| sum(parts).agreement();
                (
                    bootstrap(&parts, of, random),
                    bootstrap(&parts, agreement, random),
                )
            };
            let (return_correlation, return_sign) = correlation(About::Return, false);
            let (session_correlation, session_sign) = correlation(About::Session, false);
            let (return_correlation_by_token, _) = correlation(About::Return, true);
            let (session_correlation_by_token, _) = correlation(About::Session, true);
            let errors: Vec<[f64; 3]> = measured
                .iter()
                .map(|episode| errors(episode, name, share))
                .collect();
            let root = |which: usize| {
                move |parts: &mut dyn Iterator<Item = &[f64; 3]>| {
                    let (sum, weight) = parts.fold((0.0, 0.0), |(sum, weight), part| {
                        (sum + part[which], weight + part[2])
                    });
                    (weight > 0.0 && unit > 0.0).then(|| (sum / weight).max(0.0).sqrt() / unit)
                }
            };
            let covered = samples().filter(|sample| {
                let name = if name == "logo" { "session" } else { name };
                sample.estimates.contains_key(name)
            });
            EstimatorScore {
                name,
                covered: covered.count() as f64 / samples().count().max(1) as f64,
                return_correlation,
                session_correlation,
                return_correlation_by_token,
                session_correlation_by_token,
                return_sign,
                session_sign,
                bias: bootstrap(&errors, root(0), random),
                noise: bootstrap(&errors, root(1), random),
            }
        });
        let estimators = estimators.collect();
        Self {
            horizon,
            episodes: measured.len(),
            samples: samples().count(),
            reliability: [of_return.0, of_session.0],
            spread: [of_return.1, of_session.1],
            estimators,
        }
    }
}

/// Returns the weighted estimators that make up one: LoGo-GRPO trains on global rollouts and on
/// `share` rerolls per rollout.
fn parts(name: &'static str, share: f64) -> Vec<(&'static str, f64)> {
    match name {
        "logo" => vec![("session", 1.0), ("local", share)],
        _ => vec![(name, 1.0)],
    }
}

fn moments(
    episode: &Measured,
    name: &'static str,
    about: About,
    by_token: bool,
    share: f64,
) -> Moments {
    let mut moments = Moments::default();
    for sample in &episode.samples {
        for (name, weight) in parts(name, share) {
            if let (Some(&estimate), Some(truth)) =
                (sample.estimates.get(name), sample.truth(about))
            {
                let weight = weight * if by_token { sample.tokens as f64 } else { 1.0 };
                let clear =
                    truth.value.abs() > 2.0 * truth.squared_error.sqrt() && truth.value != 0.0;
                moments.add(estimate, truth.value, clear, weight);
            }
        }
    }
    moments
}

/// Returns weighted sums: of the squared bias minus its squared standard error, of the variance,
/// and of the weights.
fn errors(episode: &Measured, name: &'static str, share: f64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for sample in &episode.samples {
        for (name, weight) in parts(name, share) {
            if let Some(error) = sample.errors.get(name) {
                sums[0] += weight * (error.bias * error.bias - error.squared_error);
                sums[1] += weight * error.variance;
                sums[2] += weight;
            }
        }
    }
    sums
}

fn sum(parts: &mut dyn Iterator<Item = &Moments>) -> Moments {
    parts.fold(Moments::default(), |sum, part| sum.and(part))
}

/// Returns the commit of the checkout, if this runs in one.
pub(super) fn commit() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Returns the processor's name and the number of cores.
pub(super) fn machine() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or(std::env::consts::ARCH, |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores")
}
