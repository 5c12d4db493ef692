//! The loss of direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290, equation 7),
//! with label smoothing (Mitchell 2023).

/// Settings of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preference {
    /// Weight of the log-ratios to the reference policy.
    pub beta: f64,
    /// Probability that a pair is the wrong way round, in [0, 0.5).
    pub smoothing: f64,
}

impl Preference {
    /// Returns the loss of a pair. `margin` is the log-ratio of the chosen outputs to the reference
    /// policy, less that of the rejected ones.
    pub fn loss(self, margin: f64) -> f64 {
        let scaled = self.beta * margin;
        (1.0 - self.smoothing) * softplus(-scaled) + self.smoothing * softplus(scaled)
    }

    /// Returns how fast the loss falls as the margin grows.
    pub fn pull(self, margin: f64) -> f64 {
        let scaled = self.beta * margin;
        self.beta * ((1.0 - self.smoothing) * sigmoid(-scaled) - self.smoothing * sigmoid(scaled))
    }
}

/// Returns ln(1 + exp(x)).
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid(x: f64) -> f64 {
    (-softplus(-x)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// zoo: policy and reference alike, a difference of 2, and the same with smoothing.
    #[test]
    fn losses_are_the_published_ones() {
        let plain = Preference {
            beta: 0.1,
            smoothing: 0.0,
        };
        let smooth = Preference {
            smoothing: 0.1,
            ..plain
        };
        let close = |got: f64, want: f64| assert!((got - want).abs() < 5e-5, "{got} for {want}");
        close(plain.loss(0.0), std::f64::consts::LN_2);
        close(plain.loss(2.0), 0.5981);
        close(smooth.loss(2.0), 0.6181);
    }

    #[test]
    fn losses_and_gradients_are_the_references() {
        let text = include_str!("../../../../tests/reference/advantages.json");
        let cases: Vec<serde_json::Value> = serde_json::from_str(text).expect("cases");
        let own = cases
            .iter()
            .filter(|case| case["estimator"] == "preference");
        for case in own.clone() {
            let number = |value: &serde_json::Value| value.as_f64().expect("a number");
            let preference = Preference {
                beta: number(&case["beta"]),
                smoothing: number(&case["smoothing"]),
            };
            let ratio = |at: usize| number(&case["logprobs"][at]) - number(&case["reference"][at]);
            let margin = ratio(0) - ratio(1);
            let pull = preference.pull(margin);
            assert!(
                (preference.loss(margin) - number(&case["loss"])).abs() < 1e-12,
                "{case}"
            );
            assert!(
                (pull + number(&case["gradient"][0])).abs() < 1e-12,
                "{case}"
            );
            assert!(
                (pull - number(&case["gradient"][1])).abs() < 1e-12,
                "{case}"
            );
        }
        assert_eq!(own.count(), 12);
    }

    #[test]
    fn the_pull_is_the_slope() {
        for smoothing in [0.0, 0.1, 0.4] {
            let preference = Preference {
                beta: 0.3,
                smoothing,
            };
            for margin in [-900.0, -3.0, 0.0, 0.5, 7.0, 900.0] {
                let step = 1e-5;
                let fall = preference.loss(margin - step) - preference.loss(margin + step);
                let slope = fall / (2.0 * step);
                let pull = preference.pull(margin);
                assert!((pull - slope).abs() < 1e-6, "{margin}: {pull} for {slope}");
            }
        }
    }
}
