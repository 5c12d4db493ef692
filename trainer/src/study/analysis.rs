//! Estimators against the truths, over all episodes of a horizon.

use std::fs;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::Serialize;

use crate::config::{RunFile, StudySection};
use crate::rng::{Purpose, derive};
use crate::study::continuations::Mean;
use crate::study::fairness::{Deed, ESTIMATORS, Measured, Truth};
use crate::study::statistics::{Figure, Moments, figure};
use crate::study::table;

/// What the study found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Of the code, where it ran in a checkout.
    pub commit: Option<String>,
    /// Where it ran.
    pub machine: String,
    /// Time taken.
    pub seconds: f64,
    /// Global rollouts of an episode: n.
    pub rollouts: usize,
    /// Members of a local group: m.
    pub rerolls: usize,
    /// Continuations from each state.
    pub continuations: usize,
    /// By horizon.
    pub horizons: Vec<AtHorizon>,
}

/// What was found at one horizon.
#[derive(Debug, Serialize)]
pub struct AtHorizon {
    /// Sessions.
    pub horizon: u32,
    /// Episodes measured.
    pub episodes: usize,
    /// Deeds: what a rollout did in a session.
    pub deeds: usize,
    /// Share of the variance of the measured truths that is not doubt about the
    /// means behind them: of the return's, and of the session's own.
    pub reliability: [f64; 2],
    /// Standard deviation of the truths, without that doubt.
    pub spread: [f64; 2],
    /// By estimator.
    pub estimators: Vec<Judged>,
}

/// An estimator against the truths. Correlations are with what was measured;
/// divided by the root of the reliability they are with the truth itself.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// Its name in [`ESTIMATORS`].
    pub name: &'static str,
    /// Share of deeds that it gives an advantage.
    pub covered: f64,
    /// With the truth about the return, each deed counting the same.
    pub return_correlation: Option<Figure>,
    /// With the truth about the session's own reward.
    pub session_correlation: Option<Figure>,
    /// The same, each generated token counting the same.
    pub return_correlation_by_token: Option<Figure>,
    /// The same.
    pub session_correlation_by_token: Option<Figure>,
    /// Share of deeds whose truth is two standard errors from 0 that it signs right.
    pub return_sign: Option<Figure>,
    /// The same for the session's own reward.
    pub session_sign: Option<Figure>,
    /// Root of the mean squared bias over the spread of the truth it is about:
    /// the return's for trajectory, the session's own for the others.
    pub bias: Option<Figure>,
    /// Root of its mean variance over the same.
    pub noise: Option<Figure>,
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

    /// For people.
    pub fn table(&self) -> String {
        table::of(self)
    }
}

/// Which truth.
#[derive(Clone, Copy)]
enum About {
    Return,
    Session,
}

impl Deed {
    fn truth(&self, about: About) -> Option<Truth> {
        match about {
            About::Return => Some(self.of_return),
            About::Session => self.of_session,
        }
    }
}

impl AtHorizon {
    fn of(horizon: u32, measured: &[&Measured], share: f64, random: &mut ChaCha8Rng) -> Self {
        let deeds = || measured.iter().flat_map(|episode| &episode.deeds);
        let spread = |about: About| {
            let truths: Vec<Truth> = deeds().filter_map(|deed| deed.truth(about)).collect();
            let values: Vec<f64> = truths.iter().map(|truth| truth.value).collect();
            let all = Mean::of(&values).of_one;
            let doubt = truths.iter().map(|t| t.doubt).sum::<f64>() / truths.len().max(1) as f64;
            let own = (all - doubt).max(0.0);
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
                    figure(&parts, of, random),
                    figure(&parts, agreement, random),
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
            let covered = deeds().filter(|deed| {
                let name = if name == "logo" { "session" } else { name };
                deed.estimates.contains_key(name)
            });
            Judged {
                name,
                covered: covered.count() as f64 / deeds().count().max(1) as f64,
                return_correlation,
                session_correlation,
                return_correlation_by_token,
                session_correlation_by_token,
                return_sign,
                session_sign,
                bias: figure(&errors, root(0), random),
                noise: figure(&errors, root(1), random),
            }
        });
        let estimators = estimators.collect();
        Self {
            horizon,
            episodes: measured.len(),
            deeds: deeds().count(),
            reliability: [of_return.0, of_session.0],
            spread: [of_return.1, of_session.1],
            estimators,
        }
    }
}

/// The estimators that make up one, with weights: LoGo trains on global rollouts
/// and on rerolls, `share` of them a rollout.
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
    for deed in &episode.deeds {
        for (name, weight) in parts(name, share) {
            if let (Some(&estimate), Some(truth)) = (deed.estimates.get(name), deed.truth(about)) {
                let weight = weight * if by_token { deed.tokens as f64 } else { 1.0 };
                let clear = truth.value.abs() > 2.0 * truth.doubt.sqrt() && truth.value != 0.0;
                moments.add(estimate, truth.value, clear, weight);
            }
        }
    }
    moments
}

/// Weighted sums of squared bias (less what is doubt), of variance, of weights.
fn errors(episode: &Measured, name: &'static str, share: f64) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for deed in &episode.deeds {
        for (name, weight) in parts(name, share) {
            if let Some(error) = deed.errors.get(name) {
                sums[0] += weight * (error.bias * error.bias - error.doubt);
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

/// The checkout's commit, if this runs in one.
fn commit() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// Processor and number of cores.
fn machine() -> String {
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = known
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or(std::env::consts::ARCH, |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores")
}
