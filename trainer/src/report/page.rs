//! The page: its head, its sections, and how text gets into it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::report::chart::{Chart, Line};
use crate::report::chart_catalogue::{Known, KnownLine, Probe, SECTIONS, knows};
use crate::report::jsonl::TIMING;
use crate::report::run_folder::Run;
use crate::report::{comparison, samples};

/// Text as HTML, also inside attributes.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(letter),
        }
    }
    html
}

/// Heads of table columns, one for each run.
pub fn run_heads(runs: &[Run]) -> String {
    let names = runs.iter().enumerate().map(|(index, run)| {
        let key = swatch(runs, index);
        format!("<th>{key}{}</th>", escape(&run.name))
    });
    names.collect()
}

/// A run's colour; nothing where there is only one.
fn swatch(runs: &[Run], index: usize) -> String {
    match runs.len() {
        1 => String::new(),
        _ => format!("<i class=\"swatch c{index}\"></i>"),
    }
}

/// The whole page.
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
    for known in &SECTIONS {
        let charts = known.charts.iter().map(|chart| chart_of(runs, chart));
        section(&mut page, known.title, known.note, &grid(charts));
    }
    let note = "Figures that this version of memloom has no place for.";
    section(
        &mut page,
        "More",
        note,
        &grid(more(runs).into_iter().map(Some)),
    );
    section(
        &mut page,
        "Sample episodes",
        "Held-out episodes, lived through once more by the trained policy without chance.",
        &samples::html(runs),
    );
    document(&title, &page)
}

/// A page with this body under a title, which is HTML already.
pub(crate) fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>memloom: {title}</title><style>\n{}</style></head><body>\n<header><h1>memloom <span>{title}</span></h1></header>\n<main>\n{body}</main></body></html>\n",
        include_str!("style.css")
    )
}

/// Adds a part with a heading; nothing where its body is empty.
pub(crate) fn section(page: &mut String, title: &str, note: &str, body: &str) {
    if body.is_empty() {
        return;
    }
    let _ = write!(page, "<section><h2>{}</h2>", escape(title));
    if !note.is_empty() {
        let _ = write!(page, "<p>{}</p>", escape(note));
    }
    let _ = writeln!(page, "\n{body}</section>");
}

fn grid(charts: impl Iterator<Item = Option<Chart>>) -> String {
    let charts: String = charts.flatten().map(|chart| chart.html()).collect();
    match charts.as_str() {
        "" => charts,
        _ => format!("<div class=\"grid\">{charts}</div>\n"),
    }
}

/// A chart of what is known; none where no run has any of its figures.
fn chart_of(runs: &[Run], known: &Known) -> Option<Chart> {
    let mut series: Vec<Series> = Vec::new();
    for line in known.lines {
        series.extend(series_of(runs, line));
    }
    let noisy = known.look != Probe::Plain;
    let kind = known.lines.first().map_or("", |line| line.kind);
    let mut chart = draw(runs, series, kind, noisy, known.times)?;
    chart.title = known.title.into();
    chart.unit = known.unit.into();
    chart.from_zero = known.look != Probe::NoisyAnywhere;
    Some(chart)
}

/// Charts of the figures that nothing is known of.
fn more(runs: &[Run]) -> Vec<Chart> {
    let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (kind, points) in runs.iter().flat_map(|run| &run.points) {
        for key in points.iter().flat_map(|point| point.figures.keys()) {
            if !knows(kind, key) {
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
        // What happens once is no line; the table has its seconds.
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

/// A figure of all runs: `points[run]`.
struct Series {
    name: String,
    kind: String,
    points: Vec<Vec<(f64, f64)>>,
}

fn series_of(runs: &[Run], line: &KnownLine) -> Vec<Series> {
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

/// Sums of a run's figures by step, where there are any.
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

/// A chart of lines: one run's differ by colour and dashes, those of several
/// runs have the run's colour.
fn draw(runs: &[Run], series: Vec<Series>, kind: &str, noisy: bool, times: f64) -> Option<Chart> {
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
            let scaled = points.iter().map(|(step, value)| (*step, value * times));
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
        steps: if warm {
            "warm start step"
        } else {
            "LoGo-GRPO step"
        },
        stages: if warm { Vec::new() } else { stages(runs) },
        lines,
        from_zero: true,
    })
}

/// Where stages of any run begin, and what they are called.
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

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            escape("<b a='1'>\"R&D\"</b>"),
            "&lt;b a=&#39;1&#39;&gt;&quot;R&amp;D&quot;&lt;/b&gt;"
        );
    }

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
    fn a_figure_that_is_not_known_is_drawn_too() {
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
    fn groups_are_added_up() {
        let run = run("a", LINES);
        assert_eq!(
            figures(&run, "step", &["global_groups", "local_groups"]),
            [(1.0, 6.0), (2.0, 6.0)]
        );
    }
}
