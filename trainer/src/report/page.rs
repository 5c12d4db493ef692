//! The page about runs: tables, charts and sample episodes, section by section.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::chart::{Chart, Line};
use crate::report::chart_catalogue::{ChartEntry, LineEntry, Probe, SECTIONS, is_listed};
use crate::report::html::{document, escape, section};
use crate::report::jsonl::TIMING;
use crate::report::run_folder::Run;
use crate::report::{comparison, samples};

/// Returns the whole page.
pub fn html(runs: &[Run]) -> String {
    let names: Vec<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let title = escape(&names.join(", "));
    let mut page = String::new();
    section(&mut page, "Summary", "", &comparison::summary(runs));
    if runs.len() > 1 {
        let differences = comparison::differences(runs);
        let body = match differences.as_str() {
            "" => "<p>The run files are the same.</p>",
            table => table,
        };
        section(&mut page, "Where the run files differ", "", body);
    }
    for entry in &SECTIONS {
        let charts = entry.charts.iter().map(|chart| chart_of(runs, chart));
        section(&mut page, entry.title, entry.note, &grid(charts));
    }
    let note = "Metrics that have no chart of their own in this version of memloom.";
    section(
        &mut page,
        "More",
        note,
        &grid(more(runs).into_iter().map(Some)),
    );
    section(
        &mut page,
        "Sample episodes",
        "Held-out episodes, run once more with greedy sampling by the trained policy.",
        &samples::html(runs),
    );
    document(&title, &page)
}

fn grid(charts: impl Iterator<Item = Option<Chart>>) -> String {
    let charts: String = charts.flatten().map(|chart| chart.html()).collect();
    match charts.as_str() {
        "" => charts,
        _ => format!("<div class=\"grid\">{charts}</div>\n"),
    }
}

/// Returns the chart of an entry; `None` if no run has any of its metrics.
fn chart_of(runs: &[Run], entry: &ChartEntry) -> Option<Chart> {
    let mut series: Vec<Series> = Vec::new();
    for line in entry.lines {
        series.extend(series_of(runs, line));
    }
    let noisy = entry.look != Probe::Plain;
    let kind = entry.lines.first().map_or("", |line| line.kind);
    let mut chart = draw(runs, series, kind, noisy, entry.scale)?;
    chart.title = entry.title.into();
    chart.unit = entry.unit.into();
    chart.from_zero = entry.look != Probe::NoisyAnywhere;
    Some(chart)
}

/// Returns charts of the metrics that the catalogue does not list.
fn more(runs: &[Run]) -> Vec<Chart> {
    let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (kind, points) in runs.iter().flat_map(|run| &run.points) {
        for key in points.iter().flat_map(|point| point.figures.keys()) {
            if !is_listed(kind, key) {
                found.insert((kind, key));
            }
        }
    }
    let charts = found.into_iter().filter_map(|(kind, key)| {
        let series = Series {
            name: key.to_owned(),
            kind: kind.to_owned(),
            points: runs.iter().map(|run| figures(run, kind, &[key])).collect(),
        };
        // A single point makes no line; the summary has its seconds.
        if series.points.iter().all(|points| points.len() < 2) {
            return None;
        }
        let mut chart = draw(runs, vec![series], kind, true, 1.0)?;
        chart.title = key.to_owned();
        chart.unit = kind.to_owned();
        Some(chart)
    });
    charts.collect()
}

/// A metric of all runs: `points[run]`.
struct Series {
    name: String,
    kind: String,
    points: Vec<Vec<(f64, f64)>>,
}

fn series_of(runs: &[Run], line: &LineEntry) -> Vec<Series> {
    let series = |name: &str, keys: &[&str]| Series {
        name: name.to_owned(),
        kind: line.kind.to_owned(),
        points: runs
            .iter()
            .map(|run| figures(run, line.kind, keys))
            .collect(),
    };
    match line.keys {
        [family] if family.ends_with('.') => {
            let points = runs.iter().filter_map(|run| run.points.get(line.kind));
            let keys: BTreeSet<&str> = points
                .flatten()
                .flat_map(|point| point.figures.keys())
                .filter(|key| key.starts_with(family))
                .map(String::as_str)
                .collect();
            keys.iter()
                .map(|key| series(&key[family.len()..], &[key]))
                .collect()
        }
        keys => vec![series(line.name, keys)],
    }
}

/// Returns the sums of a run's metrics at the steps that have any.
fn figures(run: &Run, kind: &str, keys: &[&str]) -> Vec<(f64, f64)> {
    let points = run.points.get(kind).into_iter().flatten();
    points
        .filter_map(|point| {
            let found: Vec<f64> = keys
                .iter()
                .filter_map(|key| point.figures.get(*key).copied())
                .collect();
            (!found.is_empty()).then(|| (point.step as f64, found.iter().sum()))
        })
        .collect()
}

/// Returns a chart of lines. The lines of one run differ by colour and dashes; on a page of
/// several runs each line has its run's colour.
fn draw(runs: &[Run], series: Vec<Series>, kind: &str, noisy: bool, scale: f64) -> Option<Chart> {
    let present: Vec<Series> = series
        .into_iter()
        .filter(|series| series.points.iter().any(|points| !points.is_empty()))
        .collect();
    let mut lines = Vec::new();
    for (run, of_run) in runs.iter().enumerate() {
        for (dash, series) in present.iter().enumerate() {
            let points = &series.points[run];
            if points.is_empty() {
                continue;
            }
            let (group, name) = match (runs.len(), present.len()) {
                (1, _) => (String::new(), series.name.clone()),
                (_, 1) => (String::new(), of_run.name.clone()),
                _ => (of_run.name.clone(), series.name.clone()),
            };
            let scaled = points.iter().map(|(step, value)| (*step, value * scale));
            lines.push(Line {
                group,
                name,
                colour: if runs.len() == 1 { dash } else { run },
                dash,
                marked: series.kind.ends_with("validation"),
                noisy: noisy && !series.kind.ends_with("validation"),
                points: scaled.collect(),
            });
        }
    }
    if lines.is_empty() {
        return None;
    }
    let warm = kind.trim_start_matches(TIMING) == "warm-start";
    Some(Chart {
        title: String::new(),
        unit: String::new(),
        steps: if warm { "warm start step" } else { "RL step" },
        stages: if warm { Vec::new() } else { stages(runs) },
        lines,
        from_zero: true,
    })
}

/// Returns the starts and labels of the stages of all runs.
fn stages(runs: &[Run]) -> Vec<(f64, String)> {
    let mut starts: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for stage in runs.iter().flat_map(|run| &run.stages) {
        starts.entry(stage.step).or_default().insert(stage.horizon);
    }
    let named = starts.into_iter().map(|(step, horizons)| {
        let sessions: Vec<String> = horizons
            .iter()
            .map(|horizon| match horizon {
                0 => "all".into(),
                _ => horizon.to_string(),
            })
            .collect();
        (step as f64, format!("{} sessions", sessions.join("/")))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, metrics: &str) -> Run {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |file: &str, text: &str| {
            std::fs::write(folder.path().join(file), text).expect("written");
        };
        write("metrics.jsonl", metrics);
        write("timings.jsonl", "");
        write("run.toml", "");
        let mut run = Run::read(folder.path()).expect("a run");
        run.name = name.into();
        run
    }

    const LINES: &str = concat!(
        "{\"kind\":\"step\",\"stage\":0,\"step\":1,\"horizon\":8,\"reward\":0.5,\"novelty\":2,\"global_groups\":4,\"local_groups\":2,\"zero_variance_groups\":1,\"operations\":{\"insert\":3}}\n",
        "{\"kind\":\"step\",\"stage\":0,\"step\":2,\"horizon\":8,\"reward\":0.6,\"novelty\":null,\"global_groups\":4,\"local_groups\":2,\"zero_variance_groups\":1,\"operations\":{\"update\":1}}\n",
        "{\"kind\":\"step\",\"stage\":0,\"step\":3,\"horizon\":8,\"reward\":0.7,\"novelty\":3}\n",
    );

    #[test]
    fn a_metric_that_is_not_listed_is_drawn_too() {
        let page = html(&[run("a", LINES)]);
        let more = page.split("<h2>More</h2>").nth(1).expect("a section");
        assert!(more.contains("<h3>novelty"), "{more}");
        assert!(!more.contains("<h3>reward"), "{more}");
    }

    #[test]
    fn a_run_without_end_says_so_and_has_charts() {
        let page = html(&[run("<a>", LINES)]);
        assert!(page.contains("not finished: 3 steps so far"));
        assert!(page.contains("<h3>Operations"));
        assert!(page.contains("&lt;a&gt;") && !page.contains("<a>"));
    }

    #[test]
    fn runs_share_charts_and_have_colours() {
        let page = html(&[run("one", LINES), run("two", LINES)]);
        assert_eq!(page.matches("<h3>Reward").count(), 1);
        assert!(page.contains("<i class=\"swatch c1\"></i>two"));
        assert!(page.contains("The run files are the same."));
    }

    #[test]
    fn metrics_of_one_line_are_added_up() {
        let run = run("a", LINES);
        assert_eq!(
            figures(&run, "step", &["global_groups", "local_groups"]),
            [(1.0, 6.0), (2.0, 6.0)]
        );
    }
}
