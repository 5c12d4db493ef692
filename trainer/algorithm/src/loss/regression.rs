//! The loss of WebRL (Qi et al. 2024, arXiv 2411.02337, equation 6): the square of an output's
//! log-ratio to the reference policy less its advantage.

/// Settings of the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regression {
    /// Weight of the log-ratio.
    pub beta: f64,
}

impl Regression {
    /// Returns the loss of an output.
    pub fn loss(self, log_ratio: f64, advantage: f64) -> f64 {
        (self.beta * log_ratio - advantage).powi(2)
    }

    /// Returns how fast the loss falls as the output's log-probability grows.
    pub fn pull(self, log_ratio: f64, advantage: f64) -> f64 {
        2.0 * self.beta * (advantage - self.beta * log_ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// zoo-b 5.8: beta 1, a log-ratio of .2 and an advantage of .4.
    #[test]
    fn the_loss_is_the_published_one_and_the_pull_its_slope() {
        let regression = Regression { beta: 1.0 };
        assert!((regression.loss(0.2, 0.4) - 0.04).abs() < 1e-12);
        for (beta, log_ratio, advantage) in [(1.0, 0.2, 0.4), (0.3, -2.0, 0.1), (5.0, 0.0, -0.6)] {
            let regression = Regression { beta };
            let step = 1e-6;
            let fall = regression.loss(log_ratio - step, advantage)
                - regression.loss(log_ratio + step, advantage);
            let pull = regression.pull(log_ratio, advantage);
            assert!((pull - fall / (2.0 * step)).abs() < 1e-6, "{pull}");
        }
        // Unlike in WebRL's code, outputs with a negative advantage are learnt from.
        assert!(regression.pull(0.0, -0.6) < 0.0);
    }
}
