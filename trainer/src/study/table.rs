//! The fairness study's report as text.

use crate::study::analysis::Report;
use crate::study::statistics::Interval;

/// Returns the report as text: a block per horizon, a line per estimator.
pub fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "n = {} rollouts, m = {} rerolls, {} continuations from each state; 95 % intervals over episodes",
        report.rollouts, report.rerolls, report.continuations
    )];
    for at in &report.horizons {
        lines.push(String::new());
        lines.push(format!(
            "{} sessions: {} episodes, {} session samples; reliability of the truths {:.2} (return), {:.2} (session)",
            at.horizon, at.episodes, at.samples, at.reliability[0], at.reliability[1]
        ));
        lines.push(
            "                  correlation with the truth        right sign           bias   noise"
                .into(),
        );
        lines.push(
            "  estimator       return          session           return  session     (of its spread)"
                .into(),
        );
        for score in &at.estimators {
            lines.push(format!(
                "  {:<15} {} {}   {}  {}    {}  {}",
                score.name,
                with_ends(score.return_correlation),
                with_ends(score.session_correlation),
                share(score.return_sign),
                share(score.session_sign),
                plain(score.bias),
                plain(score.noise),
            ));
        }
    }
    lines.push(String::new());
    lines.push(format!("{:.0} s on {}", report.seconds, report.machine));
    lines.join("\n") + "\n"
}

fn with_ends(interval: Option<Interval>) -> String {
    interval.map_or_else(
        || format!("{:<15}", "-"),
        |f| format!("{:+.2} [{:+.2} {:+.2}]", f.value, f.low, f.high),
    )
}

fn share(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "    -".into(), |f| format!("{:>4.0} %", 100.0 * f.value))
}

fn plain(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "    -".into(), |f| format!("{:>5.2}", f.value))
}
