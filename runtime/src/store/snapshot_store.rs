//! Snapshots on disk, named by their content.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::store::atomic_file::write_atomically;
use crate::store::snapshot::{Snapshot, States, hash};

const MAGIC: &[u8; 8] = b"mlstate\0";
/// Raised whenever the layout of a file changes.
const VERSION: u32 = 1;
const HEAD: usize = MAGIC.len() + size_of::<u32>();

/// A folder of snapshots. Equal states of a component are stored once: between two
/// sessions the environment's state usually is equal.
///
/// A file is a magic number, a version and a content, and is named by the BLAKE3 hash
/// of the content: `ab/cdef…` for the hash `abcdef…`. The content is a component's
/// state, or the names of the three states of an episode. Files are written
/// atomically, so any number of processes may share a folder.
///
/// ```
/// use memloom_runtime::{Snapshot, SnapshotStore};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let folder = tempfile::tempdir().expect("a folder");
/// let store = SnapshotStore::open(folder.path())?;
/// let snapshot = Snapshot::new(b"bank".to_vec(), b"policy".to_vec(), b"environment".to_vec());
/// assert_eq!(store.save(&snapshot)?, 21); // new bytes
/// assert_eq!(store.save(&snapshot)?, 0);
/// assert_eq!(store.load(&snapshot.name())?, snapshot);
///
/// let nothing = "0".repeat(64);
/// assert_eq!(
///     store.load(&nothing).unwrap_err().to_string(),
///     format!(
///         "cannot load the state {nothing} in {}: it does not exist",
///         folder.path().display()
///     )
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    folder: PathBuf,
}

impl SnapshotStore {
    /// Opens a store in a folder, which is created if necessary.
    ///
    /// # Errors
    /// [`Error::SnapshotStore`] if it cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let store = Self {
            folder: folder.into(),
        };
        match fs::create_dir_all(&store.folder) {
            Ok(()) => Ok(store),
            Err(error) => Err(store.failed("save", "", error.to_string())),
        }
    }

    /// Saves a snapshot under its name. Returns the number of its bytes that were not
    /// stored yet, out of [`Snapshot::bytes`].
    ///
    /// # Errors
    /// [`Error::SnapshotStore`] if it cannot be written.
    pub fn save(&self, snapshot: &Snapshot) -> Result<u64, Error> {
        let states = snapshot.states();
        // The names come last, so that they never refer to missing states.
        let new = self.put(&states.bank, snapshot.bank())?
            + self.put(&states.policy, snapshot.policy())?
            + self.put(&states.environment, snapshot.environment())?;
        self.put(&states.name(), states.lines().as_bytes())?;
        Ok(new)
    }

    /// Writes a content that is not stored yet. Returns the number of new bytes.
    fn put(&self, name: &str, content: &[u8]) -> Result<u64, Error> {
        let path = self.path(name);
        if path.exists() {
            return Ok(0);
        }
        path.parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| write_atomically(&path, &[MAGIC, &VERSION.to_le_bytes(), content]))
            .map_err(|error| self.failed("save", name, error.to_string()))?;
        Ok(content.len() as u64)
    }

    /// Loads the snapshot of this name.
    ///
    /// # Errors
    /// [`Error::SnapshotStore`] if it does not exist, is damaged, or was stored by
    /// another version of memloom.
    pub fn load(&self, name: &str) -> Result<Snapshot, Error> {
        let states = States::from_lines(&self.content(name)?).ok_or_else(|| {
            self.failed("load", name, "it is the state of one component only".into())
        })?;
        Ok(Snapshot::new(
            self.content(&states.bank)?,
            self.content(&states.policy)?,
            self.content(&states.environment)?,
        ))
    }

    /// Reads and checks a content.
    fn content(&self, name: &str) -> Result<Vec<u8>, Error> {
        let failed = |why: String| self.failed("load", name, why);
        if name.len() != 2 * blake3::OUT_LEN || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(failed("a name has 64 hexadecimal digits".into()));
        }
        let path = self.path(name);
        let mut bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed("it does not exist".into()),
            _ => failed(error.to_string()),
        })?;
        let damaged = || {
            let path = path.display();
            failed(format!(
                "{path} is damaged; remove it and store the state again"
            ))
        };
        let head = bytes.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let version = u32::from_le_bytes(*head.first_chunk().ok_or_else(damaged)?);
        let whole = hash(&bytes[HEAD..]) == name;
        if version != VERSION && whole {
            return Err(failed(format!(
                "it has version {version}, but this memloom reads {VERSION}"
            )));
        }
        if !whole {
            return Err(damaged());
        }
        bytes.drain(..HEAD);
        Ok(bytes)
    }

    fn path(&self, name: &str) -> PathBuf {
        let (folder, file) = name.split_at(2);
        self.folder.join(folder).join(file)
    }

    fn failed(&self, action: &'static str, name: &str, why: String) -> Error {
        Error::SnapshotStore {
            action,
            name: name.to_owned(),
            folder: self.folder.display().to_string(),
            why,
        }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn snapshot(bank: &[u8]) -> Snapshot {
        Snapshot::new(bank.to_vec(), vec![3], b"a long dialogue".to_vec())
    }

    fn files(folder: &Path) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .flat_map(|folder| fs::read_dir(folder).unwrap())
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    #[test]
    fn equal_states_are_stored_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::open(folder.path()).unwrap();
        let bytes = snapshot(b"one").bytes();
        assert_eq!(store.save(&snapshot(b"one")).unwrap(), bytes);
        assert_eq!(files(folder.path()).len(), 4);
        assert_eq!(store.save(&snapshot(b"one")).unwrap(), 0);
        // Another bank: its state and the names.
        assert_eq!(store.save(&snapshot(b"other")).unwrap(), 5);
        assert_eq!(files(folder.path()).len(), 6);
        for bank in [&b"one"[..], b"other"] {
            let name = snapshot(bank).name();
            assert_eq!(store.load(&name).unwrap(), snapshot(bank));
        }
    }

    #[test]
    fn every_damaged_byte_of_every_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::open(folder.path()).unwrap();
        store.save(&snapshot(b"one")).unwrap();
        let name = snapshot(b"one").name();
        for file in files(folder.path()) {
            let good = fs::read(&file).unwrap();
            for position in 0..good.len() {
                let mut bad = good.clone();
                bad[position] ^= 1;
                for bad in [&bad[..], &good[..position]] {
                    fs::write(&file, bad).unwrap();
                    let error = store.load(&name).unwrap_err().to_string();
                    let version = (8..HEAD).contains(&position) && bad.len() == good.len();
                    let expected = if version { "version" } else { "is damaged" };
                    assert!(error.contains(expected), "byte {position}: {error}");
                }
            }
            fs::write(&file, good).unwrap();
        }
        store.load(&name).unwrap();
    }

    #[test]
    fn a_name_cannot_refer_outside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = SnapshotStore::open(folder.path().join("states")).unwrap();
        let head = format!("in {}: ", store.folder().display());
        for name in ["", "ab", "../../../etc/passwd", "é"] {
            let error = store.load(name).unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("{head}a name has 64 hexadecimal digits")),
                "{error}"
            );
        }
        let bank = &snapshot(b"one").states().bank.clone();
        store.save(&snapshot(b"one")).unwrap();
        assert!(store.load(bank).unwrap_err().to_string().ends_with("only"));
    }
}
