//! The fairness study's table for people.

use crate::study::analysis::Report;
use crate::study::statistics::Figure;

/// One block a horizon, one line an estimator.
pub(super) fn of(report: &Report) -> String {
    let mut lines = vec![format!(
        "n = {} rollouts, m = {} rerolls, {} continuations from each state; 95 % intervals over episodes",
        report.rollouts, report.rerolls, report.continuations
    )];
    for at in &report.horizons {
        lines.push(String::new());
        lines.push(format!(
            "{} sessions: {} episodes, {} deeds; reliability of the truths {:.2} (return), {:.2} (session)",
            at.horizon, at.episodes, at.deeds, at.reliability[0], at.reliability[1]
        ));
        lines.push(
            "                  correlation with the truth        right sign           bias   noise"
                .into(),
        );
        lines.push(
            "  estimator       return          session           return  session     (of its spread)"
                .into(),
        );
        for judged in &at.estimators {
            lines.push(format!(
                "  {:<15} {} {}   {}  {}    {}  {}",
                judged.name,
                interval(judged.return_correlation),
                interval(judged.session_correlation),
                share(judged.return_sign),
                share(judged.session_sign),
                plain(judged.bias),
                plain(judged.noise),
            ));
        }
    }
    lines.push(String::new());
    lines.push(format!("{:.0} s on {}", report.seconds, report.machine));
    lines.join("\n") + "\n"
}

fn interval(figure: Option<Figure>) -> String {
    figure.map_or_else(
        || format!("{:<15}", "-"),
        |f| format!("{:+.2} [{:+.2} {:+.2}]", f.value, f.low, f.high),
    )
}

fn share(figure: Option<Figure>) -> String {
    figure.map_or_else(|| "    -".into(), |f| format!("{:>4.0} %", 100.0 * f.value))
}

fn plain(figure: Option<Figure>) -> String {
    figure.map_or_else(|| "    -".into(), |f| format!("{:>5.2}", f.value))
}
