//! Choosing a token from logits, on the host.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

/// A chosen token and its log-probability.
pub(super) struct Chosen {
    pub(super) token: u32,
    pub(super) logprob: f32,
}

/// Chooses among `allowed` (ascending; None: all of `logits`). A temperature of 0
/// takes the likeliest, the lowest of equals, and draws no random number.
pub(super) fn choose(
    logits: &[f32],
    allowed: Option<&[u32]>,
    temperature: f32,
    source: &mut ChaCha8Rng,
) -> Chosen {
    let count = allowed.map_or(logits.len(), <[u32]>::len);
    let token = |index: usize| allowed.map_or(index as u32, |allowed| allowed[index]);
    let greedy = temperature == 0.0;
    let divisor = if greedy { 1.0 } else { temperature };
    let scaled: Vec<f32> = (0..count)
        .map(|index| logits[token(index) as usize] / divisor)
        .collect();
    let mut best = 0;
    for (index, value) in scaled.iter().enumerate() {
        if *value > scaled[best] {
            best = index;
        }
    }
    let weights: Vec<f64> = scaled
        .iter()
        .map(|value| f64::from(value - scaled[best]).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    let index = if greedy {
        best
    } else {
        draw(&weights, sum, source)
    };
    Chosen {
        token: token(index),
        logprob: (f64::from(scaled[index] - scaled[best]) - sum.ln()) as f32,
    }
}

/// The first index at which the running sum of weights passes a uniform number.
fn draw(weights: &[f64], sum: f64, source: &mut ChaCha8Rng) -> usize {
    let uniform = (source.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
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
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn samples_follow_the_softmax_of_what_is_allowed() {
        let logits = [0.0, 9.0, 1.0, -1.0];
        let allowed = [0, 2, 3];
        let mut source = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0u32; 4];
        for _ in 0..20_000 {
            let chosen = choose(&logits, Some(&allowed), 2.0, &mut source);
            counts[chosen.token as usize] += 1;
        }
        let sum: f32 = [0.0f32, 0.5, -0.5].iter().map(|x| x.exp()).sum();
        for token in allowed {
            let expected = (logits[token as usize] / 2.0).exp() / sum;
            let share = counts[token as usize] as f32 / 20_000.0;
            assert!(
                (share - expected).abs() < 0.012,
                "{token}: {share} for {expected}"
            );
        }
        assert_eq!(counts[1], 0);
    }

    #[test]
    fn greedy_takes_the_lowest_of_equals_and_reports_the_probability_at_one() {
        let mut source = ChaCha8Rng::seed_from_u64(1);
        let chosen = choose(&[1.0, 3.0, 3.0], None, 0.0, &mut source);
        assert_eq!(chosen.token, 1);
        let expected = -(2.0f32 + (-2.0f32).exp()).ln();
        assert!((chosen.logprob - expected).abs() < 1e-6);
    }
}
