//! Checkpoints: the state that the rest of a run depends on. Each is written as a whole before
//! the one before it is removed, so that a kill or a full disk leaves one intact.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::run::atomic_fs::write_folder;

/// Version of [`Progress`]'s layout.
const VERSION: u32 = 2;

/// The position of a run.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Done steps of the warm start.
    WarmStart(u64),
    /// A stage, from 0, and its done steps.
    Stage(usize, u64),
}

/// Best weights of the stage so far.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Best {
    /// Greedy reward on the validation split.
    pub reward: f64,
    /// Step of the stage.
    pub step: u64,
}

/// Position and counters of a run: `progress.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Progress {
    /// Layout of this file.
    pub version: u32,
    /// Position of the run.
    pub position: Position,
    /// Training steps over all stages.
    pub steps: u64,
    /// Tokens sampled in training.
    pub generated_tokens: u64,
    /// Tokens fed to the backbone in updates.
    pub trained_tokens: u64,
    /// Best weights of the stage so far.
    pub best: Option<Best>,
    /// True if the stage's last validation passed its gate.
    pub gate_open: bool,
    /// Length of `metrics.jsonl` at this point.
    pub metrics_bytes: u64,
    /// Mean return of the stage's training episodes, by their index, the last time that each was
    /// rolled out. Empty unless episodes are drawn again.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub returns: BTreeMap<u64, f64>,
}

impl Progress {
    /// Returns the progress of a run that has not begun.
    pub fn start() -> Self {
        Self {
            version: VERSION,
            position: Position::WarmStart(0),
            steps: 0,
            generated_tokens: 0,
            trained_tokens: 0,
            best: None,
            gate_open: false,
            metrics_bytes: 0,
            returns: BTreeMap::new(),
        }
    }

    /// Returns the number of the checkpoint. Numbers grow over the warm start and the stages.
    fn number(&self) -> u64 {
        match self.position {
            Position::WarmStart(step) => step,
            Position::Stage(stage, step) => (stage as u64 + 1) * 10_000_000 + step,
        }
    }
}

/// The checkpoints of a run: `OUT/checkpoints/NUMBER/`.
pub struct CheckpointStore {
    folder: PathBuf,
}

impl CheckpointStore {
    /// Returns the checkpoints of a run's folder.
    pub fn of(out: &Path) -> Self {
        Self {
            folder: out.join("checkpoints"),
        }
    }

    /// Saves a checkpoint and removes the one before. `write` adds the tensors.
    pub fn save(&self, progress: &Progress, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
        fs::create_dir_all(&self.folder)
            .with_context(|| format!("cannot make the folder {}", self.folder.display()))?;
        let target = self.folder.join(format!("{:012}", progress.number()));
        write_folder(&target, |folder| {
            write(folder)?;
            let json = serde_json::to_vec_pretty(progress)?;
            Ok(fs::write(folder.join("progress.json"), json)?)
        })?;
        for old in self.all()?.iter().filter(|old| **old != target) {
            fs::remove_dir_all(old)
                .with_context(|| format!("cannot remove the old checkpoint {}", old.display()))?;
        }
        Ok(())
    }

    /// Returns the newest checkpoint and its folder; `None` if there is none.
    pub fn newest(&self) -> Result<Option<(Progress, PathBuf)>> {
        let Some(folder) = self.all()?.pop() else {
            return Ok(None);
        };
        let path = folder.join("progress.json");
        let read = || -> Result<Progress> {
            let progress: Progress = serde_json::from_slice(&fs::read(&path)?)?;
            ensure!(
                progress.version == VERSION,
                "it has layout {}, this memloom reads {VERSION}",
                progress.version
            );
            Ok(progress)
        };
        let progress = read().with_context(|| {
            format!(
                "the checkpoint {} cannot be read: remove this folder to begin the run again",
                path.display()
            )
        })?;
        Ok(Some((progress, folder)))
    }

    /// Returns the folders of complete checkpoints, oldest first.
    fn all(&self) -> Result<Vec<PathBuf>> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.folder)
            .with_context(|| format!("cannot read {}", self.folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() && path.extension().is_none() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn progress(position: Position) -> Progress {
        Progress {
            position,
            ..Progress::start()
        }
    }

    #[test]
    fn only_the_newest_is_left() {
        let out = tempfile::tempdir().unwrap();
        let store = CheckpointStore::of(out.path());
        assert_eq!(store.newest().unwrap(), None);
        for position in [
            Position::WarmStart(300),
            Position::Stage(0, 10),
            Position::Stage(1, 0),
        ] {
            store
                .save(&progress(position), |folder| {
                    Ok(fs::write(folder.join("weights"), b"w")?)
                })
                .unwrap();
        }
        let (newest, folder) = store.newest().unwrap().unwrap();
        assert_eq!(newest.position, Position::Stage(1, 0));
        assert!(folder.join("weights").exists());
        assert_eq!(store.all().unwrap(), [folder]);
    }

    #[test]
    fn a_write_that_fails_leaves_the_last_good_checkpoint() {
        let out = tempfile::tempdir().unwrap();
        let store = CheckpointStore::of(out.path());
        store
            .save(&progress(Position::WarmStart(1)), |_| Ok(()))
            .unwrap();
        let error = store
            .save(&progress(Position::WarmStart(2)), |folder| {
                fs::write(folder.join("weights"), b"half")?;
                anyhow::bail!("No space left on device")
            })
            .unwrap_err();
        let message = format!("{error:#}");
        assert!(
            message.contains("--resume") && message.contains("No space left"),
            "{message}"
        );
        let (newest, _) = store.newest().unwrap().unwrap();
        assert_eq!(newest.position, Position::WarmStart(1));
        assert_eq!(fs::read_dir(&store.folder).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_checkpoint_is_named() {
        let out = tempfile::tempdir().unwrap();
        let store = CheckpointStore::of(out.path());
        store
            .save(&progress(Position::WarmStart(1)), |_| Ok(()))
            .unwrap();
        let (_, folder) = store.newest().unwrap().unwrap();
        fs::write(folder.join("progress.json"), b"{").unwrap();
        let message = format!("{:#}", store.newest().unwrap_err());
        assert!(message.contains("progress.json"), "{message}");
    }
}
