//! Sampling a token from logits on the host.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

use crate::generation::request::{GenerateError, Request};

/// A chosen token, its log-probability, and the candidates.
pub(super) struct Chosen {
    pub(super) token: u32,
    pub(super) logprob: f32,
    pub(super) candidates: Option<Arc<[u32]>>,
}

/// Samples from `allowed` (ascending; `None` is all of `logits`) after the request's `top_k` and
/// `top_p`. A temperature of 0 takes the most likely token, the lowest among equals, and draws no
/// random number.
///
/// # Errors
/// Fails if any logit is not finite, allowed or not.
pub(super) fn choose(
    logits: &[f32],
    allowed: Option<Arc<[u32]>>,
    request: &Request,
    rng: &mut ChaCha8Rng,
) -> Result<Chosen, GenerateError> {
    if let Some(token) = logits.iter().position(|logit| !logit.is_finite()) {
        return Err(GenerateError::Logit {
            token,
            value: logits[token].to_string(),
        });
    }
    if request.temperature == 0.0 {
        return Ok(choose_from(logits, allowed, 1.0, |weights, _| {
            // The heaviest weight is exactly 1.
            let best = weights.iter().position(|weight| *weight == 1.0);
            best.unwrap_or(0)
        }));
    }
    let candidates = match request.top_k > 0 || request.top_p < 1.0 {
        true => Some(most_likely(logits, allowed.as_deref(), request)),
        false => allowed,
    };
    Ok(choose_from(
        logits,
        candidates,
        request.temperature,
        |weights, sum| draw(weights, sum, rng),
    ))
}

/// Chooses an index with `pick`, which gets the weights relative to the heaviest and their sum.
fn choose_from(
    logits: &[f32],
    candidates: Option<Arc<[u32]>>,
    divisor: f32,
    pick: impl FnOnce(&[f64], f64) -> usize,
) -> Chosen {
    let count = candidates
        .as_ref()
        .map_or(logits.len(), |candidates| candidates.len());
    let token = |index: usize| {
        candidates
            .as_ref()
            .map_or(index as u32, |candidates| candidates[index])
    };
    let scaled: Vec<f32> = (0..count)
        .map(|index| logits[token(index) as usize] / divisor)
        .collect();
    let best = scaled.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = scaled
        .iter()
        .map(|value| f64::from(value - best).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let index = pick(&weights, sum);
    Chosen {
        token: token(index),
        logprob: (f64::from(scaled[index] - best) - sum.ln()) as f32,
        candidates,
    }
}

/// Returns the tokens that `top_k` and then `top_p` keep, ascending.
fn most_likely(logits: &[f32], allowed: Option<&[u32]>, request: &Request) -> Arc<[u32]> {
    let scaled = |token: u32| logits[token as usize] / request.temperature;
    let mut tokens: Vec<u32> = match allowed {
        Some(allowed) => allowed.to_vec(),
        None => (0..logits.len() as u32).collect(),
    };
    let more_likely = |a: &u32, b: &u32| scaled(*b).total_cmp(&scaled(*a)).then(a.cmp(b));
    if request.top_k > 0 && request.top_k < tokens.len() {
        tokens.select_nth_unstable_by(request.top_k, more_likely);
        tokens.truncate(request.top_k);
    }
    if request.top_p < 1.0 {
        let best = tokens.iter().map(|token| scaled(*token));
        let best = best.fold(f32::NEG_INFINITY, f32::max);
        let weight = |token: &u32| f64::from(scaled(*token) - best).exp();
        let sum: f64 = tokens.iter().map(weight).sum();
        // Tokens lighter than this sum to less than `1 - top_p`, so they can go before the sort.
        let least = (1.0 - f64::from(request.top_p)) * sum / tokens.len() as f64;
        tokens.retain(|token| weight(token) >= least);
        tokens.sort_unstable_by(more_likely);
        let mut rest = f64::from(request.top_p) * sum;
        let enough = tokens.iter().position(|token| {
            rest -= weight(token);
            rest <= 0.0
        });
        tokens.truncate(enough.map_or(tokens.len(), |last| last + 1));
    }
    tokens.sort_unstable();
    tokens.into()
}

/// Returns the first index at which the running sum of weights exceeds a uniform random number.
fn draw(weights: &[f64], sum: f64, rng: &mut ChaCha8Rng) -> usize {
    let uniform = (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let mut rest = uniform * sum;
    let mut last = 0;
    for (index, weight) in weights.iter().enumerate() {
        if *weight > 0.0 {
            last = index;
            if rest < *weight {
                break;
            }
            rest -= weight;
        }
    }
    last
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn request(temperature: f32, top_k: usize, top_p: f32) -> Request {
        Request {
            role: "extractor".into(),
            prompt: [1].into(),
            grammar: None,
            ends: [].into(),
            max_tokens: 1,
            temperature,
            top_k,
            top_p,
            stop: None,
            seed: 0,
        }
    }

    /// Returns the frequency of each token in 20 000 draws.
    fn shares(logits: &[f32], allowed: Option<&[u32]>, request: &Request) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut shares = vec![0.0; logits.len()];
        for _ in 0..20_000 {
            let chosen = choose(logits, allowed.map(Arc::from), request, &mut rng).unwrap();
            shares[chosen.token as usize] += 1.0 / 20_000.0;
        }
        shares
    }

    #[test]
    fn samples_follow_the_softmax_of_what_is_allowed() {
        let logits = [0.0, 9.0, 1.0, -1.0];
        let allowed = [0, 2, 3];
        let shares = shares(&logits, Some(&allowed), &request(2.0, 0, 1.0));
        let sum: f32 = [0.0f32, 0.5, -0.5].iter().map(|x| x.exp()).sum();
        for token in allowed {
            let expected = (logits[token as usize] / 2.0).exp() / sum;
            let share = shares[token as usize];
            assert!(
                (share - expected).abs() < 0.012,
                "{token}: {share} for {expected}"
            );
        }
        assert_eq!(shares[1], 0.0);
    }

    #[test]
    fn greedy_takes_the_lowest_of_equals_and_reports_the_probability_at_one() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let chosen = choose(&[1.0, 3.0, 3.0], None, &request(0.0, 1, 0.5), &mut rng).unwrap();
        assert_eq!((chosen.token, chosen.candidates), (1, None));
        let expected = -(2.0f32 + (-2.0f32).exp()).ln();
        assert!((chosen.logprob - expected).abs() < 1e-6);
    }

    #[test]
    fn no_token_is_chosen_if_a_logit_is_not_finite() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for temperature in [0.0, 1.0] {
                for allowed in [None, Some([0, 1].into())] {
                    let logits = [1.0, 2.0, broken];
                    let request = request(temperature, 0, 0.9);
                    let error = choose(&logits, allowed, &request, &mut rng).err().unwrap();
                    let (token, value) = (2, broken.to_string());
                    assert_eq!(error, GenerateError::Logit { token, value });
                }
            }
        }
    }

    #[test]
    fn top_p_keeps_the_fewest_tokens_that_are_probable_enough() {
        // Probabilities .125, .25, .125, .5.
        let ln = |share: f32| share.ln();
        let logits = [ln(0.125), ln(0.25), ln(0.125), ln(0.5)];
        for (top_k, top_p, expected) in [
            (0, 0.3, &[3][..]),
            (0, 0.6, &[1, 3]),
            (0, 0.8, &[0, 1, 3]),
            (0, 0.99, &[0, 1, 2, 3]),
            (2, 1.0, &[1, 3]),
            (3, 1.0, &[0, 1, 3]),
            (9, 1.0, &[0, 1, 2, 3]),
            // After `top_k`, the most likely token has two thirds of the mass.
            (2, 0.6, &[3]),
        ] {
            let left = most_likely(&logits, None, &request(1.0, top_k, top_p));
            assert_eq!(&*left, expected, "{top_k} {top_p}");
        }
        assert_eq!(
            *most_likely(&logits, Some(&[0, 2]), &request(1.0, 0, 0.4)),
            [0]
        );
        let shares = shares(&logits, None, &request(1.0, 0, 0.6));
        assert!((shares[3] - 2.0 / 3.0).abs() < 0.012 && shares[0] + shares[2] == 0.0);
    }

    proptest! {
        #[test]
        fn top_p_leaves_what_a_full_sort_would(
            logits in prop::collection::vec(-6.0f32..6.0, 1..60),
            top_p in 0.01f32..0.999,
        ) {
            let left = most_likely(&logits, None, &request(1.3, 0, top_p));
            let weight = |token: usize| f64::from(logits[token] / 1.3).exp();
            let sum: f64 = (0..logits.len()).map(weight).sum();
            let share: f64 = left.iter().map(|token| weight(*token as usize) / sum).sum();
            let least = left.iter().map(|token| weight(*token as usize) / sum);
            let least = least.fold(f64::INFINITY, f64::min);
            prop_assert!(share >= f64::from(top_p) - 1e-6);
            prop_assert!(share - least < f64::from(top_p) + 1e-6);
            let out = (0..logits.len()).filter(|token| !left.contains(&(*token as u32)));
            prop_assert!(out.map(weight).all(|weight| weight / sum <= least + 1e-9));
        }
    }
}
