//! Files and folders that are written as a whole or not at all.

use std::fs;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a folder's files beside `target` with `write`, then renames the folder into place.
/// On an error `target` is unchanged.
pub fn write_folder(target: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let beside = target.with_extension("partial");
    let complete = || -> Result<()> {
        if beside.exists() {
            fs::remove_dir_all(&beside)?;
        }
        fs::create_dir_all(&beside)?;
        write(&beside)?;
        sync(&beside)?;
        if target.exists() {
            fs::remove_dir_all(target)?;
        }
        fs::rename(&beside, target)?;
        if let Some(parent) = target.parent() {
            File::open(parent)?.sync_all()?;
        }
        Ok(())
    };
    complete().map_err(|error| {
        // A failure to remove the partial folder must not hide the first error.
        let _ = fs::remove_dir_all(&beside);
        error.context(format!(
            "cannot write {}; what was saved before is untouched: make room and do it again (train: with --resume)",
            target.display()
        ))
    })
}

/// Syncs a folder's files and folders to the disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Writes a file beside `target`, then renames it into place.
pub fn write_file(target: &Path, bytes: &[u8]) -> Result<()> {
    let beside = target.with_extension("partial");
    let complete = || -> std::io::Result<()> {
        fs::write(&beside, bytes)?;
        File::open(&beside)?.sync_all()?;
        fs::rename(&beside, target)
    };
    complete().with_context(|| format!("cannot write {}", target.display()))
}
