//! The tokens that an agent reads and writes in an episode with tasks (MEM1, arXiv 2506.15841).

use serde::{Deserialize, Serialize};

/// Tokens of an episode's outputs and their prompts; over episodes, the means.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct TokenUse {
    /// The most tokens of a prompt with its output, without those of the first prompt.
    pub peak: f64,
    /// Mean tokens of a prompt.
    pub prompt: f64,
    /// The sum over outputs of their tokens times the tokens that each of them sees on average:
    /// those of the prompt and half of the output's, rounded down.
    pub dependency: f64,
}

impl TokenUse {
    /// Returns the use of outputs in order, each as its prompt's and its own number of tokens.
    pub fn of(outputs: &[(usize, usize)]) -> Self {
        let Some((first, _)) = outputs.first() else {
            return Self::default();
        };
        let most = outputs.iter().map(|(prompt, own)| prompt + own).max();
        let prompts: usize = outputs.iter().map(|(prompt, _)| prompt).sum();
        let seen = outputs.iter().map(|(prompt, own)| (prompt + own / 2) * own);
        Self {
            peak: most.unwrap_or(0).saturating_sub(*first) as f64,
            prompt: prompts as f64 / outputs.len() as f64,
            dependency: seen.sum::<usize>() as f64,
        }
    }

    /// Returns the mean over episodes; none without one.
    pub fn mean(all: &[Self]) -> Option<Self> {
        let count = all.len() as f64;
        let mean = |of: fn(&Self) -> f64| all.iter().map(of).sum::<f64>() / count;
        (!all.is_empty()).then(|| Self {
            peak: mean(|own| own.peak),
            prompt: mean(|own| own.prompt),
            dependency: mean(|own| own.dependency),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_and_dependency_of_three_outputs() {
        let used = TokenUse::of(&[(30, 40), (120, 45), (110, 38)]);
        assert_eq!((used.peak, used.dependency), (135.0, 13_292.0));
        assert_eq!(used.prompt, 260.0 / 3.0);
        assert_eq!(TokenUse::of(&[]), TokenUse::default());
    }

    #[test]
    fn episodes_count_alike() {
        let both = [
            TokenUse::of(&[(10, 10)]),
            TokenUse::of(&[(30, 20), (50, 2)]),
        ];
        let mean = TokenUse::mean(&both).map(|used| (used.peak, used.prompt));
        assert_eq!(mean, Some((16.0, 25.0)));
        assert_eq!(TokenUse::mean(&[]), None);
    }
}
