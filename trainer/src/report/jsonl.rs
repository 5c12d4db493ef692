//! The JSON lines of a run as metrics by step. Lines are read by key, so that new metrics
//! need no change here.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Metrics of one moment of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// RL steps done by then; for the warm start its own steps.
    pub step: u64,
    /// Seconds of the run so far.
    pub seconds: f64,
    /// Values by key; nested keys are joined by dots, as in `operations.insert`.
    pub figures: BTreeMap<String, f64>,
}

/// Points by kind: `step`, `validation`, `warm-start`, `warm-start-check`, and the same kinds
/// prefixed with [`TIMING`].
pub type Points = BTreeMap<String, Vec<Point>>;

/// Prefix of the kinds read from `timings.jsonl`.
pub const TIMING: &str = "timing/";

/// The start of a curriculum stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageStart {
    /// First RL step of the stage.
    pub step: u64,
    /// Sessions of each episode.
    pub horizon: u64,
}

/// Reads the points and stages of a run folder.
///
/// # Errors
/// Fails on a file that cannot be read, and on a damaged line, which the error names. A damaged
/// last line is skipped: a killed run leaves one.
pub fn read(folder: &Path) -> Result<(Points, Vec<StageStart>)> {
    let mut points = timings(&objects(&folder.join("timings.jsonl"))?);
    let (metrics, stages) = metrics(&objects(&folder.join("metrics.jsonl"))?, &points);
    points.extend(metrics);
    Ok((points, stages))
}

fn objects(path: &Path) -> Result<Vec<Value>> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            bail!("cannot read {}: not a run folder?", path.display());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    };
    let mut lines = text.lines().enumerate().peekable();
    let mut objects = Vec::new();
    while let Some((index, line)) = lines.next() {
        match serde_json::from_str::<Value>(line) {
            Ok(object) => objects.push(object),
            Err(_) if lines.peek().is_none() => {}
            Err(error) => {
                return Err(error).with_context(|| {
                    format!(
                        "line {} of {} is damaged; remove the line to continue without it",
                        index + 1,
                        path.display()
                    )
                });
            }
        }
    }
    Ok(objects)
}

/// Reads timings. A resumed run repeats some steps: the last timing of a step counts, while
/// seconds add up over all of them.
fn timings(lines: &[Value]) -> Points {
    let mut points = Points::new();
    let mut seconds = 0.0;
    for line in lines {
        seconds += line["seconds"].as_f64().unwrap_or(0.0);
        let what = line["what"].as_str().unwrap_or("unknown");
        let step = line["step"].as_u64().unwrap_or(0);
        let again: &[&str] = match what {
            "step" => &["step", "validation"],
            "warm-start" => &["warm-start", "warm-start-check"],
            _ => &[],
        };
        for what in again {
            if let Some(points) = points.get_mut(&format!("{TIMING}{what}")) {
                points.retain(|point| point.step < step);
            }
        }
        points
            .entry(format!("{TIMING}{what}"))
            .or_default()
            .push(Point {
                step,
                seconds,
                figures: figures(line),
            });
    }
    points
}

fn metrics(lines: &[Value], timings: &Points) -> (Points, Vec<StageStart>) {
    let mut points = Points::new();
    let mut stages: Vec<StageStart> = Vec::new();
    let (mut done, mut stage) = (0, None);
    for line in lines {
        let kind = line["kind"].as_str().unwrap_or("unknown");
        if kind == "step" {
            done += 1;
            if stage != line["stage"].as_u64() {
                stage = line["stage"].as_u64();
                stages.push(StageStart {
                    step: done,
                    horizon: line["horizon"].as_u64().unwrap_or(0),
                });
            }
        }
        let step = match kind {
            "warm-start" | "warm-start-check" => line["step"].as_u64().unwrap_or(0),
            _ => done,
        };
        points.entry(kind.to_owned()).or_default().push(Point {
            step,
            seconds: when(timings, kind, step),
            figures: figures(line),
        });
    }
    (points, stages)
}

/// Returns the seconds after which a line was written. A kill can lose a line's timing; such a
/// line is placed at the end of the timed run.
fn when(timings: &Points, kind: &str, step: u64) -> f64 {
    let timed = timings.get(&format!("{TIMING}{kind}"));
    let same = timed.and_then(|points| points.iter().find(|point| point.step == step));
    same.map_or_else(
        || {
            let all = timings.values().flatten().map(|point| point.seconds);
            all.fold(0.0, f64::max)
        },
        |point| point.seconds,
    )
}

/// Returns every number of a line except those that identify the line.
fn figures(line: &Value) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    flatten("", line, &mut figures);
    for place in ["step", "stage", "horizon"] {
        figures.remove(place);
    }
    figures
}

fn flatten(name: &str, value: &Value, figures: &mut BTreeMap<String, f64>) {
    if let Some(number) = value.as_f64() {
        figures.insert(name.to_owned(), number);
    }
    for (key, value) in value.as_object().into_iter().flatten() {
        let name = match name {
            "" => key.clone(),
            _ => format!("{name}.{key}"),
        };
        flatten(&name, value, figures);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn folder(metrics: &str, timings: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("metrics.jsonl"), metrics).unwrap();
        std::fs::write(folder.path().join("timings.jsonl"), timings).unwrap();
        folder
    }

    fn steps(points: &Points, kind: &str) -> Vec<u64> {
        points[kind].iter().map(|point| point.step).collect()
    }

    #[test]
    fn steps_count_on_over_stages() {
        let folder = folder(
            concat!(
                "{\"kind\":\"validation\",\"stage\":0,\"step\":0,\"reward\":0.1}\n",
                "{\"kind\":\"step\",\"stage\":0,\"step\":1,\"horizon\":2,\"reward\":0.5,\"operations\":{\"insert\":3}}\n",
                "{\"kind\":\"step\",\"stage\":1,\"step\":1,\"horizon\":4,\"reward\":0.6,\"new\":true}\n",
                "{\"kind\":\"validation\",\"stage\":1,\"step\":1,\"reward\":0.7}\n",
            ),
            "{\"what\":\"step\",\"step\":1,\"seconds\":2.0}\n{\"what\":\"step\",\"step\":2,\"seconds\":3.0}\n",
        );
        let (points, stages) = read(folder.path()).unwrap();
        assert_eq!(steps(&points, "step"), [1, 2]);
        assert_eq!(steps(&points, "validation"), [0, 2]);
        assert_eq!(points["step"][0].seconds, 2.0);
        assert_eq!(points["step"][1].seconds, 5.0);
        let keys: Vec<&String> = points["step"][0].figures.keys().collect();
        assert_eq!(keys, ["operations.insert", "reward"]);
        let stages: Vec<(u64, u64)> = stages.iter().map(|s| (s.step, s.horizon)).collect();
        assert_eq!(stages, [(1, 2), (2, 4)]);
    }

    #[test]
    fn steps_that_a_resumed_run_did_again_count_once() {
        let line = |what: &str, step: u64| {
            format!("{{\"what\":\"{what}\",\"step\":{step},\"seconds\":1.0}}\n")
        };
        let timings = [
            line("step", 1),
            line("step", 2),
            line("validation", 2),
            line("step", 3),
            line("step", 2),
            line("validation", 2),
        ];
        let folder = folder("", &timings.concat());
        let (points, _) = read(folder.path()).unwrap();
        assert_eq!(steps(&points, "timing/step"), [1, 2]);
        assert_eq!(steps(&points, "timing/validation"), [2]);
        assert_eq!(points["timing/validation"][0].seconds, 6.0);
    }

    #[test]
    fn a_cut_last_line_is_left_out_and_a_damaged_one_is_named() {
        let good = "{\"kind\":\"step\",\"stage\":0,\"step\":1,\"loss\":1}\n";
        let (points, _) = read(folder(&format!("{good}{{\"kind\":\"st"), "").path()).unwrap();
        assert_eq!(points["step"].len(), 1);
        let damaged = folder(&format!("{{\"ki\n{good}"), "");
        let error = format!("{:#}", read(damaged.path()).unwrap_err());
        assert!(error.contains("line 1 of "), "{error}");
        assert!(error.contains("metrics.jsonl is damaged"), "{error}");
    }

    #[test]
    fn a_folder_that_is_no_run_is_named() {
        let empty = tempfile::tempdir().unwrap();
        let error = format!("{:#}", read(empty.path()).unwrap_err());
        assert!(
            error.ends_with("timings.jsonl: not a run folder?"),
            "{error}"
        );
        let none = empty.path().join("none");
        let error = format!("{:#}", read(&none).unwrap_err());
        let path = none.join("timings.jsonl");
        let said = format!("cannot read {}: not a run folder?", path.display());
        assert_eq!(error, said);
    }
}
