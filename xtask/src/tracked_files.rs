//! Sizes of the files in version control.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::workspace::{Workspace, output};

const MOST_BYTES: u64 = 1 << 20;

/// Tracked files that may be larger.
const LARGER: [&str; 0] = [];

/// Fails if a tracked file is larger than 1 MiB and not listed. A large file stays in the history
/// of every clone, so it must not slip in.
pub fn check(workspace: &Workspace) -> Result<()> {
    let root = workspace.path("");
    let mut git = std::process::Command::new("git");
    git.current_dir(&root).args(["ls-files", "-z"]);
    let listed = output(&mut git).context("tracked files are only known in a git checkout")?;
    let names: Vec<&str> = listed.split('\0').filter(|name| !name.is_empty()).collect();
    let large = too_large(&root, &names)?;
    ensure!(
        large.is_empty(),
        "tracked files above 1 MiB: {}; remove them, or list them in xtask/src/tracked_files.rs",
        large.join(", ")
    );
    Ok(())
}

/// Returns the files above the limit that are not listed, with their sizes.
fn too_large(root: &Path, names: &[&str]) -> Result<Vec<String>> {
    let mut large = Vec::new();
    for name in names {
        let size = match fs::symlink_metadata(root.join(name)) {
            // Removed, but still tracked until the next commit.
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            file => file.with_context(|| format!("cannot read {name}"))?.len(),
        };
        if size > MOST_BYTES && !LARGER.contains(name) {
            large.push(format!("{name} ({size} bytes)"));
        }
    }
    Ok(large)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn only_files_above_the_limit_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, length: u64| {
            fs::write(folder.path().join(name), vec![0; length as usize]).unwrap();
        };
        write("small", MOST_BYTES);
        write("large", MOST_BYTES + 1);
        let names = ["small", "large", "removed"];
        assert_eq!(
            too_large(folder.path(), &names).unwrap(),
            ["large (1048577 bytes)"]
        );
    }

    #[test]
    fn tracked_files_are_small() {
        check(&Workspace::here().unwrap()).unwrap();
    }
}
