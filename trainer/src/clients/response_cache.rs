//! A cache of replies on disk, by the content of the request.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder of entries: `KK/KEY`, where KEY is the BLAKE3 hash of the request, in
/// hexadecimal, and KK its beginning. An entry is the hash of the reply, a line
/// break, and the reply.
pub struct ResponseCache {
    folder: PathBuf,
}

/// A failure of a cache.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// A file cannot be read or written.
    #[error("cannot access the cache's {path}: {source}")]
    Access {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file does not hold what was written to it.
    #[error("the cache's {path} is damaged: remove it, and the request is sent again")]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Files that this process has written: makes temporary names unique.
static WRITTEN: AtomicU64 = AtomicU64::new(0);

impl ResponseCache {
    /// Creates a cache in a folder, which is made on the first write.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn path(&self, request: &blake3::Hash) -> PathBuf {
        let name = request.to_hex();
        self.folder.join(&name[..2]).join(name.as_str())
    }

    /// Returns the reply to a request, if the cache has it.
    ///
    /// # Errors
    /// The entry cannot be read, or is damaged.
    pub fn get(&self, request: &blake3::Hash) -> Result<Option<Vec<u8>>, CacheError> {
        let path = self.path(request);
        let mut entry = match fs::read(&path) {
            Ok(entry) => entry,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CacheError::Access { path, source }),
        };
        let hash = blake3::Hash::from_bytes([0; 32]).to_hex().len();
        let sound = entry.get(hash) == Some(&b'\n')
            && blake3::hash(&entry[hash + 1..]).to_hex().as_bytes() == &entry[..hash];
        match sound {
            true => Ok(Some(entry.split_off(hash + 1))),
            false => Err(CacheError::Damaged { path }),
        }
    }

    /// Stores a reply atomically.
    ///
    /// # Errors
    /// The entry cannot be written.
    pub fn put(&self, request: &blake3::Hash, reply: &[u8]) -> Result<(), CacheError> {
        let path = self.path(request);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_extension(format!("{}-{number}.partial", std::process::id()));
        let entry = [blake3::hash(reply).to_hex().as_bytes(), b"\n", reply].concat();
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&beside, entry))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|source| CacheError::Access { path, source })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written_or_refused_whatever_is_wrong_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ResponseCache::new(folder.path());
        let (request, other) = (blake3::hash(b"request"), blake3::hash(b"other"));
        assert!(cache.get(&request).unwrap().is_none());
        cache.put(&request, b"reply").unwrap();
        assert_eq!(cache.get(&request).unwrap().unwrap(), b"reply");
        assert!(cache.get(&other).unwrap().is_none());
        let path = cache.path(&request);
        let entry = fs::read(&path).unwrap();
        for at in 0..entry.len() {
            let mut flipped = entry.clone();
            flipped[at] ^= 1;
            for damaged in [&flipped[..], &entry[..at]] {
                fs::write(&path, damaged).unwrap();
                let refused = cache.get(&request).unwrap_err().to_string();
                assert!(refused.contains("damaged: remove it"), "{refused}");
            }
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
