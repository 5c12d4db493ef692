//! Weighted correlations, and confidence intervals by bootstrap over episodes.

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Number of resamples of an interval.
const RESAMPLES: usize = 1000;

/// Weighted sums over pairs of estimate and truth. They add up over episodes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    weight: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
    /// Weight of the pairs with a clear truth and agreeing signs.
    agree: f64,
    /// Weight of the pairs with a clear truth.
    clear: f64,
}

impl Moments {
    /// Adds a pair. `clear` says that the truth is significantly different from 0.
    pub fn add(&mut self, estimate: f64, truth: f64, clear: bool, weight: f64) {
        self.weight += weight;
        self.x += weight * estimate;
        self.y += weight * truth;
        self.xx += weight * estimate * estimate;
        self.yy += weight * truth * truth;
        self.xy += weight * estimate * truth;
        if clear {
            self.clear += weight;
            self.agree += weight * f64::from(estimate * truth > 0.0);
        }
    }

    /// Returns the sum of both.
    pub fn and(mut self, other: &Self) -> Self {
        self.weight += other.weight;
        self.x += other.x;
        self.y += other.y;
        self.xx += other.xx;
        self.yy += other.yy;
        self.xy += other.xy;
        self.agree += other.agree;
        self.clear += other.clear;
        self
    }

    /// Returns Pearson's correlation; `None` if either side is constant.
    pub fn correlation(&self) -> Option<f64> {
        let (x, y) = (self.x / self.weight, self.y / self.weight);
        let covariance = self.xy / self.weight - x * y;
        let spread = (self.xx / self.weight - x * x) * (self.yy / self.weight - y * y);
        (spread > 1e-18).then(|| covariance / spread.sqrt())
    }

    /// Returns the share of clear truths whose sign the estimate has; `None` if no truth is clear.
    pub fn agreement(&self) -> Option<f64> {
        (self.clear > 0.0).then(|| self.agree / self.clear)
    }
}

/// A statistic with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Interval {
    /// Value over all episodes.
    pub value: f64,
    /// 2.5th percentile of the resamples.
    pub low: f64,
    /// 97.5th percentile of the resamples.
    pub high: f64,
}

/// Returns a statistic over `parts` (episodes) with its bootstrap interval: each resample draws
/// as many parts with replacement. `None` if the statistic cannot be computed.
pub fn bootstrap<P>(
    parts: &[P],
    of: impl Fn(&mut dyn Iterator<Item = &P>) -> Option<f64>,
    random: &mut ChaCha8Rng,
) -> Option<Interval> {
    let value = of(&mut parts.iter())?;
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let drawn: Vec<&P> = parts
                .iter()
                .map(|_| &parts[random.random_range(0..parts.len())])
                .collect();
            of(&mut drawn.into_iter())
        })
        .collect();
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = resampled.len().saturating_sub(1) as f64;
        resampled.get((share * last).round() as usize).copied()
    };
    Some(Interval {
        value,
        low: at(0.025).unwrap_or(value),
        high: at(0.975).unwrap_or(value),
    })
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn correlation_and_agreement_of_known_pairs() {
        let mut moments = Moments::default();
        for (x, y) in [(1.0, 2.0), (2.0, 1.0), (3.0, 4.0), (4.0, 3.0)] {
            moments.add(x - 2.5, y - 2.5, true, 1.0);
        }
        assert!((moments.correlation().expect("varies") - 0.6).abs() < 1e-12);
        assert_eq!(moments.agreement(), Some(1.0));
        assert_eq!(Moments::default().agreement(), None);
        let mut flat = Moments::default();
        flat.add(1.0, 2.0, false, 1.0);
        flat.add(1.0, 3.0, false, 1.0);
        assert_eq!(flat.correlation(), None);
    }

    #[test]
    fn weights_count_as_copies() {
        let (mut weighted, mut copied) = (Moments::default(), Moments::default());
        for (x, y, weight) in [(1.0, 0.5, 3), (-1.0, 0.2, 1), (0.5, -0.7, 2)] {
            weighted.add(x, y, true, f64::from(weight));
            for _ in 0..weight {
                copied.add(x, y, true, 1.0);
            }
        }
        let apart = weighted.correlation().expect("varies") - copied.correlation().expect("varies");
        assert!(apart.abs() < 1e-12);
    }

    #[test]
    fn an_interval_holds_the_value_and_narrows_with_more_parts() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mean = |parts: &mut dyn Iterator<Item = &f64>| {
            let all: Vec<f64> = parts.copied().collect();
            Some(all.iter().sum::<f64>() / all.len() as f64)
        };
        let parts = |count: usize| (0..count).map(|i| (i % 10) as f64).collect::<Vec<f64>>();
        let few = bootstrap(&parts(10), mean, &mut random).expect("an interval");
        let many = bootstrap(&parts(1000), mean, &mut random).expect("an interval");
        for interval in [few, many] {
            assert!(interval.low < 4.5 && 4.5 < interval.high);
        }
        assert!(many.high - many.low < (few.high - few.low) / 3.0);
    }
}
