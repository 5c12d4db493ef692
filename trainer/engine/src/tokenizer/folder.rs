//! The files of a model by name: those of a folder, or those that a GGUF file stands for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::gguf::is_gguf;
use crate::tokenizer::gguf;

/// The files of a model.
pub(super) struct Folder {
    path: PathBuf,
    /// The files that a GGUF file stands for.
    made: Option<BTreeMap<&'static str, Vec<u8>>>,
}

impl Folder {
    /// Opens a folder or a GGUF file.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.into(),
            made: is_gguf(path).then(|| gguf::files(path)).transpose()?,
        })
    }

    /// Returns whether a path is the folder's own.
    pub(super) fn is_at(&self, path: &Path) -> bool {
        self.path == path
    }

    /// Returns the path of a file, for errors.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns whether a file exists.
    pub(super) fn has(&self, name: &str) -> bool {
        match &self.made {
            Some(files) => files.contains_key(name),
            None => self.path(name).exists(),
        }
    }

    /// Reads a file, if it exists.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        if let Some(files) = &self.made {
            return Ok(files.get(name).cloned());
        }
        if !self.has(name) {
            return Ok(None);
        }
        let path = self.path(name);
        let bytes = std::fs::read(&path);
        let bytes = bytes.with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(bytes))
    }
}
