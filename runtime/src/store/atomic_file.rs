//! Atomic writes: a reader sees the old file or the new one, never a part.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Replaces a file by the concatenation of `parts`, atomically and durably.
///
/// The content is written to a temporary file in the same folder, flushed to disk
/// and renamed into place; then the folder is flushed. If the process or the machine
/// stops at any moment, the file has its old content or the new one.
///
/// The file gets the permissions of any new file, as the umask says.
///
/// # Errors
/// If the folder does not exist, or the file cannot be written. The old file is
/// unchanged then, unless only the last flush failed.
///
/// ```
/// # let folder = tempfile::tempdir().expect("a folder");
/// let path = folder.path().join("report.json");
/// memloom_runtime::write_atomically(&path, &[b"{", b"}"])?;
/// assert_eq!(std::fs::read(&path)?, b"{}");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_atomically(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let folder = parent_folder(path);
    let mut temporary = tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    for part in parts {
        temporary.write_all(part)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    sync_folder(folder)
}

/// Flushes the names in a folder to disk: a renamed file may have its old name after
/// a power failure otherwise.
///
/// # Errors
/// If the folder cannot be opened or flushed.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Returns the folder of a file.
pub(crate) fn parent_folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_replaced_and_no_temporary_file_remains() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, &[b"old content"]).unwrap();
        write_atomically(&path, &[b"new", b" ", b"one"]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn after_a_failure_the_old_content_is_there_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        // A folder cannot be replaced by a file.
        let path = folder.path().join("folder");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("file"), b"old").unwrap();
        write_atomically(&path, &[b"new"]).unwrap_err();
        assert_eq!(fs::read(path.join("file")).unwrap(), b"old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        write_atomically(&ours, &[b"x"]).unwrap();
        fs::write(&usual, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
    }
}
