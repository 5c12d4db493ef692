//! A run's folder, as far as a report looks at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::eval::samples::Sample;
use crate::report::jsonl;
use crate::report::jsonl::{Points, StageStart};

/// What a run's folder holds.
pub struct Run {
    /// The folder.
    pub folder: PathBuf,
    /// What it is called on the page.
    pub name: String,
    /// The figures by step.
    pub points: Points,
    /// Where its stages begin.
    pub stages: Vec<StageStart>,
    /// `summary.json`; none where the run has not ended.
    pub summary: Option<Value>,
    /// The run file by dotted key.
    pub settings: BTreeMap<String, String>,
    /// `samples.json`; none where the run has not ended.
    pub samples: Option<Vec<Sample>>,
}

impl Run {
    /// Reads a run's folder.
    ///
    /// # Errors
    /// A folder without journals or run file; a damaged file, which is named.
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
            summary: ended(&folder.join("summary.json"))?,
            settings,
            samples: ended(&folder.join("samples.json"))?,
            folder: folder.to_owned(),
        })
    }

    /// LoGo-GRPO steps so far.
    pub fn steps(&self) -> u64 {
        let steps = self.points.get("step").and_then(|points| points.last());
        steps.map_or(0, |point| point.step)
    }
}

/// A JSON file that a run writes when it ends.
fn ended<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let value = serde_json::from_slice(&bytes).with_context(|| {
        format!(
            "{} is damaged: remove it to go on without it",
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
        assert!(ended::<Value>(&path).unwrap().is_none());
        std::fs::write(&path, "{").unwrap();
        let error = format!("{:#}", ended::<Value>(&path).unwrap_err());
        assert!(
            error.contains("summary.json is damaged: remove it"),
            "{error}"
        );
    }
}
