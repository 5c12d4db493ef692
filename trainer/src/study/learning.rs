//! The learning study: what finished runs learnt, with intervals over held-out episodes. Runs that
//! differ only in their seed are one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use toml::Table;

use crate::eval::evidence_baselines::EvidenceReport;
use crate::eval::metrics::EvalMetrics;
use crate::rng::{Purpose, generator};
use crate::run::summary::{self, Summary};
use crate::study::statistics::{Interval, bootstrap};

/// Results of the runs of one run file, over their seeds.
#[derive(Debug, Serialize)]
pub struct Learnt {
    /// Name of the first run's folder, without its seed.
    pub name: String,
    /// Seeds of the runs.
    pub seeds: Vec<u64>,
    /// Held-out episodes of each run.
    pub episodes: usize,
    /// Steps of the warm start.
    pub warm_start_steps: u64,
    /// Training steps over all stages.
    pub steps: u64,
    /// Metrics after the warm start, or of the initial weights without one.
    pub before: Measured,
    /// Metrics after the last stage.
    pub after: Measured,
    /// Gain in reward from before to after, in the same episodes.
    pub gain: Interval,
    /// Gain in reward with sampling at temperature 1.
    pub sampled_gain: Interval,
    /// Reward of fixed scripts, by name.
    pub baselines: BTreeMap<String, Interval>,
    /// Evidence held after training, and by random turns of as many words, if the runs measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Wall-clock seconds of the warm start and of training steps: mean over seeds.
    pub training_seconds: f64,
    /// Tokens that were sampled in training: mean over seeds.
    pub generated_tokens: f64,
}

/// Metrics of an evaluation, over seeds and episodes.
#[derive(Debug, Serialize)]
pub struct Measured {
    /// Reward of the greedy policy.
    pub reward: Interval,
    /// Reward with sampling at temperature 1.
    pub sampled_reward: Interval,
    /// Mean reward of the greedy policy for each seed.
    pub reward_by_seed: Vec<f64>,
    /// Mean token F1.
    pub f1: f64,
    /// Mean share of gold evidence that the bank cites.
    pub evidence_held: f64,
    /// Mean words in the final bank.
    pub bank_words: f64,
    /// Mean of words in the final bank over words of the dialogue.
    pub bank_share: f64,
    /// Share of all outputs that could not be parsed.
    pub malformed_share: f64,
    /// Share of all outputs that were repaired.
    pub repaired_share: f64,
}

/// Shares of gold evidence kept, over seeds and episodes.
#[derive(Debug, Serialize)]
pub struct Evidence {
    /// Share of its words that the policy's bank keeps.
    pub policy: Interval,
    /// Share among random turns of as many words.
    pub random: Interval,
    /// Difference of the two, in the same episodes.
    pub over_random: Interval,
    /// Share among as many random turns as the policy's bank cites.
    pub turn_share: Interval,
}

/// A finished run.
struct Run {
    name: String,
    file: Table,
    summary: Summary,
}

impl Run {
    fn read(folder: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}: is the run finished?", path.display()))
        };
        let summary: Summary = serde_json::from_str(&read("summary.json")?)
            .with_context(|| format!("{}/summary.json is damaged", folder.display()))?;
        let mut file: Table = read("run.toml")?
            .parse()
            .with_context(|| format!("{}/run.toml is not TOML", folder.display()))?;
        if let Some(section) = file.get_mut("run").and_then(toml::Value::as_table_mut) {
            section.remove("seed");
            section.remove("out");
        }
        for figures in [&summary.held_out.before, &summary.held_out.after] {
            ensure!(
                !figures.rewards.is_empty()
                    && figures.rewards.len() == figures.sampled_rewards.len(),
                "{}/summary.json has no rewards by episode: an older memloom wrote it",
                folder.display()
            );
        }
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        let name = name.to_string_lossy();
        let seed = format!("-{}", summary.seed);
        Ok(Self {
            name: name.strip_suffix(&seed).unwrap_or(&name).to_owned(),
            file,
            summary,
        })
    }
}

/// Reads the folders of finished runs. Runs whose run files differ only in seed and folder become
/// one, in the order of their first folders.
///
/// # Errors
/// Fails on a run that is not finished, on a seed given twice, and on seeds that were measured on
/// different numbers of episodes.
pub fn run(folders: &[PathBuf]) -> Result<Vec<Learnt>> {
    let mut groups: Vec<Vec<Run>> = Vec::new();
    for folder in folders {
        let run = Run::read(folder)?;
        match groups.iter_mut().find(|group| group[0].file == run.file) {
            None => groups.push(vec![run]),
            Some(group) => {
                let (seed, first) = (run.summary.seed, &group[0].name);
                ensure!(
                    group.iter().all(|other| other.summary.seed != seed),
                    "{}: a run of {first} with seed {seed} was given already",
                    folder.display()
                );
                ensure!(
                    rewards_of(&run).len() == rewards_of(&group[0]).len(),
                    "{} was measured on {} episodes, the other runs of {first} on {}",
                    folder.display(),
                    rewards_of(&run).len(),
                    rewards_of(&group[0]).len()
                );
                group.push(run);
            }
        }
    }
    groups.iter().map(|group| Learnt::of(group)).collect()
}

fn rewards_of(run: &Run) -> &[f64] {
    &run.summary.held_out.after.rewards
}

impl Learnt {
    /// Summarises runs that differ only in their seed.
    fn of(runs: &[Run]) -> Result<Self> {
        let summaries: Vec<&Summary> = runs.iter().map(|run| &run.summary).collect();
        let before: Vec<_> = summaries.iter().map(|s| &s.held_out.before).collect();
        let after: Vec<_> = summaries.iter().map(|s| &s.held_out.after).collect();
        let gain = |rewards: fn(&EvalMetrics) -> &Vec<f64>| {
            let gains = before.iter().zip(&after).map(|(before, after)| {
                let pairs = rewards(before).iter().zip(rewards(after));
                pairs.map(|(before, after)| after - before).collect()
            });
            interval(&gains.collect::<Vec<Vec<f64>>>())
        };
        let first = summaries[0];
        let baselines = first.baselines.iter().map(|(name, script)| {
            Ok((
                name.clone(),
                interval(std::slice::from_ref(&script.rewards))?,
            ))
        });
        let mean = |of: fn(&Summary) -> f64| mean(summaries.iter().map(|summary| of(summary)));
        Ok(Self {
            name: runs[0].name.clone(),
            seeds: summaries.iter().map(|summary| summary.seed).collect(),
            episodes: after[0].rewards.len(),
            warm_start_steps: first.warm_start_steps,
            steps: first.steps,
            gain: gain(|figures| &figures.rewards)?,
            sampled_gain: gain(|figures| &figures.sampled_rewards)?,
            before: Measured::of(&before)?,
            after: Measured::of(&after)?,
            baselines: baselines.collect::<Result<_>>()?,
            evidence: Evidence::of(&summaries)?,
            training_seconds: mean(|summary| summary.training_seconds),
            generated_tokens: mean(|summary| summary.generated_tokens as f64),
        })
    }
}

impl Measured {
    fn of(seeds: &[&EvalMetrics]) -> Result<Self> {
        let all = |rewards: fn(&EvalMetrics) -> &Vec<f64>| {
            interval(
                &seeds
                    .iter()
                    .map(|seed| rewards(seed).clone())
                    .collect::<Vec<_>>(),
            )
        };
        let mean = |of: fn(&EvalMetrics) -> f64| mean(seeds.iter().map(|seed| of(seed)));
        Ok(Self {
            reward: all(|figures| &figures.rewards)?,
            sampled_reward: all(|figures| &figures.sampled_rewards)?,
            reward_by_seed: seeds.iter().map(|seed| seed.reward).collect(),
            f1: mean(|figures| figures.f1),
            evidence_held: mean(|figures| 1.0 - figures.m_fail),
            bank_words: mean(|figures| figures.bank_words),
            bank_share: mean(|figures| figures.bank_share),
            malformed_share: mean(|figures| figures.malformed_share),
            repaired_share: mean(|figures| figures.repaired_share),
        })
    }
}

impl Evidence {
    fn of(seeds: &[&Summary]) -> Result<Option<Self>> {
        if seeds.iter().any(|seed| seed.evidence.is_empty()) {
            return Ok(None);
        }
        let all = |of: fn(&EvidenceReport) -> f64| {
            let shares = |seed: &&Summary| seed.evidence.iter().map(of).collect();
            interval(&seeds.iter().map(shares).collect::<Vec<_>>())
        };
        Ok(Some(Self {
            policy: all(|report| report.policy)?,
            random: all(|report| report.random)?,
            over_random: all(|report| report.policy - report.random)?,
            turn_share: all(|report| report.turn_share)?,
        }))
    }
}

/// Returns the mean over episodes of the mean over seeds, with its interval over episodes.
///
/// # Errors
/// Fails if there is no episode.
fn interval(seeds: &[Vec<f64>]) -> Result<Interval> {
    let episodes = seeds.iter().map(Vec::len).min().unwrap_or(0);
    let by_episode: Vec<f64> = (0..episodes)
        .map(|episode| mean(seeds.iter().map(|seed| seed[episode])))
        .collect();
    let mean_of = |parts: &mut dyn Iterator<Item = &f64>| Some(mean(parts.copied()));
    ensure!(episodes > 0, "a run was measured on no episode");
    let mut random = generator(0, Purpose::Learning, &[]);
    bootstrap(&by_episode, mean_of, &mut random).context("a reward is not a number")
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// Returns the results as text, at most 80 columns wide.
pub fn text(all: &[Learnt]) -> String {
    let mut text = String::new();
    for learnt in all {
        let seeds: Vec<String> = learnt.seeds.iter().map(u64::to_string).collect();
        let _ = writeln!(
            text,
            "{}: seed{} {}, {} held-out episodes, {} steps, {:.0} s of training",
            learnt.name,
            if seeds.len() == 1 { "" } else { "s" },
            seeds.join(", "),
            learnt.episodes,
            learnt.steps,
            learnt.training_seconds,
        );
        let _ = writeln!(
            text,
            "                   reward               sampled               f1   held  words"
        );
        for (name, reward) in &learnt.baselines {
            let _ = writeln!(
                text,
                "  {:<15} {}",
                name.replace('_', " "),
                with_ends(*reward)
            );
        }
        let before = summary::before(learnt.warm_start_steps);
        for (name, measured) in [(before, &learnt.before), ("trained", &learnt.after)] {
            let _ = writeln!(
                text,
                "  {name:<15} {} {} {:.3} {:>4.0}%  {:>5.0}",
                with_ends(measured.reward),
                with_ends(measured.sampled_reward),
                measured.f1,
                100.0 * measured.evidence_held,
                measured.bank_words,
            );
        }
        let gains = [learnt.gain, learnt.sampled_gain].map(with_ends);
        let _ = writeln!(text, "  {:<15} {} {}", "gain", gains[0], gains[1]);
        if let Some(evidence) = &learnt.evidence {
            for (name, share) in [
                ("evidence held", evidence.policy),
                ("by random turns", evidence.random),
                ("by as many", evidence.turn_share),
            ] {
                let _ = writeln!(text, "  {name:<15} {}", with_ends(share));
            }
        }
        let _ = writeln!(
            text,
            "  outputs malformed: {:.1} %, repaired: {:.1} %\n",
            100.0 * learnt.after.malformed_share,
            100.0 * learnt.after.repaired_share
        );
    }
    text + "95 % intervals by bootstrap over episodes, of means over seeds\n"
}

fn with_ends(Interval { value, low, high }: Interval) -> String {
    format!("{:<20}", format!("{value:>6.3} [{low:.3} {high:.3}]"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::run::summary::{BeforeAfter, Share};

    fn figures(rewards: &[f64]) -> EvalMetrics {
        let all: Vec<EvalMetrics> = rewards
            .iter()
            .map(|&reward| EvalMetrics {
                reward,
                rewards: vec![reward],
                sampled_rewards: vec![reward / 2.0],
                m_fail: 0.25,
                ..EvalMetrics::default()
            })
            .collect();
        EvalMetrics::mean(&all)
    }

    fn summary(seed: u64, before: &[f64], after: &[f64]) -> Summary {
        let share = |policy| EvidenceReport {
            episode: "e".into(),
            bank_share: 0.5,
            turn_share: 0.25,
            policy,
            random: 0.5,
            tfidf_regression: 0.5,
        };
        Summary {
            held_out: BeforeAfter {
                before: figures(before),
                after: figures(after),
            },
            baselines: [("expert".to_owned(), figures(&[1.0, 0.5]))].into(),
            long: None,
            evidence: vec![share(0.6), share(0.8)],
            warm_start_steps: 1,
            steps: 2,
            seconds: 3.0,
            training_seconds: 10.0 * seed as f64,
            generated_tokens: 100 * seed,
            trained_tokens: 0,
            peak_rss_bytes: 0,
            guest_share: Share::default(),
            servers: BTreeMap::new(),
            seed,
        }
    }

    /// Writes the files of a finished run, and returns its folder.
    fn write(parent: &Path, name: &str, rollouts: u32, summary: &Summary) -> PathBuf {
        let folder = parent.join(name);
        std::fs::create_dir(&folder).unwrap();
        let file = format!(
            "[run]\nout = \"{name}\"\nseed = {}\n[algorithm]\nrollouts = {rollouts}\n",
            summary.seed
        );
        std::fs::write(folder.join("run.toml"), file).unwrap();
        let json = serde_json::to_vec(summary).unwrap();
        std::fs::write(folder.join("summary.json"), json).unwrap();
        folder
    }

    #[test]
    fn runs_that_differ_in_their_seed_are_one() {
        let parent = tempfile::tempdir().unwrap();
        let write =
            |name, rollouts, summary: &Summary| write(parent.path(), name, rollouts, summary);
        let folders = [
            write("logo-1", 4, &summary(1, &[0.1, 0.3], &[0.4, 0.6])),
            write("other-1", 5, &summary(1, &[0.1, 0.3], &[0.1, 0.3])),
            write("logo-2", 4, &summary(2, &[0.2, 0.4], &[0.7, 0.9])),
        ];
        let learnt = run(&folders).unwrap();
        let names: Vec<&str> = learnt.iter().map(|learnt| learnt.name.as_str()).collect();
        assert_eq!(names, ["logo", "other"]);
        let logo = &learnt[0];
        assert_eq!((logo.seeds.as_slice(), logo.episodes), (&[1, 2][..], 2));
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        near(logo.before.reward.value, 0.25);
        near(logo.before.sampled_reward.value, 0.125);
        near(logo.after.reward.value, 0.65);
        // Both episodes gain .4 in the mean of the seeds.
        near(logo.gain.value, 0.4);
        near(logo.gain.low, 0.4);
        near(logo.gain.high, 0.4);
        near(logo.after.evidence_held, 0.75);
        near(logo.training_seconds, 15.0);
        near(logo.generated_tokens, 150.0);
        near(logo.baselines["expert"].value, 0.75);
        let evidence = logo.evidence.as_ref().unwrap();
        near(evidence.over_random.value, 0.2);
        near(evidence.over_random.low, 0.1);
        near(evidence.over_random.high, 0.3);
        near(evidence.turn_share.value, 0.25);
        let text = text(&learnt);
        assert!(
            text.contains("logo: seeds 1, 2, 2 held-out episodes"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
    }

    #[test]
    fn an_interval_is_of_episodes_whose_seeds_were_averaged() {
        // The seeds differ much, their means over seeds not at all.
        let interval = interval(&[vec![0.0, 1.0, 0.5], vec![1.0, 0.0, 0.5]]).unwrap();
        assert_eq!(
            (interval.value, interval.low, interval.high),
            (0.5, 0.5, 0.5)
        );
    }

    #[test]
    fn unfinished_runs_seeds_given_twice_and_old_summaries_are_refused() {
        let parent = tempfile::tempdir().unwrap();
        let write = |name, summary: &Summary| write(parent.path(), name, 4, summary);
        let refused = |folders: &[&PathBuf]| {
            let folders: Vec<PathBuf> = folders.iter().map(|&folder| folder.clone()).collect();
            format!("{:#}", run(&folders).unwrap_err())
        };
        let first = write("a-1", &summary(1, &[0.1], &[0.2]));
        let twice = refused(&[&first, &first]);
        assert!(
            twice.contains("a run of a with seed 1 was given already"),
            "{twice}"
        );
        let longer = write("a-2", &summary(2, &[0.1, 0.2], &[0.2, 0.3]));
        let lengths = refused(&[&first, &longer]);
        assert!(
            lengths.contains("measured on 2 episodes, the other runs of a on 1"),
            "{lengths}"
        );
        let mut old = summary(3, &[0.1], &[0.2]);
        old.held_out.before.rewards.clear();
        let old = refused(&[&write("a-3", &old)]);
        assert!(old.contains("an older memloom wrote it"), "{old}");
        let missing = refused(&[&parent.path().join("none")]);
        assert!(
            missing.contains("none/summary.json: is the run finished?"),
            "{missing}"
        );
    }
}
