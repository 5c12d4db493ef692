//! Learning rate schedules.

/// A cosine schedule with warm-up. Rises linearly to `peak` over the first tenth of `steps`, then
/// follows half a cosine down to a tenth of `peak` at the last step. `step` counts from 0.
pub fn cosine(step: u64, steps: u64, peak: f64) -> f64 {
    const FLOOR: f64 = 0.1;
    let rising = steps / 10;
    if step < rising {
        return peak * (step + 1) as f64 / rising as f64;
    }
    let falling = steps.saturating_sub(rising + 1).max(1);
    let passed = ((step - rising) as f64 / falling as f64).min(1.0);
    let height = (1.0 + (std::f64::consts::PI * passed).cos()) / 2.0;
    peak * (FLOOR + (1.0 - FLOOR) * height)
}

/// A constant schedule with warm-up. Rises linearly to `peak` over the first `rising` steps. `step`
/// counts from 0.
pub fn constant(step: u64, rising: u64, peak: f64) -> f64 {
    peak * ((step + 1) as f64 / rising.max(1) as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_rises_in_equal_steps_and_stays() {
        let rates: Vec<f64> = (0..6).map(|step| constant(step, 4, 2.0)).collect();
        assert_eq!(rates, [0.5, 1.0, 1.5, 2.0, 2.0, 2.0]);
        assert_eq!(constant(0, 0, 2.0), 2.0);
    }

    #[test]
    fn the_rate_rises_in_equal_steps_and_falls_to_a_tenth() {
        let rate = |step| cosine(step, 41, 2.0);
        assert_eq!([rate(0), rate(1), rate(3), rate(4)], [0.5, 1.0, 2.0, 2.0]);
        assert!((rate(22) - 1.1).abs() < 1e-9, "half way down: {}", rate(22));
        assert!((rate(40) - 0.2).abs() < 1e-9);
        assert!((rate(99) - 0.2).abs() < 1e-9);
        assert!((4..40).all(|step| rate(step) > rate(step + 1)));
    }

    #[test]
    fn short_schedules_stay_finite() {
        for steps in 0..12 {
            assert!((0..5).all(|step| cosine(step, steps, 1.0).is_finite()));
        }
    }
}
