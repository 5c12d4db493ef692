//! The run's metrics as JSON lines. The seed determines `metrics.jsonl`: two runs with the
//! same seed write the same bytes. `timings.jsonl` holds seconds and memory.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// A file of JSON lines that is appended to.
pub struct Journal {
    path: PathBuf,
    file: File,
    length: u64,
}

impl Journal {
    /// Opens a journal and truncates it to `length` bytes, its length at a checkpoint.
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

    /// Appends a line.
    pub fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.file
            .write_all(&bytes)
            .with_context(|| format!("cannot write to {}", self.path.display()))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Syncs the lines to the disk.
    pub fn sync(&self) -> Result<()> {
        self.file
            .sync_data()
            .with_context(|| format!("cannot write to {}", self.path.display()))
    }

    /// Returns the length in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Returns the length in bytes of a journal's whole lines, as a kill can cut the last line
/// short. 0 if there is no journal.
pub fn whole_lines(path: &Path) -> Result<u64> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end as u64 + 1)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_kill_cut_short_gives_way_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("timings.jsonl");
        assert_eq!(whole_lines(&path).unwrap(), 0);
        std::fs::write(&path, "1\n2\n{\"cut").unwrap();
        let mut journal = Journal::open(&path, whole_lines(&path).unwrap()).unwrap();
        journal.write(&3).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1\n2\n3\n");
    }
}
