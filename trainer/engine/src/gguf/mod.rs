//! GGUF files, as llama.cpp writes them: metadata and tensors, often quantised. `header.rs` reads
//! the metadata and the list of tensors, `file.rs` the tensors, and `quantisation.rs` turns their
//! blocks into 32-bit floats. Sizes in a file are not trusted: nothing is allocated that the file
//! could not fill.

mod file;
mod header;
mod metadata;
mod quantisation;

use std::path::{Path, PathBuf};

pub(crate) use self::file::Gguf;
pub(crate) use self::metadata::{Metadata, needed};

/// A GGUF file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {why}")]
pub struct GgufError {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub why: String,
}

/// Returns whether a path names a GGUF file and not a folder.
pub fn is_gguf(path: &Path) -> bool {
    let named = path.extension().is_some_and(|ending| ending == "gguf");
    path.is_file() || named && !path.is_dir()
}

#[cfg(test)]
mod tests;
