//! The table of a zoo, at most 80 columns wide.

use std::fmt::Write;

use crate::study::statistics::Interval;
use crate::study::zoo::report::{Report, Row};

/// Returns the rows of each environment in order, with their environment's name.
pub(super) fn by_environment(report: &Report) -> Vec<(&str, &[Row])> {
    let groups = report.rows.chunk_by(|a, b| a.environment == b.environment);
    groups.map(|rows| (&*rows[0].environment, rows)).collect()
}

/// Returns the result as text.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    for (environment, rows) in by_environment(report) {
        let learnt = &rows[0].learnt;
        let seeds: Vec<String> = learnt.seeds.iter().map(u64::to_string).collect();
        let _ = writeln!(
            text,
            "{environment}: {} held-out episodes, seeds {}",
            learnt.episodes,
            seeds.join(", ")
        );
        let _ = writeln!(
            text,
            "{:22} before  trained              gain                   words",
            ""
        );
        for (name, reward) in &learnt.baselines {
            let name = name.replace('_', " ");
            let _ = writeln!(text, "  {name:<27}  {:.3}", reward.value);
        }
        for row in rows {
            let _ = writeln!(
                text,
                "  {:<20} {:>6.3}  {:<19}  {:<21} {:>5.0}",
                row.system,
                row.learnt.before.reward.value,
                with_ends(row.learnt.after.reward),
                with_ends(row.learnt.gain),
                row.learnt.after.bank_words,
            );
        }
        let _ = writeln!(
            text,
            "\n{:22} malformed  generated   peak dependency seconds  guests",
            ""
        );
        for row in rows {
            let _ = writeln!(
                text,
                "  {:<20} {:>7.1} % {:>10.0} {:>6} {:>10} {:>7.0} {:>5.1} %",
                row.system,
                100.0 * row.learnt.after.malformed_share,
                row.learnt.generated_tokens,
                or_dash(row.peak_tokens),
                or_dash(row.dependency_tokens),
                row.learnt.training_seconds,
                100.0 * row.guest_share,
            );
        }
        text.push('\n');
    }
    let _ = writeln!(
        text,
        "95 % intervals by bootstrap over episodes, of means over seeds\n{}",
        report.machine
    );
    text
}

pub(super) fn with_ends(Interval { value, low, high }: Interval) -> String {
    format!("{value:.3} [{low:.3} {high:.3}]")
}

pub(super) fn or_dash(value: Option<f64>) -> String {
    value.map_or_else(|| "\u{2013}".into(), |value| format!("{value:.0}"))
}
