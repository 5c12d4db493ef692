//! The run's figures as JSON lines. `metrics.jsonl` holds what the seed
//! determines, so that two runs of one seed write the same bytes;
//! `timings.jsonl` holds seconds and memory.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// A file that lines are added to.
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// Opens a journal and cuts it to `length` bytes: what a checkpoint knew of.
    pub fn open(path: &Path, length: u64) -> Result<Self> {
        let cut = || -> std::io::Result<File> {
            let mut file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path)?;
            file.set_len(length)?;
            file.seek(SeekFrom::End(0))?;
            Ok(file)
        };
        Ok(Self {
            file: cut().with_context(|| format!("cannot open {}", path.display()))?,
            path: path.to_owned(),
            length,
        })
    }

    /// Adds a line.
    pub fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.file
            .write_all(&bytes)
            .with_context(|| format!("cannot write to {}", self.path.display()))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes sure that the lines are on the disk.
    pub fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .with_context(|| format!("cannot write to {}", self.path.display()))
    }

    /// Bytes so far.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Most memory that this process has held, in bytes; 0 where the system does not say.
pub fn peak_rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| {
            rest.trim()
                .trim_end_matches("kB")
                .trim()
                .parse::<u64>()
                .ok()
        })
        .map_or(0, |kib| kib * 1024)
}
