//! Files that are either whole or not there.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes a file beside its place and renames it there, parts one after the other.
pub(crate) fn write(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = tempfile::Builder::new()
        // As for any new file: the umask takes its share.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    for part in parts {
        beside.write_all(part)?;
    }
    beside.as_file().sync_all()?;
    beside.persist(path)?;
    Ok(())
}
