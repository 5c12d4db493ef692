//! The reranker: two matrices that turn the query's vector and those of the candidates, and the
//! step by which they learn (REINFORCE).
//!
//! With q' = q + W q, m' = m + V m and s = q' · m', the gradients of s are m' qᵀ by W and q' mᵀ by V.
//! A step adds those of the candidates, each times its coefficient: two matrices of rank one.

use serde::{Deserialize, Serialize};

use crate::options::Options;

/// The matrices W, of the query, and V, of the candidates; empty, which stands for zeros, before the
/// first step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reranker {
    /// The number of rows and of columns.
    dimension: usize,
    /// W, row by row.
    query: Vec<f32>,
    /// V, row by row.
    memory: Vec<f32>,
}

impl Reranker {
    /// Returns the dimension; 0 before the first step.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// Returns whether steps can leave it.
    pub fn is_valid(&self) -> bool {
        let is_matrix = |of: &Vec<f32>| {
            of.len() == self.dimension * self.dimension && of.iter().all(|x| x.is_finite())
        };
        is_matrix(&self.query) && is_matrix(&self.memory)
    }

    /// Returns the scores of candidates. All vectors are as long as [`Reranker::dimension`], if it is
    /// not 0.
    pub fn scores(&self, query: &[f32], candidates: &[Vec<f32>]) -> Vec<f64> {
        let turned = turned(&self.query, query);
        let score = |candidate: &Vec<f32>| dot(&turned, &self::turned(&self.memory, candidate));
        candidates.iter().map(score).collect()
    }

    /// Takes a step for rewards of the candidates that were shown; the others have none.
    pub fn learn(
        &mut self,
        query: &[f32],
        candidates: &[Vec<f32>],
        rewards: &[Option<f64>],
        options: &Options,
    ) {
        let scores = self.scores(query, candidates);
        let coefficients = coefficients(&scores, rewards, options);
        if self.dimension == 0 {
            let dimension = query.len();
            *self = Self {
                dimension,
                query: vec![0.0; dimension * dimension],
                memory: vec![0.0; dimension * dimension],
            };
        }
        let wide = |vector: &[f32]| -> Vec<f64> { vector.iter().map(|&x| x.into()).collect() };
        let (mut left, mut right) = (vec![0.0; query.len()], vec![0.0; query.len()]);
        for (candidate, coefficient) in candidates.iter().zip(coefficients) {
            add(&mut left, &turned(&self.memory, candidate), coefficient);
            add(&mut right, &wide(candidate), coefficient);
        }
        let turned = turned(&self.query, query);
        let query = wide(query);
        let squares =
            dot(&left, &left) * dot(&query, &query) + dot(&turned, &turned) * dot(&right, &right);
        let rate = match options.eta * squares.sqrt() {
            length if length > options.clip => options.eta * options.clip / length,
            _ => options.eta,
        };
        step(&mut self.query, &left, &query, rate, options.decay);
        step(&mut self.memory, &turned, &right, rate, options.decay);
    }
}

/// Returns the derivatives of Σᵢ (Rᵢ - b) log pᵢ by the scores, where p is their softmax, over those
/// that were shown: (δᵢⱼ - pⱼ) (Rᵢ - b) / τ, summed over i.
pub fn coefficients(scores: &[f64], rewards: &[Option<f64>], options: &Options) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights = scores
        .iter()
        .map(|score| ((score - most) / options.tau).exp());
    let weights: Vec<f64> = weights.collect();
    let all: f64 = weights.iter().sum();
    let gain = |reward: &Option<f64>| reward.map_or(0.0, |reward| reward - options.b);
    let sum: f64 = rewards.iter().map(gain).sum();
    let each = weights.iter().zip(rewards);
    each.map(|(weight, reward)| (gain(reward) - weight / all * sum) / options.tau)
        .collect()
}

/// Returns x + M x; x alone if the matrix is empty.
fn turned(matrix: &[f32], vector: &[f32]) -> Vec<f64> {
    let mut turned: Vec<f64> = vector.iter().map(|&x| x.into()).collect();
    for (sum, row) in turned.iter_mut().zip(matrix.chunks(vector.len())) {
        let products = row.iter().zip(vector);
        *sum += products
            .map(|(&w, &x)| f64::from(w) * f64::from(x))
            .sum::<f64>();
    }
    turned
}

/// Adds a multiple of a vector to another.
fn add(sum: &mut [f64], vector: &[f64], times: f64) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += times * x;
    }
}

/// Shrinks a matrix by the decay, and adds a multiple of a column times a row.
fn step(matrix: &mut [f32], column: &[f64], row: &[f64], rate: f64, decay: f64) {
    for (weights, x) in matrix.chunks_mut(row.len()).zip(column) {
        for (weight, y) in weights.iter_mut().zip(row) {
            *weight = (f64::from(*weight) * (1.0 - decay) + rate * x * y) as f32;
        }
    }
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests;
