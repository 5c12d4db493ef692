//! Is the credit fair? Environments fork exactly, so what a rollout's deeds in
//! one session changed can be measured: fresh continuations from the state after
//! it against fresh continuations from the state before it. That is the true
//! advantage; each estimator is held against it.
//!
//! Two truths. *Return*: what the deeds did to the whole trajectory's return.
//! *Session*: what they did to the reward of the session's own questions, which
//! equation 10 credits it with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use memloom_runtime::ForkPoint;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::statistics::{Figure, Moments, figure};
use super::{page, table};
use crate::logo::credit::{Algorithm, Credit, Rewards, Rule};
use crate::logo::reward::Compression;
use crate::rollout::hub::{Engine, Place};
use crate::rollout::lives::{Life, Lived, live};
use crate::rollout::model::Sampling;
use crate::rollout::settle::Settled;
use crate::rollout::worth::{Valuing, Worth};
use crate::runfile::{RunFile, StudySection};
use crate::seed::{Purpose, derive};
use crate::tokenizer::Tokenizer;
use crate::train::journal::Journal;
use crate::train::learners::Learners;
use crate::train::progress::Voice;
use crate::world::{Opened, World};

/// Which deeds' credit an estimator is about, by name and in the order of reports.
pub const ESTIMATORS: [&str; 6] = [
    "trajectory",
    "suffix",
    "session",
    "group-in-group",
    "local",
    "logo",
];

/// Runs the study that the run file's `[study]` describes with the weights of
/// its run, which is trained first if it has not been. Goes on where it stopped.
///
/// # Errors
/// As training; weights or measurements that cannot be read or written.
pub fn run(file: &RunFile, small: bool, voice: Voice) -> Result<Report> {
    let weights = file.run.out.join("final");
    if !weights.exists() {
        let resume = file.run.out.join("run.toml").exists();
        crate::train::run(file, resume, voice)?;
    }
    let study = if small {
        file.study.small()
    } else {
        file.study.clone()
    };
    study.check()?;
    let folder = file
        .run
        .out
        .join(if small { "fairness-small" } else { "fairness" });
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let path = folder.join("episodes.jsonl");
    let (mut measured, length) = read(&path, &study)?;
    let mut journal = Journal::open(&path, length)?;

    let world = World::load(file)?;
    let tokenizer = Arc::new(Tokenizer::load(&weights.join("tokenizer.json"))?);
    let learners = Learners::load(file, &world.policy.roles, &weights)?;
    let subject = Subject {
        file,
        study: &study,
        tokenizer: &tokenizer,
    };
    // Lives of a session, roughly what an episode takes.
    let cost = |horizon: u32| u64::from(horizon) * u64::from(horizon);
    let total = study.horizons.iter().map(|h| cost(*h)).sum::<u64>() * study.episodes;
    let mut done: u64 = measured.iter().map(|episode| cost(episode.horizon)).sum();
    let mut phase = voice.phase("fairness", total, done);
    for index in 0..study.episodes {
        for &horizon in &study.horizons {
            let known = |episode: &Measured| (episode.horizon, episode.index) == (horizon, index);
            if measured.iter().any(known) {
                continue;
            }
            let began = Instant::now();
            let opened = world.open("train", index, horizon)?;
            ensure!(
                opened.sessions() == horizon,
                "study.horizons: {} has {} sessions, not {horizon}",
                opened.id,
                opened.sessions()
            );
            let mut episode = subject
                .measure(&opened, index, &mut |jobs| learners.generate(jobs))
                .with_context(|| format!("measuring {} over {horizon} sessions", opened.id))?;
            episode.seconds = began.elapsed().as_secs_f64();
            journal.write(&episode)?;
            journal.sync()?;
            done += cost(horizon);
            phase.at(done, &format!("{horizon} sessions, episode {}", index + 1));
            measured.push(episode);
        }
    }
    drop(phase);
    let report = Report::of(&measured, &study, file);
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
    };
    write("fairness.json", &serde_json::to_vec_pretty(&report)?)?;
    write("fairness.txt", report.table().as_bytes())?;
    write("fairness.html", page::html(&report).as_bytes())?;
    Ok(report)
}

/// Episodes that were measured before, as this study measures them, and how many
/// bytes of the file they are. What a kill cut short is measured again.
fn read(path: &Path, study: &StudySection) -> Result<(Vec<Measured>, u64)> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let mut measured = Vec::new();
    let mut length = 0;
    for line in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let episode: Measured = serde_json::from_str(line).with_context(|| {
            format!("{} is damaged: remove it to measure again", path.display())
        })?;
        ensure!(
            episode.continuations == study.continuations,
            "{} was measured with study.continuations = {}, not {}: remove it to measure again",
            path.display(),
            episode.continuations,
            study.continuations
        );
        measured.push(episode);
        length += line.len() as u64;
    }
    Ok((measured, length))
}

/// What is measured on.
struct Subject<'a> {
    file: &'a RunFile,
    study: &'a StudySection,
    tokenizer: &'a Arc<Tokenizer>,
}

/// A line of `episodes.jsonl`.
#[derive(Debug, Deserialize, Serialize)]
struct Measured {
    horizon: u32,
    index: u64,
    continuations: usize,
    seconds: f64,
    /// Mean return of continuations from the start.
    start: f64,
    /// Tokens that the rollouts generated.
    tokens: u64,
    deeds: Vec<Deed>,
}

/// What a rollout did in a session.
#[derive(Debug, Deserialize, Serialize)]
struct Deed {
    rollout: usize,
    session: u32,
    tokens: u64,
    /// What it did to the trajectory's return.
    of_return: Truth,
    /// What it did to the session's own reward; none without a question.
    of_session: Option<Truth>,
    /// Advantages as training would give them, by estimator; none where masked.
    estimates: BTreeMap<String, f64>,
    /// By estimator, in reward units: what it says on average over everything but
    /// the deed itself, less the truth it is about.
    errors: BTreeMap<String, Error>,
}

/// A difference of means of continuations, and the square of its standard error.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Truth {
    value: f64,
    doubt: f64,
}

/// How far an estimator's mean is from the truth (and what of that, squared, is
/// doubt about the means), and its variance about its mean.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Error {
    bias: f64,
    doubt: f64,
    variance: f64,
}

/// What continuations from one state came to.
#[derive(Clone, Default)]
struct Sample {
    returns: Vec<f64>,
    /// Of each session, from 1: none without a question.
    sessions: Vec<Vec<Option<f64>>>,
    /// Of the session that was entered, right after it.
    local: Vec<Option<f64>>,
    /// The same of further lives that end there: the rerolls that an estimator
    /// sees, apart from those that the truth is made of.
    rerolls: Vec<Option<f64>>,
}

/// Mean and variance of the mean.
#[derive(Clone, Copy)]
struct Mean {
    value: f64,
    variance: f64,
    of_one: f64,
}

impl Mean {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let value = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|x| (x - value).powi(2)).sum();
        let of_one = if values.len() > 1 {
            squares / (count - 1.0)
        } else {
            0.0
        };
        Self {
            value,
            variance: of_one / count,
            of_one,
        }
    }

    fn less(self, other: Self) -> Truth {
        Truth {
            value: self.value - other.value,
            doubt: self.variance + other.variance,
        }
    }
}

impl Sample {
    fn add(&mut self, valuing: &Valuing<'_>, lived: &Lived, entered: Option<u32>) -> Result<()> {
        let last = valuing.last();
        let rewards = rewards(valuing, &lived.settled)?;
        self.returns.push(valuing.whole(&lived.settled)?);
        self.sessions.resize(last as usize, Vec::new());
        for (column, reward) in self.sessions.iter_mut().zip(rewards) {
            column.push(reward);
        }
        if let (Some(session), Some(look)) = (entered, lived.looks.first()) {
            self.local.push(local(valuing, &look.settled, session)?);
        }
        Ok(())
    }

    /// Samples from the same state as one.
    fn together(samples: &[Self]) -> Self {
        let mut all = Self::default();
        for sample in samples {
            all.returns.extend(&sample.returns);
            all.local.extend(&sample.local);
            all.sessions.resize(sample.sessions.len(), Vec::new());
            for (column, more) in all.sessions.iter_mut().zip(&sample.sessions) {
                column.extend(more);
            }
        }
        all
    }

    fn of_return(&self) -> Mean {
        Mean::of(&self.returns)
    }

    /// Of a session's reward.
    fn of_session(&self, session: u32) -> Option<Mean> {
        let column: Option<Vec<f64>> = self.sessions[session as usize - 1]
            .iter()
            .copied()
            .collect();
        column.map(|column| Mean::of(&column))
    }

    /// Of the mean reward from a session on.
    fn of_suffix(&self, session: u32) -> Option<Mean> {
        let later = &self.sessions[session as usize - 1..];
        let one = |place: usize| {
            let rewards: Vec<f64> = later.iter().filter_map(|column| column[place]).collect();
            (!rewards.is_empty()).then(|| rewards.iter().sum::<f64>() / rewards.len() as f64)
        };
        let means: Option<Vec<f64>> = (0..self.returns.len()).map(one).collect();
        means.map(|means| Mean::of(&means))
    }

    /// Of the reward right after the entered session, and of what the session's
    /// final reward is above it.
    fn of_local(&self, session: u32) -> Option<(Mean, Mean)> {
        let local: Option<Vec<f64>> = self.local.iter().copied().collect();
        let local = local.filter(|local| !local.is_empty())?;
        let last: Option<Vec<f64>> = self.sessions[session as usize - 1]
            .iter()
            .copied()
            .collect();
        let gains: Vec<f64> = last?
            .iter()
            .zip(&local)
            .map(|(last, now)| last - now)
            .collect();
        Some((Mean::of(&local), Mean::of(&gains)))
    }
}

/// The reward of a session from the bank right after it.
fn local(valuing: &Valuing<'_>, settled: &Settled, session: u32) -> Result<Option<f64>> {
    let worth = valuing.session(settled, session, session)?;
    Ok(worth.as_ref().map(Worth::reward))
}

/// Rewards of all sessions from the final bank.
fn rewards(valuing: &Valuing<'_>, settled: &Settled) -> Result<Vec<Option<f64>>> {
    let last = valuing.last();
    (1..=last)
        .map(|session| {
            let worth = valuing.session(settled, session, last)?;
            Ok(worth.as_ref().map(Worth::reward))
        })
        .collect()
}

impl Subject<'_> {
    fn measure(&self, opened: &Opened, index: u64, engine: &mut Engine<'_>) -> Result<Measured> {
        let logo = &self.file.logo;
        let horizon = opened.sessions();
        let compression = Compression {
            penalty: logo.penalty,
            threshold: logo.threshold,
            charge: logo.charge,
        };
        let valuing = Valuing::new(opened, &logo.metric, compression);
        let sampling = Sampling {
            seed: derive(
                self.file.run.seed,
                Purpose::Fairness,
                &[u64::from(horizon), index],
            ),
            occasion: [0, 0],
            temperature: logo.temperature,
        };
        let life = |rollout, reroll, from, session, until, looks| Life {
            place: Place {
                episode: 0,
                rollout,
                reroll,
            },
            opened,
            from,
            session,
            until,
            looks,
        };
        let globals: Vec<Life<'_>> = (0..logo.rollouts)
            .map(|rollout| life(rollout, None, None, 1, horizon, horizon))
            .collect();
        let globals = live(&globals, self.tokenizer, sampling, engine)?;

        // Continuations from the state after session t of each rollout: samples[t].
        let mut samples: Vec<Vec<Sample>> = Vec::new();
        for done in 0..=horizon {
            let mut from: Vec<Sample> = globals.iter().map(|_| Sample::default()).collect();
            if done == horizon {
                // Nothing is left to chance.
                for (sample, lived) in from.iter_mut().zip(&globals) {
                    sample.add(&valuing, lived, None)?;
                }
            } else {
                let entered = done + 1;
                let continuations = self.study.continuations;
                let lives: Vec<Life<'_>> = globals
                    .iter()
                    .flat_map(|global| {
                        let point: Option<&ForkPoint> =
                            (done > 0).then(|| &global.looks[done as usize - 1].point);
                        (0..continuations + logo.rerolls - 1).map(move |member| {
                            let rollout = global.place.rollout;
                            let (until, looks) = match member < continuations {
                                true => (horizon, 1),
                                false => (entered, 0),
                            };
                            life(
                                rollout,
                                Some((entered, member)),
                                point,
                                entered,
                                until,
                                looks,
                            )
                        })
                    })
                    .collect();
                for lived in live(&lives, self.tokenizer, sampling, engine)? {
                    let sample = &mut from[lived.place.rollout];
                    match lived.place.reroll {
                        Some((_, member)) if member >= continuations => {
                            let reward = local(&valuing, &lived.settled, entered)?;
                            sample.rerolls.push(reward);
                        }
                        _ => sample.add(&valuing, &lived, Some(entered))?,
                    }
                }
                if done == 0 {
                    // One state, whoever starts from it.
                    let all = Sample::together(&from);
                    for sample in &mut from {
                        let rerolls = std::mem::take(&mut sample.rerolls);
                        *sample = Sample {
                            rerolls,
                            ..all.clone()
                        };
                    }
                }
            }
            samples.push(from);
        }
        self.judge(&valuing, &globals, &samples, index)
    }

    fn judge(
        &self,
        valuing: &Valuing<'_>,
        globals: &[Lived],
        samples: &[Vec<Sample>],
        index: u64,
    ) -> Result<Measured> {
        let logo = &self.file.logo;
        let horizon = valuing.last();
        let estimates = Estimates::new(valuing, globals, logo.rule())?;
        let start = &samples[0][0];
        let rivals = (logo.rollouts - 1) as f64;
        let siblings = (logo.rerolls - 1) as f64;
        let mut deeds = Vec::new();
        for (rollout, global) in globals.iter().enumerate() {
            for session in 1..=horizon {
                let look = &global.looks[session as usize - 1];
                let own = local(valuing, &look.settled, session)?;
                let before = &samples[session as usize - 1][rollout];
                let after = &samples[session as usize][rollout];
                let mut given = estimates.of(rollout, session);
                if let Some(local) = self.local(own, before) {
                    given.insert("local".into(), local);
                }
                let of_return = after.of_return().less(before.of_return());
                let of_session = after
                    .of_session(session)
                    .zip(before.of_session(session))
                    .map(|(after, before)| after.less(before));

                let mut errors = BTreeMap::new();
                // What it says on average is what follows the deed less what
                // rivals come to from the start: the truth and the luck of the
                // state that it was done in.
                let global = |after: Mean, before: Mean, rival: Mean| Error {
                    bias: before.value - rival.value,
                    doubt: match session {
                        // It was done in the very state that rivals start from.
                        1 => 0.0,
                        _ => before.variance + rival.variance,
                    },
                    variance: after.of_one + rival.of_one / rivals,
                };
                errors.insert(
                    "trajectory".to_owned(),
                    global(after.of_return(), before.of_return(), start.of_return()),
                );
                for (name, of) in [
                    (
                        "session",
                        Sample::of_session as fn(&Sample, u32) -> Option<Mean>,
                    ),
                    ("suffix", Sample::of_suffix),
                ] {
                    let means = of(after, session)
                        .zip(of(before, session))
                        .zip(of(start, session));
                    if let Some(((after, before), rival)) = means {
                        errors.insert(name.to_owned(), global(after, before, rival));
                    }
                }
                // What it says on average is the deed's reward right after the
                // session less that of rerolls; the truth is the same at the end.
                let means = after.of_session(session).zip(before.of_local(session));
                if let Some((own, (after, (rerolls, gain)))) = own.zip(means) {
                    errors.insert(
                        "local".to_owned(),
                        Error {
                            bias: own - after.value + gain.value,
                            doubt: after.variance + gain.variance,
                            variance: rerolls.of_one / siblings,
                        },
                    );
                }
                deeds.push(Deed {
                    rollout,
                    session,
                    tokens: look.tokens,
                    of_return,
                    of_session,
                    estimates: given,
                    errors,
                });
            }
        }
        Ok(Measured {
            horizon,
            index,
            continuations: self.study.continuations,
            seconds: 0.0,
            start: start.of_return().value,
            tokens: deeds.iter().map(|deed| deed.tokens).sum(),
            deeds,
        })
    }

    /// The advantage of a deed among rerolls of its session: its own and m - 1
    /// that began in the same state make up the group.
    fn local(&self, own: Option<f64>, before: &Sample) -> Option<f64> {
        let all = std::iter::once(&own).chain(&before.rerolls);
        let group: Option<Vec<f64>> = all.copied().collect();
        let advantages = self.file.logo.rule().normalisation.apply(&group?)?;
        advantages.first().copied()
    }
}

/// Advantages of the global rollouts, by estimator.
struct Estimates(Vec<(&'static str, Vec<Vec<Option<f64>>>)>);

impl Estimates {
    fn new(valuing: &Valuing<'_>, globals: &[Lived], rule: Rule) -> Result<Self> {
        let mut table = Rewards::default();
        for lived in globals {
            table.sessions.push(rewards(valuing, &lived.settled)?);
            table.returns.push(valuing.whole(&lived.settled)?);
            let states = lived.looks.iter().map(|look| look.entered.clone());
            table.states.push(states.collect());
        }
        let tables = [table];
        let by = |algorithm, what| {
            let rule = Rule {
                algorithm,
                credit: what,
                ..rule
            };
            rule.apply(&tables).remove(0).advantages
        };
        Ok(Self(vec![
            ("trajectory", by(Algorithm::Grpo, Credit::Trajectory)),
            ("suffix", by(Algorithm::LogoGrpo, Credit::Suffix)),
            ("session", by(Algorithm::SessionGrpo, Credit::Session)),
            (
                "group-in-group",
                by(Algorithm::GroupInGroup, Credit::Session),
            ),
        ]))
    }

    fn of(&self, rollout: usize, session: u32) -> BTreeMap<String, f64> {
        let given = self.0.iter().filter_map(|(name, advantages)| {
            let advantage = advantages[rollout][session as usize - 1]?;
            Some(((*name).to_owned(), advantage))
        });
        given.collect()
    }
}

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
    fn of(measured: &[Measured], study: &StudySection, file: &RunFile) -> Self {
        let mut random =
            ChaCha8Rng::seed_from_u64(derive(file.run.seed, Purpose::Fairness, &[0, 0]));
        let share =
            file.logo.local_probability * file.logo.rerolls as f64 / file.logo.rollouts as f64;
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
            rollouts: file.logo.rollouts,
            rerolls: file.logo.rerolls,
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
