//! Requests and their results.

use std::sync::Arc;

use crate::generation::stop::StopStrings;
use crate::grammar::{Grammar, GrammarError};

/// A completion to sample.
#[derive(Clone, Debug)]
pub struct Request {
    /// The speaking role. It selects the weights if roles have weights of their own.
    pub role: Arc<str>,
    /// The prompt. It must not be empty.
    pub prompt: Arc<[u32]>,
    /// The grammar of the completion. `None` allows any tokens up to one of `ends`.
    pub grammar: Option<Arc<Grammar>>,
    /// The tokens that end a completion.
    pub ends: Arc<[u32]>,
    /// The maximum number of tokens.
    pub max_tokens: usize,
    /// The divisor of the logits. 0 is greedy and takes the lowest id among equal logits.
    pub temperature: f32,
    /// Samples from this many of the most likely tokens; 0 samples from all.
    pub top_k: usize,
    /// Nucleus sampling: samples from the smallest set of the most likely tokens, out of those
    /// `top_k` keeps, whose probabilities sum to at least `top_p`. 1 samples from all.
    pub top_p: f32,
    /// Strings that also end a completion.
    pub stop: Option<Arc<StopStrings>>,
    /// The seed of the request's random numbers.
    pub seed: u64,
}

/// A sampled completion.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The token ids, including the end token if one was chosen.
    pub tokens: Vec<u32>,
    /// The log-probability of each token among its choices, at the request's temperature (at 1 if
    /// that is 0). A forced token has 0.
    pub logprobs: Vec<f32>,
    /// The set that each token was chosen from, ascending: the tokens that the grammar, `top_k` and
    /// `top_p` leave. `None` is the whole vocabulary.
    pub choices: Vec<Option<Arc<[u32]>>>,
    /// The reason for the end.
    pub finish: FinishReason,
}

impl Sample {
    /// Returns a sample without tokens.
    pub fn empty(finish: FinishReason) -> Self {
        Self {
            tokens: Vec::new(),
            logprobs: Vec::new(),
            choices: Vec::new(),
            finish,
        }
    }
}

/// The reason why a completion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// An end token was chosen, a stop string is complete, or the grammar allows no more tokens.
    Stop,
    /// The completion reached `max_tokens`.
    Length,
    /// The context filled up first.
    Context,
    /// The prompt fills the context. The sample has no tokens.
    Overflow,
}

impl FinishReason {
    /// Returns whether the completion was cut off.
    pub fn cut_off(self) -> bool {
        matches!(self, Self::Length | Self::Context)
    }
}

/// A request that cannot be run.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum GenerateError {
    /// The prompt has no tokens.
    #[error("the prompt is empty: it needs at least one token")]
    Empty,
    /// The model computed a logit that is not finite.
    #[error(
        "token {token} has the logit {value}: the weights have diverged, or values overflow in backbone.compute"
    )]
    Logit {
        /// The first such token.
        token: usize,
        /// The logit.
        value: String,
    },
    /// The grammar cannot be followed.
    #[error(transparent)]
    Grammar(#[from] GrammarError),
}
