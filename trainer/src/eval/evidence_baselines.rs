//! Evidence baselines: the gold evidence that other selectors keep in as many words as the
//! policy's bank. One selector takes random turns. The other is a logistic regression on
//! TF-IDF, trained on the evidence labels, which the policy never sees.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use crate::env::{OpenEpisode, Turn};
use crate::rng::{Purpose, generator};
use crate::rollout::outcome::RolloutResult;
use crate::rollout::reward::mean;

/// Number of random selections averaged.
const DRAWS: u64 = 500;
/// Full-batch gradient steps of the regression.
const ITERATIONS: usize = 1500;
/// Step size of the regression. It must be below 2 over the curvature, which is at most 1/2
/// for rows of unit length and a bias, plus the ridge's share.
const RATE: f64 = 2.0;
/// Ridge penalty: the inverse of scikit-learn's default C = 1 for a sum of losses.
const RIDGE: f64 = 1.0;

/// Evidence held for a held-out episode.
///
/// Shares of the gold evidence of all questions. A turn that a baseline takes is kept whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EvidenceReport {
    /// Id of the episode, for instance `conv-26`.
    pub episode: String,
    /// Words in the policy's final bank over words of the dialogue.
    pub bank_share: f64,
    /// Share of the dialogue's turns that the policy's bank cites. As many random turns hold this
    /// share of the evidence, also where entries are shorter than their turns.
    pub turn_share: f64,
    /// Share that the policy's bank keeps: of each turn that it cites, the share of its words that
    /// the entries which cite it have.
    pub policy: f64,
    /// Share among random turns of as many words.
    pub random: f64,
    /// Share among the regression's highest-ranked turns of as many words.
    pub tfidf_regression: f64,
}

/// Compares a policy's bank with the baselines at the size of the bank.
pub fn compare(
    opened: &OpenEpisode,
    result: &RolloutResult,
    regression: &Regression,
    run_seed: u64,
) -> EvidenceReport {
    let turns: Vec<&Turn> = opened.turns.iter().flatten().collect();
    let budget = result.words.total;
    let mut random = 0.0;
    for draw in 0..DRAWS {
        let mut order: Vec<usize> = (0..turns.len()).collect();
        order.shuffle(&mut generator(run_seed, Purpose::Baseline, &[draw]));
        random += taken(opened, &within(&turns, &order, budget));
    }
    let mut order: Vec<usize> = (0..turns.len()).collect();
    let scores: Vec<f64> = turns
        .iter()
        .map(|turn| regression.score(&turn.text))
        .collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    let cited: BTreeSet<&str> = result.evidence.keys().map(String::as_str).collect();
    let cited_turns = turns.iter().filter(|turn| cited.contains(turn.id.as_str()));
    EvidenceReport {
        episode: opened.id.clone(),
        bank_share: budget as f64 / opened.dialogue().iter().sum::<u64>().max(1) as f64,
        turn_share: cited_turns.count() as f64 / turns.len().max(1) as f64,
        policy: held(opened, |turn| {
            result.evidence.get(turn).copied().unwrap_or(0.0)
        }),
        random: random / DRAWS as f64,
        tfidf_regression: taken(opened, &within(&turns, &order, budget)),
    }
}

/// Returns the turns taken in order until the next does not fit.
fn within<'a>(turns: &[&'a Turn], order: &[usize], budget: u64) -> BTreeSet<&'a str> {
    let mut left = budget;
    let mut taken = BTreeSet::new();
    for index in order {
        let turn = turns[*index];
        if turn.words > left {
            break;
        }
        left -= turn.words;
        taken.insert(turn.id.as_str());
    }
    taken
}

/// Returns the share of gold evidence among `turns`, over all questions.
fn taken(opened: &OpenEpisode, turns: &BTreeSet<&str>) -> f64 {
    held(opened, |turn| f64::from(u8::from(turns.contains(turn))))
}

/// Returns the mean share of gold evidence that is kept, over all questions.
fn held(opened: &OpenEpisode, kept: impl Fn(&str) -> f64) -> f64 {
    let questions = opened.questions.iter();
    let gold: Vec<f64> = questions
        .flat_map(|question| &question.evidence)
        .map(|turn| kept(turn))
        .collect();
    mean(gold.into_iter())
}

/// A logistic regression on TF-IDF of words and word pairs, with smoothed idf and rows of unit
/// length (scikit-learn's defaults).
pub struct Regression {
    terms: BTreeMap<String, (usize, f64)>,
    weights: Vec<f64>,
    bias: f64,
}

impl Regression {
    /// Trains the regression to predict that a turn is evidence of some question.
    pub fn train(episodes: &[OpenEpisode]) -> Self {
        let mut texts = Vec::new();
        let mut labels = Vec::new();
        for opened in episodes {
            let gold: BTreeSet<&String> =
                opened.questions.iter().flat_map(|q| &q.evidence).collect();
            for turn in opened.turns.iter().flatten() {
                texts.push(terms_of(&turn.text));
                labels.push(f64::from(u8::from(gold.contains(&turn.id))));
            }
        }
        let mut documents: BTreeMap<&str, u32> = BTreeMap::new();
        for text in &texts {
            for term in text.keys() {
                *documents.entry(term).or_default() += 1;
            }
        }
        let count = texts.len() as f64;
        let terms = documents
            .into_iter()
            .filter(|(_, seen)| *seen > 1)
            .enumerate()
            .map(|(index, (term, seen))| {
                let idf = ((1.0 + count) / (1.0 + f64::from(seen))).ln() + 1.0;
                (term.to_owned(), (index, idf))
            })
            .collect();
        let mut model = Self {
            weights: Vec::new(),
            terms,
            bias: 0.0,
        };
        model.weights = vec![0.0; model.terms.len()];
        let rows: Vec<_> = texts.iter().map(|text| model.row(text)).collect();
        model.fit(&rows, &labels);
        model
    }

    fn fit(&mut self, rows: &[Vec<(usize, f64)>], labels: &[f64]) {
        let count = rows.len().max(1) as f64;
        for _ in 0..ITERATIONS {
            let mut gradient: Vec<f64> = self.weights.iter().map(|w| RIDGE * w / count).collect();
            let mut bias = 0.0;
            for (row, label) in rows.iter().zip(labels) {
                let error = (self.probability(row) - label) / count;
                bias += error;
                for (term, value) in row {
                    gradient[*term] += error * value;
                }
            }
            for (weight, slope) in self.weights.iter_mut().zip(&gradient) {
                *weight -= RATE * slope;
            }
            self.bias -= RATE * bias;
        }
    }

    fn probability(&self, row: &[(usize, f64)]) -> f64 {
        let logit = row.iter().fold(self.bias, |sum, (term, value)| {
            sum + self.weights[*term] * value
        });
        1.0 / (1.0 + (-logit).exp())
    }

    /// Returns the probability that a turn is evidence.
    pub fn score(&self, text: &str) -> f64 {
        self.probability(&self.row(&terms_of(text)))
    }

    fn row(&self, text: &BTreeMap<String, u32>) -> Vec<(usize, f64)> {
        let mut row: Vec<(usize, f64)> = text
            .iter()
            .filter_map(|(term, count)| {
                let (index, idf) = self.terms.get(term)?;
                Some((*index, f64::from(*count) * idf))
            })
            .collect();
        let length = row
            .iter()
            .map(|(_, value)| value * value)
            .sum::<f64>()
            .sqrt();
        if length > 0.0 {
            row.iter_mut().for_each(|(_, value)| *value /= length);
        }
        row
    }
}

fn terms_of(text: &str) -> BTreeMap<String, u32> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let mut terms = BTreeMap::new();
    for word in &words {
        *terms.entry((*word).to_owned()).or_default() += 1;
    }
    for pair in words.windows(2) {
        *terms.entry(pair.join(" ")).or_default() += 1;
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_regression_finds_the_words_that_matter() {
        let mut model = Regression {
            terms: BTreeMap::from([("moved".into(), (0, 1.0)), ("hello".into(), (1, 1.0))]),
            weights: vec![0.0; 2],
            bias: 0.0,
        };
        let rows: Vec<_> = ["moved", "hello", "moved", "hello hello"]
            .iter()
            .map(|text| model.row(&terms_of(text)))
            .collect();
        model.fit(&rows, &[1.0, 0.0, 1.0, 0.0]);
        let (moved, hello) = (model.score("I moved"), model.score("Hello!"));
        assert!(moved > 0.55 && hello < 0.45, "{moved} {hello}");
    }

    #[test]
    fn turns_are_taken_until_the_budget_is_spent() {
        let turn = |id: &str, words| Turn {
            time: String::new(),
            speaker: String::new(),
            id: id.into(),
            text: String::new(),
            words,
        };
        let (a, b, c) = (turn("a", 3), turn("b", 4), turn("c", 2));
        let taken = within(&[&a, &b, &c], &[2, 0, 1], 6);
        assert_eq!(taken, BTreeSet::from(["a", "c"]));
    }
}
