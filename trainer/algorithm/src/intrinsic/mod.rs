//! Rewards for work that is near to what succeeded, and unlike what failed, before (Memory-R+,
//! arXiv 2504.02273).
//!
//! Two memories keep the vectors of tried work by question: of what succeeded, and of what failed.
//! All trials of a step are rewarded before one of them is remembered, so that none meets itself.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// The values among which a distance is scaled to [0, 1].
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// The last ones of the run.
    #[default]
    Window,
    /// Those of the group that is compared.
    Group,
}

/// The settings of the rewards.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Weight of nearness to what succeeded.
    pub exploit: f64,
    /// Weight of unlikeness to what failed.
    pub explore: f64,
    /// Questions, the nearest to a trial's, whose work it is compared with.
    pub neighbours: usize,
    /// Most work that is kept of a question.
    pub values: usize,
    /// Most questions that are kept.
    pub questions: usize,
    /// Distances of a window.
    pub window: usize,
    /// Questions with failed work before `explore` pays.
    pub begin: usize,
    /// Least reward of work that succeeded.
    pub success: f64,
    /// The values that a distance is scaled among.
    pub scale: Scale,
}

/// A question and the work that was tried on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The text of the question.
    pub question: String,
    /// The vector of the question.
    pub key: Vec<f32>,
    /// The vector of the work.
    pub work: Vec<f32>,
    /// The reward that it earned.
    pub reward: f64,
    /// The group that it is compared in.
    pub group: usize,
}

/// The memories of a run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Intrinsic {
    succeeded: Tried,
    failed: Tried,
    /// The last distances to what succeeded.
    distances: VecDeque<f64>,
    /// The last novelties beside what failed.
    novelties: VecDeque<f64>,
}

impl Intrinsic {
    /// Returns the length of the vectors that are remembered; none if there are none.
    pub fn width(&self) -> Option<usize> {
        let known = self.succeeded.0.iter().chain(&self.failed.0);
        known.map(|known| known.key.len()).next()
    }

    /// Returns the reward of each trial of a step, and remembers their work. All vectors of a run
    /// are of one length.
    pub fn rewards(&mut self, settings: &Settings, trials: &[Trial]) -> Vec<f64> {
        let pays = self.failed.0.len() >= settings.begin;
        let near = trials
            .iter()
            .map(|it| self.succeeded.distance(settings, it));
        let near: Vec<Option<f64>> = near.collect();
        let apart = trials.iter().map(|it| self.failed.novelty(settings, it));
        let apart: Vec<Option<f64>> = apart.map(|novelty| novelty.filter(|_| pays)).collect();
        let exploit = scaled(settings, trials, &near, &mut self.distances);
        let explore = scaled(settings, trials, &apart, &mut self.novelties);
        let reward = |place: usize| {
            let exploit = exploit[place].map_or(0.0, |distance| 1.0 - distance);
            let explore = match (pays, apart[place]) {
                (false, _) => 0.0,
                (true, None) => 1.0,
                (true, Some(_)) => explore[place].unwrap_or(0.0),
            };
            settings.exploit * exploit + settings.explore * explore
        };
        let rewards = (0..trials.len()).map(reward).collect();
        for trial in trials {
            let memory = match trial.reward >= settings.success {
                true => &mut self.succeeded,
                false => &mut self.failed,
            };
            memory.remember(settings, trial);
        }
        rewards
    }
}

/// Returns values scaled by the least and the greatest of a window or of their group. None stays
/// none, and where all values are equal there is none to tell apart.
fn scaled(
    settings: &Settings,
    trials: &[Trial],
    values: &[Option<f64>],
    window: &mut VecDeque<f64>,
) -> Vec<Option<f64>> {
    let mut groups: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (trial, value) in trials.iter().zip(values) {
        groups.entry(trial.group).or_default().extend(value);
    }
    let both = trials.iter().zip(values);
    let scaled = both.map(|(trial, value)| {
        let value = (*value)?;
        match settings.scale {
            Scale::Group => within(value, groups[&trial.group].iter()),
            Scale::Window => {
                window.push_back(value);
                trim(window, settings.window);
                within(value, window.iter())
            }
        }
    });
    scaled.collect()
}

/// Returns the place of a value between the least and the greatest of some, in [0, 1].
fn within<'a>(value: f64, among: impl Iterator<Item = &'a f64> + Clone) -> Option<f64> {
    let least = among.clone().copied().fold(f64::INFINITY, f64::min);
    let most = among.copied().fold(f64::NEG_INFINITY, f64::max);
    (most > least).then(|| (value - least) / (most - least))
}

/// Takes the oldest away until at most `most` are left.
fn trim<T>(queue: &mut VecDeque<T>, most: usize) {
    let excess = queue.len().saturating_sub(most);
    queue.drain(..excess);
}

/// Questions, the oldest first.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
struct Tried(VecDeque<Known>);

/// A question with the vectors of the work that was tried on it, the oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Known {
    question: String,
    key: Vec<f32>,
    work: VecDeque<Vec<f32>>,
}

impl Tried {
    fn remember(&mut self, settings: &Settings, trial: &Trial) {
        let known = self.0.iter().position(|it| it.question == trial.question);
        let place = known.unwrap_or_else(|| {
            self.0.push_back(Known {
                question: trial.question.clone(),
                key: trial.key.clone(),
                work: VecDeque::new(),
            });
            self.0.len() - 1
        });
        let work = &mut self.0[place].work;
        work.push_back(trial.work.clone());
        trim(work, settings.values);
        trim(&mut self.0, settings.questions);
    }

    /// Returns the work on the questions that are nearest to a trial's; of equally near ones, on the
    /// oldest.
    fn work<'a>(&'a self, settings: &Settings, trial: &Trial) -> Vec<&'a [f32]> {
        let far = |known: &Known| distance(known.key.iter().map(|x| f64::from(*x)), &trial.key);
        let mut nearest: Vec<(f64, &Known)> = self.0.iter().map(|it| (far(it), it)).collect();
        nearest.sort_by(|a, b| a.0.total_cmp(&b.0));
        let nearest = nearest.iter().take(settings.neighbours);
        nearest
            .flat_map(|(_, known)| known.work.iter().map(Vec::as_slice))
            .collect()
    }

    /// Returns the distance of a trial's work from the mean of what is known; none if nothing is.
    fn distance(&self, settings: &Settings, trial: &Trial) -> Option<f64> {
        let work = self.work(settings, trial);
        let mean = |place: usize| {
            let sum: f64 = work.iter().map(|vector| f64::from(vector[place])).sum();
            sum / work.len() as f64
        };
        let mean = (0..trial.work.len()).map(mean);
        (!work.is_empty()).then(|| distance(mean, &trial.work))
    }

    /// Returns 1 less the greatest cosine of a trial's work with what is known; none if nothing is.
    fn novelty(&self, settings: &Settings, trial: &Trial) -> Option<f64> {
        let work = self.work(settings, trial);
        let cosines = work.iter().map(|vector| cosine(vector, &trial.work));
        cosines.reduce(f64::max).map(|cosine| 1.0 - cosine)
    }
}

fn distance(a: impl Iterator<Item = f64>, b: &[f32]) -> f64 {
    let squares = a.zip(b).map(|(a, b)| (a - f64::from(*b)).powi(2));
    squares.sum::<f64>().sqrt()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let products = a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b));
        products.sum()
    };
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    match lengths > 0.0 {
        true => dot(a, b) / lengths,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests;
