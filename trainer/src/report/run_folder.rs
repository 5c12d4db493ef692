//! The files of a run folder that reports read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::eval::samples::Sample;
use crate::report::jsonl;
use crate::report::jsonl::{Points, StageStart};

/// The contents of a run folder.
pub struct Run {
    /// The folder.
    pub folder: PathBuf,
    /// The name on the page.
    pub name: String,
    /// Metrics by step.
    pub points: Points,
    /// Starts of the curriculum stages.
    pub stages: Vec<StageStart>,
    /// `summary.json`; `None` until the run has ended.
    pub summary: Option<Value>,
    /// The run file's values by dotted key.
    pub settings: BTreeMap<String, String>,
    /// `samples.json`; `None` until the run has ended.
    pub samples: Option<Vec<Sample>>,
}

impl Run {
    /// Reads a run folder.
    ///
    /// # Errors
    /// Fails on a folder without JSON lines or run file, and on a damaged file, which the error
    /// names.
    pub fn read(folder: &Path) -> Result<Self> {
        let (points, stages) = jsonl::read(folder)?;
        let path = folder.join("run.toml");
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let table: toml::Table = text
            .parse()
            .with_context(|| format!("{} is not TOML", path.display()))?;
        let mut settings = BTreeMap::new();
        flatten("", &toml::Value::Table(table), &mut settings);
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            points,
            stages,
            summary: written_at_end(&folder.join("summary.json"))?,
            settings,
            samples: written_at_end(&folder.join("samples.json"))?,
            folder: folder.to_owned(),
        })
    }

    /// Returns the number of RL steps so far.
    pub fn steps(&self) -> u64 {
        let steps = self.points.get("step").and_then(|points| points.last());
        steps.map_or(0, |point| point.step)
    }
}

/// Reads a JSON file that a run writes when it ends; `None` if the file is absent.
fn written_at_end<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value = serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{} is damaged; remove it to continue without it",
            path.display()
        )
    })?;
    Ok(Some(value))
}

fn flatten(name: &str, value: &toml::Value, settings: &mut BTreeMap<String, String>) {
    let below = |key: &str| match name {
        "" => key.to_owned(),
        _ => format!("{name}.{key}"),
    };
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                flatten(&below(key), value, settings);
            }
        }
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => {
            for (index, value) in items.iter().enumerate() {
                flatten(&below(&index.to_string()), value, settings);
            }
        }
        _ => {
            settings.insert(name.to_owned(), value.to_string());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn settings_have_dotted_keys() {
        let table: toml::Table = "[run]\nseed = 1\n[[stage]]\nsteps = 3\n[x]\ny = [1, 2]"
            .parse()
            .unwrap();
        let mut settings = BTreeMap::new();
        flatten("", &toml::Value::Table(table), &mut settings);
        let pairs: Vec<_> = settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(pairs, ["run.seed=1", "stage.0.steps=3", "x.y=[1, 2]"]);
    }

    #[test]
    fn a_damaged_summary_is_named_and_a_missing_one_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("summary.json");
        assert!(written_at_end::<Value>(&path).unwrap().is_none());
        std::fs::write(&path, "{").unwrap();
        let error = format!("{:#}", written_at_end::<Value>(&path).unwrap_err());
        assert!(
            error.contains("summary.json is damaged; remove it"),
            "{error}"
        );
    }
}
