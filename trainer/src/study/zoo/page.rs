//! The zoo as one HTML page: a table for each environment.

use std::fmt::Write;

use crate::report::html::{document, escape, section};
use crate::study::zoo::report::{Report, Row};
use crate::study::zoo::table::{by_environment, or_dash, with_ends};

/// Heads of the columns.
const HEADS: [&str; 12] = [
    "system",
    "before",
    "trained",
    "gain",
    "sampled gain",
    "words kept",
    "malformed",
    "tokens generated",
    "tokens trained",
    "peak tokens",
    "dependency tokens",
    "seconds",
];

/// Returns the whole page.
pub(super) fn html(report: &Report) -> String {
    let mut body = String::new();
    for (environment, rows) in by_environment(report) {
        let learnt = &rows[0].learnt;
        let baselines = learnt.baselines.iter();
        let baselines: Vec<String> = baselines
            .map(|(name, reward)| format!("{} {:.3}", name.replace('_', " "), reward.value))
            .collect();
        let note = format!(
            "{} held-out episodes, {} seeds of each system. Fixed scripts: {}.",
            learnt.episodes,
            learnt.seeds.len(),
            baselines.join(", ")
        );
        section(&mut body, environment, &note, &table(rows));
    }
    let note = format!(
        "95 % intervals by bootstrap over episodes, of means over seeds. {}{}",
        report.machine,
        report
            .commit
            .as_ref()
            .map_or(String::new(), |commit| format!(
                ", commit {}",
                &commit[..commit.len().min(10)]
            ))
    );
    section(&mut body, "About", &note, "<p></p>");
    document("zoo", &body)
}

fn table(rows: &[Row]) -> String {
    let heads: String = HEADS.map(|head| format!("<th>{head}</th>")).concat();
    let mut html = format!(
        "<div class=\"wide\"><table class=\"figures\"><thead><tr>{heads}</tr></thead><tbody>"
    );
    for row in rows {
        let learnt = &row.learnt;
        let cells = [
            with_ends(learnt.before.reward),
            with_ends(learnt.after.reward),
            with_ends(learnt.gain),
            with_ends(learnt.sampled_gain),
            format!("{:.0}", learnt.after.bank_words),
            format!("{:.1} %", 100.0 * learnt.after.malformed_share),
            format!("{:.0}", learnt.generated_tokens),
            format!("{:.0}", row.trained_tokens),
            or_dash(row.peak_tokens),
            or_dash(row.dependency_tokens),
            format!("{:.0}", learnt.training_seconds),
        ];
        let cells: String = cells.map(|cell| format!("<td>{cell}</td>")).concat();
        let _ = write!(html, "<tr><th>{}</th>{cells}</tr>", escape(&row.system));
    }
    html + "</tbody></table></div>"
}
