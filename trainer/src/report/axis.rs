//! Axes of charts: ends, ticks, and the format of numbers.

/// An axis: its ends and labelled values.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// The value at the lower end.
    pub low: f64,
    /// The value at the upper end, above `low`.
    pub high: f64,
    /// Values to label, in order, between the ends.
    pub ticks: Vec<f64>,
    step: f64,
}

impl Scale {
    /// Returns an axis that ends on ticks and covers the values.
    pub fn around(least: f64, most: f64) -> Self {
        let (least, most) = apart(least, most);
        let step = round_step((most - least) / 4.0);
        let (first, last) = ((least / step).floor(), (most / step).ceil());
        Self {
            low: first * step,
            high: last * step,
            ticks: ticks(first, last, step),
            step,
        }
    }

    /// Returns an axis that ends on the first and last step of a run.
    pub fn of_steps(first: f64, last: f64) -> Self {
        let last = last.max(first + 1.0);
        let step = round_step((last - first) / 5.0).max(1.0);
        Self {
            low: first,
            high: last,
            ticks: ticks((first / step).ceil(), (last / step).floor(), step),
            step,
        }
    }

    /// Returns the position of a value: 0 at the lower end, 1 at the upper.
    pub fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// Returns the label of a tick.
    pub fn label(&self, tick: f64) -> String {
        if tick == 0.0 {
            return "0".into();
        }
        let size = self.low.abs().max(self.high.abs());
        if size >= 1e6 {
            return format!("{}M", decimals(tick / 1e6, self.step / 1e6));
        }
        if size >= 1e4 {
            return format!("{}k", decimals(tick / 1e3, self.step / 1e3));
        }
        if size < 1e-2 {
            return scientific(tick);
        }
        decimals(tick, self.step)
    }
}

/// Formats a number for a table or legend, with about three significant digits.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if size < 1e-2 {
        scientific(value)
    } else {
        let text = if size >= 1e6 {
            format!("{:.2}M", value / 1e6)
        } else if size >= 1e4 {
            format!("{:.1}k", value / 1e3)
        } else if size >= 100.0 || value.fract() == 0.0 {
            format!("{value:.0}")
        } else if size >= 10.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.3}")
        };
        text.replace('-', "\u{2212}")
    }
}

fn scientific(value: f64) -> String {
    let text = format!("{value:.1e}");
    text.replace(".0e", "e").replace('-', "\u{2212}")
}

fn decimals(value: f64, step: f64) -> String {
    // The computed logarithm of 0.1 can lie slightly above -1.
    let digits = (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.digits$}").replace('-', "\u{2212}")
}

/// Returns ends that differ, so that a flat line can be drawn.
fn apart(least: f64, most: f64) -> (f64, f64) {
    if most > least {
        (least, most)
    } else if least == 0.0 {
        (0.0, 1.0)
    } else {
        (least.min(0.0), least.max(0.0))
    }
}

/// Returns the number nearest to `step` by ratio among 1, 2, 5 and 10 times a power of ten.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factor = match step / power {
        ratio if ratio < 2f64.sqrt() => 1.0,
        ratio if ratio < 10f64.sqrt() => 2.0,
        ratio if ratio < 50f64.sqrt() => 5.0,
        _ => 10.0,
    };
    factor * power
}

fn ticks(first: f64, last: f64, step: f64) -> Vec<f64> {
    (first as i64..=last as i64)
        .map(|at| at as f64 * step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<String> {
        scale.ticks.iter().map(|tick| scale.label(*tick)).collect()
    }

    #[test]
    fn an_axis_ends_on_round_ticks_around_the_values() {
        let scale = Scale::around(0.21, 0.98);
        assert_eq!(labels(&scale), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(scale.place(0.2), 0.0);
        assert!((scale.place(0.6) - 0.5).abs() < 1e-9);
        assert_eq!(labels(&Scale::around(-0.4, 0.9))[0], "\u{2212}0.5");
    }

    #[test]
    fn a_flat_line_has_an_axis() {
        assert_eq!(Scale::around(0.0, 0.0).high, 1.0);
        let flat = Scale::around(3.0, 3.0);
        assert_eq!((flat.low, flat.high), (0.0, 3.0));
        let below = Scale::around(-3.0, -3.0);
        assert_eq!((below.low, below.high), (-3.0, 0.0));
    }

    #[test]
    fn very_small_and_large_values_are_short() {
        assert_eq!(
            labels(&Scale::around(0.0, 4e-7)),
            [
                "0",
                "1e\u{2212}7",
                "2e\u{2212}7",
                "3e\u{2212}7",
                "4e\u{2212}7"
            ]
        );
        assert_eq!(
            labels(&Scale::around(0.0, 20_000.0)),
            ["0", "5k", "10k", "15k", "20k"]
        );
        assert_eq!(number(1_234_567.0), "1.23M");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(42.0), "42");
        assert_eq!(number(0.756), "0.756");
    }

    #[test]
    fn steps_are_labelled_at_whole_numbers() {
        assert_eq!(labels(&Scale::of_steps(1.0, 3.0)), ["1", "2", "3"]);
        let scale = Scale::of_steps(0.0, 120.0);
        assert_eq!((scale.low, scale.high), (0.0, 120.0));
        assert_eq!(labels(&scale), ["0", "20", "40", "60", "80", "100", "120"]);
    }
}
