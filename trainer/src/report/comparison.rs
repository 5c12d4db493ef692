//! Tables with a column per run: results, and differences between run files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::Value;

use crate::report::axis::number;
use crate::report::html::{escape, run_heads};
use crate::report::jsonl::TIMING;
use crate::report::run_folder::Run;

/// A row of the summary: name, path in `summary.json`, format.
type Row = (&'static str, &'static str, fn(f64) -> String);

const ROWS: [Row; 11] = [
    ("Reward", "reward", number),
    ("Reward, sampled", "sampled_reward", number),
    ("Token F1", "f1", number),
    ("M-Fail", "m_fail", percent),
    ("Words in the bank", "bank_words", number),
    ("Words, of the dialogue", "bank_share", percent),
    ("Outputs of an episode", "outputs", number),
    ("Malformed outputs", "malformed", number),
    ("Prompts beyond the context", "context_overflows", number),
    ("Outputs cut off by it", "context_cuts", number),
    ("Questions lost to a server", "dropped_questions", number),
];

const WHOLE: [Row; 8] = [
    ("Seed", "/seed", number),
    ("RL steps", "/steps", number),
    ("Warm start and RL", "/training_seconds", seconds),
    ("Whole run", "/seconds", seconds),
    ("Tokens sampled", "/generated_tokens", number),
    ("Tokens through updates", "/trained_tokens", number),
    ("Peak memory", "/peak_rss_bytes", gib),
    ("Guests' share of a step", "/guest_share/mean", percent),
];

/// Selectors compared by the evidence they hold, and their keys in `summary.json`.
const SELECTORS: [(&str, &str); 4] = [
    ("policy", "policy"),
    ("random turns of as many words", "random"),
    ("as many random turns", "turn_share"),
    (
        "TF-IDF regression, trained on the labels",
        "tfidf_regression",
    ),
];

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

fn seconds(value: f64) -> String {
    format!("{value:.0} s")
}

fn gib(value: f64) -> String {
    format!("{:.2} GiB", value / (1u64 << 30) as f64)
}

/// Returns the tables at the top of the page.
pub fn summary(runs: &[Run]) -> String {
    let mut whole = Table::new(runs, "Run");
    whole.row("State", |run| match run.summary {
        Some(_) => "finished".into(),
        None => format!("not finished: {} steps so far", run.steps()),
    });
    for (name, place, show) in WHOLE {
        whole.figure(name, place, show);
    }
    let mut parts = Table::new(runs, "Seconds by part");
    for what in timed(runs) {
        parts.row(what.trim_end_matches(".json"), |run| {
            let points = run.points.get(&format!("{TIMING}{what}"));
            let all = points.into_iter().flatten();
            seconds(all.filter_map(|point| point.figures.get("seconds")).sum())
        });
    }
    let tables = [
        Some(whole),
        held_out(runs, "", "Held-out: before RL \u{2192} trained"),
        held_out(runs, "/long", "Longer than trained on"),
        evidence(runs),
        Some(parts),
    ];
    let tables: String = tables.into_iter().flatten().map(Table::html).collect();
    format!("<div class=\"tables\">{tables}</div>\n")
}

/// Returns the table of the held-out results below `root` in the summaries; `None` if no run
/// has any.
fn held_out<'a>(runs: &'a [Run], root: &str, title: &str) -> Option<Table<'a>> {
    let place = |rest: &str| format!("{root}/{rest}");
    if !runs.iter().any(|run| at(run, &place("held_out")).is_some()) {
        return None;
    }
    let mut table = Table::new(runs, title);
    if !root.is_empty() {
        table.figure("Sessions", &place("horizon"), number);
    }
    table.figure("Episodes", &place("held_out/after/episodes"), number);
    for (name, key, show) in ROWS {
        table.row(name, |run| {
            let of = |when| figure(run, &place(&format!("held_out/{when}/{key}")), show);
            format!("{} \u{2192} {}", of("before"), of("after"))
        });
    }
    for script in keys(runs, &place("baselines")) {
        table.figure(
            &format!("Reward: {}", script.replace('_', " ")),
            &place(&format!("baselines/{script}/reward")),
            number,
        );
    }
    Some(table)
}

/// Returns the table of the evidence shares of the policy and the baselines; `None` if no run
/// has any.
fn evidence(runs: &[Run]) -> Option<Table<'_>> {
    let reports = |run: &Run| -> BTreeMap<String, Value> {
        let reports = at(run, "/evidence").and_then(Value::as_array);
        let named = reports.into_iter().flatten().map(|report| {
            let episode = report["episode"].as_str().unwrap_or_default();
            (episode.to_owned(), report.clone())
        });
        named.collect()
    };
    let episodes: BTreeSet<String> = runs
        .iter()
        .flat_map(|run| reports(run).into_keys())
        .collect();
    if episodes.is_empty() {
        return None;
    }
    let mut table = Table::new(runs, "Evidence held");
    for episode in episodes {
        for (selector, key) in SELECTORS {
            table.row(&format!("{episode}: {selector}"), |run| {
                let share = reports(run)
                    .get(&episode)
                    .and_then(|report| report[key].as_f64());
                share.map_or_else(missing, percent)
            });
        }
    }
    Some(table)
}

/// Returns the table of run file keys whose values differ between runs; empty if none do.
pub fn differences(runs: &[Run]) -> String {
    let keys: BTreeSet<&String> = runs.iter().flat_map(|run| run.settings.keys()).collect();
    let mut table = Table::new(runs, "Key");
    let mut any = false;
    for key in keys {
        let value = |run: &Run| run.settings.get(key).cloned();
        // Every run has its own folder, and the column's head names it.
        if key == "run.out" || runs.iter().all(|run| value(run) == value(&runs[0])) {
            continue;
        }
        any = true;
        table.row(key, |run| value(run).unwrap_or_else(missing));
    }
    if any { table.html() } else { String::new() }
}

fn at<'a>(run: &'a Run, place: &str) -> Option<&'a Value> {
    run.summary.as_ref()?.pointer(place)
}

/// Formats a number of a run's summary.
fn figure(run: &Run, place: &str, show: fn(f64) -> String) -> String {
    let value = at(run, place).and_then(Value::as_f64);
    value.map_or_else(missing, show)
}

/// Returns the mark of a value that a run does not have.
fn missing() -> String {
    "\u{2013}".into()
}

fn keys(runs: &[Run], place: &str) -> BTreeSet<String> {
    let objects = runs.iter().filter_map(|run| at(run, place)?.as_object());
    objects.flat_map(|object| object.keys().cloned()).collect()
}

fn timed(runs: &[Run]) -> BTreeSet<&str> {
    let kinds = runs.iter().flat_map(|run| run.points.keys());
    kinds.filter_map(|kind| kind.strip_prefix(TIMING)).collect()
}

/// A table with a column per run.
struct Table<'a> {
    runs: &'a [Run],
    html: String,
}

impl<'a> Table<'a> {
    fn new(runs: &'a [Run], title: &str) -> Self {
        let html = format!(
            "<div class=\"wide\"><table class=\"figures\"><thead><tr><th>{}</th>{}</tr></thead><tbody>",
            escape(title),
            run_heads(runs)
        );
        Self { runs, html }
    }

    fn row(&mut self, name: &str, cell: impl Fn(&Run) -> String) {
        let _ = write!(self.html, "<tr><th>{}</th>", escape(name));
        for run in self.runs {
            let _ = write!(self.html, "<td>{}</td>", escape(&cell(run)));
        }
        self.html.push_str("</tr>");
    }

    fn figure(&mut self, name: &str, place: &str, show: fn(f64) -> String) {
        self.row(name, |run| figure(run, place, show));
    }

    fn html(self) -> String {
        self.html + "</tbody></table></div>\n"
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn run(settings: &[(&str, &str)], summary: Option<Value>) -> Run {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Run {
            folder: "a".into(),
            name: "a".into(),
            points: BTreeMap::new(),
            stages: Vec::new(),
            summary,
            settings: settings.iter().map(own).collect(),
            samples: None,
        }
    }

    #[test]
    fn only_keys_that_differ_are_listed() {
        let runs = [
            run(
                &[
                    ("run.out", "a"),
                    ("run.seed", "1"),
                    ("algorithm.rerolls", "4"),
                ],
                None,
            ),
            run(
                &[
                    ("run.out", "b"),
                    ("run.seed", "2"),
                    ("algorithm.rerolls", "4"),
                    ("x", "3"),
                ],
                None,
            ),
        ];
        let html = differences(&runs);
        assert!(
            html.contains("<tr><th>run.seed</th><td>1</td><td>2</td></tr>"),
            "{html}"
        );
        assert!(
            html.contains("<tr><th>x</th><td>\u{2013}</td><td>3</td></tr>"),
            "{html}"
        );
        assert!(
            !html.contains("rerolls") && !html.contains("run.out"),
            "{html}"
        );
        assert_eq!(differences(&runs[..1]), "");
    }

    #[test]
    fn a_summary_shows_before_and_after_and_marks_missing_values() {
        let summary = serde_json::json!({
            "seed": 7,
            "held_out": {"before": {"reward": 0.25}, "after": {"reward": 0.75, "m_fail": 0.5}},
            "baselines": {"keep_nothing": {"reward": 0.2}},
            "evidence": [{"episode": "e<1>", "policy": 0.8, "random": 0.6, "turn_share": 0.4}],
        });
        let html = summary_of(summary);
        for part in [
            "<tr><th>Reward</th><td>0.250 \u{2192} 0.750</td></tr>",
            "<tr><th>M-Fail</th><td>\u{2013} \u{2192} 50.0 %</td></tr>",
            "<tr><th>Reward: keep nothing</th><td>0.200</td></tr>",
            "<tr><th>e&lt;1&gt;: random turns of as many words</th><td>60.0 %</td></tr>",
            "<tr><th>e&lt;1&gt;: as many random turns</th><td>40.0 %</td></tr>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("Longer than trained on"), "{html}");
    }

    fn summary_of(summary_file: Value) -> String {
        summary(&[run(&[], Some(summary_file))])
    }
}
