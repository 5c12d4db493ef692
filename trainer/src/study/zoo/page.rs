//! The zoo as one HTML page: a table for each environment.

use std::fmt::Write;

use crate::report::html::{document, escape, section};
use crate::study::zoo::report::{Report, Row};
use crate::study::zoo::table::{by_environment, or_dash, with_ends};

/// A column: its head, and its cell of a row.
type Column = (&'static str, fn(&Row) -> String);

/// What was learnt.
const LEARNT: [Column; 6] = [
    ("before", |row| with_ends(row.learnt.before.reward)),
    ("trained", |row| with_ends(row.learnt.after.reward)),
    ("gain", |row| with_ends(row.learnt.gain)),
    ("sampled gain", |row| with_ends(row.learnt.sampled_gain)),
    ("words kept", |row| {
        format!("{:.0}", row.learnt.after.bank_words)
    }),
    ("malformed", |row| percent(row.learnt.after.malformed_share)),
];

/// What it took.
const COST: [Column; 6] = [
    ("tokens generated", |row| {
        format!("{:.0}", row.learnt.generated_tokens)
    }),
    ("tokens trained", |row| format!("{:.0}", row.trained_tokens)),
    ("peak tokens", |row| or_dash(row.peak_tokens)),
    ("dependency tokens", |row| or_dash(row.dependency_tokens)),
    ("seconds", |row| {
        format!("{:.0}", row.learnt.training_seconds)
    }),
    ("guests", |row| percent(row.guest_share)),
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
        let tables = [LEARNT, COST].map(|columns| table(rows, &columns)).concat();
        section(&mut body, environment, &note, &tables);
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

fn table(rows: &[Row], columns: &[Column]) -> String {
    let heads = columns.iter().map(|(head, _)| format!("<th>{head}</th>"));
    let mut html = format!(
        "<div class=\"wide\"><table class=\"figures\"><thead><tr><th>system</th>{}</tr></thead><tbody>",
        heads.collect::<String>()
    );
    for row in rows {
        let cells = columns
            .iter()
            .map(|(_, cell)| format!("<td>{}</td>", cell(row)));
        let name = escape(&row.system);
        let _ = write!(
            html,
            "<tr><th>{name}</th>{}</tr>",
            cells.collect::<String>()
        );
    }
    html + "</tbody></table></div><p></p>"
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
