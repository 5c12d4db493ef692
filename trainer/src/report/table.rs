//! What runs amounted to, a column each, and where their run files differ.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::lines::TIMING;
use super::page::{escape, run_heads};
use super::run::Run;
use super::scale::number;

/// A figure of the summary: its name, where it is in `summary.json`, how it reads.
type Row = (&'static str, &'static str, fn(f64) -> String);

const ROWS: [Row; 6] = [
    ("Reward", "reward", number),
    ("Reward, sampled", "sampled_reward", number),
    ("Token F1", "f1", number),
    ("M-Fail", "m_fail", percent),
    ("Words in the bank", "bank_words", number),
    ("Words, of the dialogue", "bank_share", percent),
];

const WHOLE: [Row; 8] = [
    ("Seed", "/seed", number),
    ("LoGo-GRPO steps", "/steps", number),
    ("Warm start and LoGo-GRPO", "/training_seconds", seconds),
    ("Whole run", "/seconds", seconds),
    ("Tokens sampled", "/generated_tokens", number),
    ("Tokens through updates", "/trained_tokens", number),
    ("Peak memory", "/peak_rss_bytes", gib),
    ("Guests' share of a step", "/guest_share/mean", percent),
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

/// The table at the top of the page.
pub fn summary(runs: &[Run]) -> String {
    let mut table = Table::new(runs);
    table.row("State", |run| match run.summary {
        Some(_) => "finished".into(),
        None => format!("not finished: {} steps so far", run.steps()),
    });
    for (name, place, show) in WHOLE {
        table.figure(name, place, show);
    }
    for (root, before) in [("", "Held-out episodes"), ("/long", "Never trained on")] {
        if !runs.iter().any(|run| at(run, &format!("{root}/held_out")).is_some()) {
            continue;
        }
        table.head(before);
        if root == "/long" {
            table.figure("Sessions", "/long/horizon", number);
        }
        table.figure("Episodes", &format!("{root}/held_out/after/episodes"), number);
        for (name, key, show) in ROWS {
            let place = |when: &str| format!("{root}/held_out/{when}/{key}");
            table.figure(&format!("{name}: warm start"), &place("before"), show);
            table.figure(&format!("{name}: trained"), &place("after"), show);
        }
        let baselines = format!("{root}/baselines");
        for script in keys(runs, &baselines) {
            table.figure(
                &format!("Reward: {}", script.replace('_', " ")),
                &format!("{baselines}/{script}/reward"),
                number,
            );
        }
    }
    table.evidence();
    table.head("Seconds by part");
    for what in parts(runs) {
        table.row(what.trim_end_matches(".json"), |run| {
            let points = run.points.get(&format!("{TIMING}{what}"));
            let all = points.into_iter().flatten();
            seconds(all.filter_map(|point| point.figures.get("seconds")).sum())
        });
    }
    table.html()
}

/// Run file keys whose values are not the same in all runs; empty where there
/// are none.
pub fn differences(runs: &[Run]) -> String {
    let keys: BTreeSet<&String> = runs.iter().flat_map(|run| run.settings.keys()).collect();
    let mut table = Table::new(runs);
    let mut any = false;
    for key in keys {
        let value = |run: &Run| run.settings.get(key).cloned();
        // Every run has a folder of its own, which is its column's head.
        if key == "run.out" || runs.iter().all(|run| value(run) == value(&runs[0])) {
            continue;
        }
        any = true;
        table.row(key, |run| value(run).unwrap_or_else(|| "\u{2013}".into()));
    }
    if any { table.html() } else { String::new() }
}

fn at<'a>(run: &'a Run, place: &str) -> Option<&'a Value> {
    run.summary.as_ref()?.pointer(place)
}

fn keys(runs: &[Run], place: &str) -> BTreeSet<String> {
    let objects = runs.iter().filter_map(|run| at(run, place)?.as_object());
    objects.flat_map(|object| object.keys().cloned()).collect()
}

fn parts(runs: &[Run]) -> BTreeSet<&str> {
    let kinds = runs.iter().flat_map(|run| run.points.keys());
    kinds.filter_map(|kind| kind.strip_prefix(TIMING)).collect()
}

/// A table with a column for each run.
struct Table<'a> {
    runs: &'a [Run],
    html: String,
}

impl<'a> Table<'a> {
    fn new(runs: &'a [Run]) -> Self {
        let html = format!(
            "<div class=\"wide\"><table class=\"figures\"><thead><tr><th></th>{}</tr></thead><tbody>",
            run_heads(runs)
        );
        Self { runs, html }
    }

    fn head(&mut self, text: &str) {
        let _ = write!(
            self.html,
            "<tr class=\"head\"><th colspan=\"{}\">{}</th></tr>",
            self.runs.len() + 1,
            escape(text)
        );
    }

    fn row(&mut self, name: &str, cell: impl Fn(&Run) -> String) {
        let _ = write!(self.html, "<tr><th>{}</th>", escape(name));
        for run in self.runs {
            let _ = write!(self.html, "<td>{}</td>", escape(&cell(run)));
        }
        self.html.push_str("</tr>");
    }

    fn figure(&mut self, name: &str, place: &str, show: fn(f64) -> String) {
        self.row(name, |run| {
            let value = at(run, place).and_then(Value::as_f64);
            value.map_or_else(|| "\u{2013}".into(), show)
        });
    }

    /// Shares of evidence beside the rivals', where a run compared them.
    fn evidence(&mut self) {
        let reports = |run: &Run| -> Vec<Value> {
            let reports = at(run, "/evidence").and_then(Value::as_array);
            reports.cloned().unwrap_or_default()
        };
        let of = |report: &Value| report["episode"].as_str().unwrap_or("").to_owned();
        let runs = self.runs;
        let episodes: BTreeSet<String> = runs.iter().flat_map(reports).map(|r| of(&r)).collect();
        if episodes.is_empty() {
            return;
        }
        self.head("Evidence held in as many words");
        for episode in episodes {
            for (who, key) in [
                ("policy", "policy"),
                ("random turns", "random"),
                ("TF-IDF regression, trained on the labels", "tfidf_regression"),
            ] {
                self.row(&format!("{episode}: {who}"), |run| {
                    let report = reports(run).into_iter().find(|report| of(report) == episode);
                    let share = report.and_then(|report| report[key].as_f64());
                    share.map_or_else(|| "\u{2013}".into(), percent)
                });
            }
        }
    }

    fn html(self) -> String {
        self.html + "</tbody></table></div>\n"
    }
}
