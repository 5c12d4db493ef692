//! Metrics of an evaluation: per episode, then averaged over episodes.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::env::OpenEpisode;
use crate::eval::eval_set::EvalSet;
use crate::eval::stream::{Stream, Task};
use crate::eval::token_use::TokenUse;
use crate::rollout::outcome::RolloutResult;
use crate::rollout::reward::{ACTS, SUCCESS, named, reward_of};

/// Metrics of an evaluation.
///
/// Means over episodes (macro averages), unless noted.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct EvalMetrics {
    /// Mean score of the questions minus the compression penalty of the whole bank, and minus the
    /// prices of calls over sessions.
    pub reward: f64,
    /// Reward with sampling, as `evaluation.samples` and the keys beside it say; equal to `reward` for a fixed script.
    pub sampled_reward: f64,
    /// Reward of each episode, in the order of the split.
    #[serde(default)]
    pub rewards: Vec<f64>,
    /// Sampled reward of each episode.
    #[serde(default)]
    pub sampled_rewards: Vec<f64>,
    /// Standard token F1 (SQuAD normalisation, multiset overlap).
    pub f1: f64,
    /// The paper's token F1: distinct shared tokens over raw lengths.
    pub f1_paper: f64,
    /// BLEU-1: clipped unigram precision with brevity penalty.
    pub bleu_1: f64,
    /// Share of gold evidence that the bank does not cite, over all questions of an episode.
    pub m_fail: f64,
    /// Words in the final bank.
    pub bank_words: f64,
    /// Words in the final bank over words of the dialogue.
    pub bank_share: f64,
    /// Other metrics of the environment.
    pub metrics: BTreeMap<String, f64>,
    /// Token F1 by question category, over the questions of all episodes.
    pub f1_by_category: BTreeMap<String, f64>,
    /// Metric `success` by category, over the tasks of all episodes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub success_by_category: BTreeMap<String, f64>,
    /// Success of tasks by session; absent without tasks.
    #[serde(default, skip_serializing_if = "Stream::is_empty")]
    pub stream: Stream,
    /// Tokens that the agent read and wrote; absent without tasks, and for a fixed script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenUse>,
    /// Operations requested from the bank, by name.
    pub operations: BTreeMap<String, f64>,
    /// Model outputs that the policy read for sessions. Answers to questions are none.
    #[serde(default)]
    pub outputs: f64,
    /// Outputs that could not be parsed.
    pub malformed: f64,
    /// Outputs that were parsed although their format was not the one asked for.
    #[serde(default)]
    pub repaired: f64,
    /// Repaired outputs that were cut off, and whose complete part was used.
    #[serde(default)]
    pub repaired_cuts: f64,
    /// Share of all episodes' outputs that could not be parsed.
    #[serde(default)]
    pub malformed_share: f64,
    /// Share of all episodes' outputs that were repaired.
    #[serde(default)]
    pub repaired_share: f64,
    /// Operations that the bank refused.
    pub refused: f64,
    /// Outputs cut off by a full context; 0 for a fixed script.
    #[serde(default)]
    pub context_cuts: f64,
    /// Prompts that left no room in the context, for which the policy received an empty text;
    /// 0 for a fixed script.
    #[serde(default)]
    pub context_overflows: f64,
    /// Questions that a failing server left unanswered or unlabelled. No other metric counts
    /// them.
    #[serde(default)]
    pub dropped_questions: f64,
    /// Number of episodes.
    pub episodes: u64,
    /// Number of questions by category, over all episodes.
    pub questions: BTreeMap<String, u64>,
}

/// Returns the metrics of one episode.
///
/// # Errors
/// Fails if the reward's metric is unknown, or if every question was dropped.
pub fn of_episode(
    set: &EvalSet,
    opened: &OpenEpisode,
    result: &RolloutResult,
) -> Result<EvalMetrics> {
    let mut metrics: BTreeMap<String, f64> = BTreeMap::new();
    let mut by_category: BTreeMap<String, f64> = BTreeMap::new();
    let mut questions: BTreeMap<String, u64> = BTreeMap::new();
    // How many questions carry each metric.
    let mut carried: BTreeMap<String, u64> = BTreeMap::new();
    let mut solved: BTreeMap<String, f64> = BTreeMap::new();
    let mut tasks = Vec::new();
    let (mut reward, mut asked) = (0.0, 0u64);
    let (mut gold, mut missing) = (0u64, 0u64);
    for (question, score) in opened.questions.iter().zip(&result.scores) {
        let Some(score) = score else { continue };
        asked += 1;
        reward += reward_of(question, Some(score), &result.evidence, &set.metric)?.unwrap_or(0.0);
        for (name, value) in &score.metrics {
            *metrics.entry(name.clone()).or_default() += f64::from(*value);
            *carried.entry(name.clone()).or_default() += 1;
        }
        if let Some(success) = named(score, SUCCESS) {
            *solved.entry(question.category.clone()).or_default() += success;
            tasks.push(Task {
                session: question.sessions.iter().copied().max().unwrap_or(0),
                success,
                acts: named(score, ACTS),
            });
        }
        let f1 = named(score, "f1").unwrap_or(0.0);
        *by_category.entry(question.category.clone()).or_default() += f1;
        *questions.entry(question.category.clone()).or_default() += 1;
        gold += question.evidence.len() as u64;
        missing += question
            .evidence
            .iter()
            .filter(|turn| !result.evidence.contains_key(*turn))
            .count() as u64;
    }
    if let Some(why) = result.dropped.values().next() {
        ensure!(
            asked > 0,
            "all {} questions of {} were lost: {why}",
            result.dropped.len(),
            opened.id
        );
    }
    let share = |sum: f64, of: u64| if of == 0 { 0.0 } else { sum / of as f64 };
    for (name, sum) in &mut metrics {
        *sum = share(*sum, carried[name]);
    }
    let mut take = |name| metrics.remove(name).unwrap_or(0.0);
    let (f1, f1_paper, bleu_1) = (take("f1"), take("f1-paper"), take("bleu-1"));
    let dialogue = opened.dialogue();
    let reward = share(reward, asked)
        - set
            .compression
            .whole(&result.words, dialogue, opened.sessions())
        - result.spent_per_session(opened.sessions());
    Ok(EvalMetrics {
        reward,
        sampled_reward: reward,
        rewards: vec![reward],
        sampled_rewards: vec![reward],
        f1,
        f1_paper,
        bleu_1,
        m_fail: share(missing as f64, gold),
        bank_words: result.words.total as f64,
        bank_share: share(result.words.total as f64, dialogue.iter().sum()),
        metrics,
        f1_by_category: by_category,
        success_by_category: solved,
        stream: Stream::of(&tasks),
        tokens: None,
        operations: result
            .counts
            .operations
            .iter()
            .map(|(name, count)| (name.clone(), *count as f64))
            .collect(),
        outputs: result.counts.outputs as f64,
        malformed: result.counts.malformed as f64,
        repaired: result.counts.repaired as f64,
        repaired_cuts: result.counts.repaired_cuts as f64,
        malformed_share: share(result.counts.malformed as f64, result.counts.outputs),
        repaired_share: share(result.counts.repaired as f64, result.counts.outputs),
        refused: result.counts.refused as f64,
        context_cuts: 0.0,
        context_overflows: 0.0,
        dropped_questions: result.dropped.len() as f64,
        episodes: 1,
        questions,
    })
}

impl EvalMetrics {
    /// Returns the mean over episodes; by category, over questions.
    pub fn mean(all: &[EvalMetrics]) -> EvalMetrics {
        let count = all.len().max(1) as f64;
        let mean = |figure: fn(&EvalMetrics) -> f64| all.iter().map(figure).sum::<f64>() / count;
        let listed =
            |rewards: fn(&EvalMetrics) -> &[f64]| all.iter().flat_map(rewards).copied().collect();
        let mut questions: BTreeMap<String, u64> = BTreeMap::new();
        for figures in all {
            for (category, asked) in &figures.questions {
                *questions.entry(category.clone()).or_default() += asked;
            }
        }
        let by_category = |figure: fn(&EvalMetrics) -> &BTreeMap<String, f64>| {
            let mut sums = sums(all, figure);
            for (category, sum) in &mut sums {
                *sum /= questions[category].max(1) as f64;
            }
            sums
        };
        let by_episode = |figure: fn(&EvalMetrics) -> &BTreeMap<String, f64>| {
            let mut sums = sums(all, figure);
            sums.values_mut().for_each(|sum| *sum /= count);
            sums
        };
        let outputs: f64 = all.iter().map(|f| f.outputs).sum();
        let of_outputs = |figure: fn(&EvalMetrics) -> f64| {
            all.iter().map(figure).sum::<f64>() / outputs.max(1.0)
        };
        EvalMetrics {
            reward: mean(|f| f.reward),
            sampled_reward: mean(|f| f.sampled_reward),
            rewards: listed(|f| &f.rewards),
            sampled_rewards: listed(|f| &f.sampled_rewards),
            f1: mean(|f| f.f1),
            f1_paper: mean(|f| f.f1_paper),
            bleu_1: mean(|f| f.bleu_1),
            m_fail: mean(|f| f.m_fail),
            bank_words: mean(|f| f.bank_words),
            bank_share: mean(|f| f.bank_share),
            metrics: by_episode(|f| &f.metrics),
            f1_by_category: by_category(|f| &f.f1_by_category),
            success_by_category: by_category(|f| &f.success_by_category),
            stream: Stream::merge(all.iter().map(|f| &f.stream)),
            tokens: TokenUse::mean(&all.iter().filter_map(|f| f.tokens).collect::<Vec<_>>()),
            operations: by_episode(|f| &f.operations),
            outputs: mean(|f| f.outputs),
            malformed: mean(|f| f.malformed),
            repaired: mean(|f| f.repaired),
            repaired_cuts: mean(|f| f.repaired_cuts),
            malformed_share: of_outputs(|f| f.malformed),
            repaired_share: of_outputs(|f| f.repaired),
            refused: mean(|f| f.refused),
            context_cuts: mean(|f| f.context_cuts),
            context_overflows: mean(|f| f.context_overflows),
            dropped_questions: mean(|f| f.dropped_questions),
            episodes: all.len() as u64,
            questions,
        }
    }
}

fn sums(
    all: &[EvalMetrics],
    figure: impl Fn(&EvalMetrics) -> &BTreeMap<String, f64>,
) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for figures in all {
        for (name, value) in figure(figures) {
            *sums.entry(name.clone()).or_default() += value;
        }
    }
    sums
}

impl EvalMetrics {
    /// The head of a table of [`EvalMetrics::row`]s.
    pub const HEADER: &'static str =
        "                    reward  sampled     f1  m-fail   words  of dialogue";

    /// Returns one line of a table.
    pub fn row(&self, name: &str) -> String {
        format!(
            "  {name:<17} {:>7.3}  {:>7.3}  {:>5.3}  {:>5.1}%  {:>6.0}       {:>5.1}%",
            self.reward,
            self.sampled_reward,
            self.f1,
            100.0 * self.m_fail,
            self.bank_words,
            100.0 * self.bank_share
        )
    }

    /// Returns a line about prompts and outputs that the context was too short for, if any.
    pub fn overflows(&self) -> Option<String> {
        (self.context_cuts + self.context_overflows > 0.0).then(|| {
            format!(
                "the context was too short for {:.1} prompts and {:.1} outputs an episode",
                self.context_overflows, self.context_cuts
            )
        })
    }

    /// Returns a table with the metrics, categories and operations.
    pub fn table(&self) -> String {
        let mut lines = vec![Self::HEADER.to_owned(), self.row("policy"), String::new()];
        for (category, f1) in &self.f1_by_category {
            let asked = self.questions.get(category).copied().unwrap_or(0);
            lines.push(match self.success_by_category.get(category) {
                Some(success) => {
                    format!("  {category:<17} success {success:>5.3} over {asked} tasks")
                }
                None => format!("  {category:<17} f1 {f1:>5.3} over {asked} questions"),
            });
        }
        if let Some(last) = self.stream.sessions.last() {
            lines.push(format!(
                "  up to session {:<3} success {:>5.3}, {:.1} acts a solved task",
                last.session, last.so_far, self.stream.acts_to_success
            ));
        }
        if let Some(tokens) = &self.tokens {
            lines.push(format!(
                "  tokens            {:>8.0} a prompt, {:.0} at the peak",
                tokens.prompt, tokens.peak
            ));
        }
        for (name, count) in &self.operations {
            lines.push(format!("  {name:<17} {count:>8.1} an episode"));
        }
        if self.outputs > 0.0 {
            lines.push(format!(
                "  outputs           {:>8.1} an episode, {:.1}% malformed, {:.1}% repaired",
                self.outputs,
                100.0 * self.malformed_share,
                100.0 * self.repaired_share
            ));
        }
        if let Some(overflows) = self.overflows() {
            lines.push(format!("  {overflows}"));
        }
        lines.join("\n") + "\n"
    }
}
