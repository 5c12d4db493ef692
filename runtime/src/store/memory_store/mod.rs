//! A crash-safe file with the memories of any number of agents.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};

use crate::error::Error;
use crate::store::atomic_file::{parent_folder, sync_folder};
use crate::store::memory::{self, Memory};

/// Raised whenever the meaning of the tables changes.
const VERSION: u32 = 1;

/// The version of the file.
const ABOUT: TableDefinition<'_, &str, u32> = TableDefinition::new("memloom");
/// By agent: sessions, the hashes of the states of bank and policy, and a checksum of
/// the three.
const MEMORIES: TableDefinition<'_, &str, (u32, Hash, Hash, Hash)> =
    TableDefinition::new("memories");
/// States by their BLAKE3 hashes.
const STATES: TableDefinition<'_, Hash, &[u8]> = TableDefinition::new("states");
/// The number of memories that use a state. It is removed with the last use.
const USES: TableDefinition<'_, Hash, u64> = TableDefinition::new("uses");

type Hash = [u8; blake3::OUT_LEN];

/// The memories of any number of agents in one [`redb`](https://docs.rs/redb) file.
/// States are stored under the BLAKE3 hashes of their content, equal ones once, and
/// are removed with the last memory that uses them.
///
/// A change is on disk when its function returns. It is atomic, also if the process is
/// killed. One process at a time can open the file; any number of its threads may
/// share the store (`Send` and `Sync`). Functions block for the disk: a change takes
/// about as long as an `fsync`.
///
/// ```
/// use memloom_runtime::{Memory, MemoryStore};
///
/// # fn main() -> Result<(), memloom_runtime::Error> {
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("agents.redb");
/// let store = MemoryStore::open(&path)?;
/// let memory = Memory::new(1, b"a bank's state".to_vec(), b"a policy's".to_vec());
/// store.save("ada", &memory)?;
/// drop(store);
///
/// let store = MemoryStore::open(&path)?;
/// assert_eq!(store.load("ada")?, Some(memory));
/// assert_eq!(store.load("ben")?, None);
/// # Ok(())
/// # }
/// ```
pub struct MemoryStore {
    database: Database,
    path: PathBuf,
}

/// The reason of a failure as text.
struct Why(String);

impl<E: Into<redb::Error>> From<E> for Why {
    fn from(error: E) -> Self {
        let error = error.into();
        Self(match error {
            redb::Error::Corrupted(_) => damaged(&error),
            redb::Error::DatabaseAlreadyOpen => "another process has it open".into(),
            _ => error.to_string(),
        })
    }
}

/// Returns the message for a damaged file.
fn damaged(what: impl std::fmt::Display) -> String {
    format!("the file is damaged ({what}); restore it from a copy")
}

impl MemoryStore {
    /// Opens the store in a file, which is created if necessary. The whole file is read
    /// and checked, so that damage is found now: about a second for each GiB on a fast
    /// disk.
    ///
    /// # Errors
    /// [`Error::MemoryStore`] if the file cannot be created or read, is damaged, is open
    /// in another process, or was written by another version of memloom.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        match open(&path) {
            Ok(database) => Ok(Self { database, path }),
            Err(Why(why)) => Err(failed("open the store", &path, why)),
        }
    }

    /// Saves the memory of an agent, in place of its former one.
    ///
    /// # Errors
    /// [`Error::MemoryStore`] if it cannot be written; the agent keeps its former memory.
    pub fn save(&self, agent: &str, memory: &Memory) -> Result<(), Error> {
        let change = || {
            let transaction = self.database.begin_write()?;
            // New states come before old ones are removed, so that equal ones stay.
            let bank = put(&transaction, memory.bank())?;
            let policy = put(&transaction, memory.policy())?;
            forget(&transaction, agent)?;
            let sessions = memory.sessions();
            let checksum = checksum(sessions, bank, policy);
            transaction
                .open_table(MEMORIES)?
                .insert(agent, (sessions, bank, policy, checksum))?;
            Ok(transaction.commit()?)
        };
        change().map_err(|Why(why)| self.failed("save the memory of", agent, why))
    }

    /// Loads the memory of an agent, if it has one.
    ///
    /// # Errors
    /// [`Error::MemoryStore`] if it cannot be read or is damaged.
    pub fn load(&self, agent: &str) -> Result<Option<Memory>, Error> {
        let read = || {
            let transaction = self.database.begin_read()?;
            let memories = transaction.open_table(MEMORIES)?;
            let Some(found) = memories.get(agent)? else {
                return Ok(None);
            };
            let (sessions, bank, policy, stored) = found.value();
            if checksum(sessions, bank, policy) != stored {
                return Err(Why(damaged("a memory does not match its checksum")));
            }
            let bank = state(&transaction, bank)?;
            let policy = state(&transaction, policy)?;
            Ok(Some(Memory::new(sessions, bank, policy)))
        };
        read().map_err(|Why(why)| self.failed("load the memory of", agent, why))
    }

    /// Removes the memory of an agent. Returns whether it had one.
    ///
    /// # Errors
    /// [`Error::MemoryStore`] if the file cannot be written; nothing is removed then.
    pub fn remove(&self, agent: &str) -> Result<bool, Error> {
        let change = || {
            let transaction = self.database.begin_write()?;
            let was_there = forget(&transaction, agent)?;
            transaction.commit()?;
            Ok(was_there)
        };
        change().map_err(|Why(why)| self.failed("remove the memory of", agent, why))
    }

    /// Returns the agents whose names have this prefix, in order.
    ///
    /// # Errors
    /// [`Error::MemoryStore`] if the file cannot be read.
    pub fn agents(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let read = || {
            let memories = self.database.begin_read()?.open_table(MEMORIES)?;
            let mut names = Vec::new();
            for entry in memories.range(prefix..)? {
                let name = entry?.0.value().to_owned();
                if !name.starts_with(prefix) {
                    break;
                }
                names.push(name);
            }
            Ok(names)
        };
        read().map_err(|Why(why)| self.failed("list agents like", prefix, why))
    }

    fn failed(&self, action: &str, agent: &str, why: String) -> Error {
        failed(&format!("{action} {agent:?}"), &self.path, why)
    }
}

fn failed(action: &str, path: &Path, why: String) -> Error {
    Error::MemoryStore {
        action: action.to_owned(),
        path: path.display().to_string(),
        why,
    }
}

fn open(path: &Path) -> Result<Database, Why> {
    if !path.try_exists()? {
        create(path)?;
    }
    let database = Database::builder()
        .set_check_integrity_on_open(true)
        .open(path)?;
    let about = database.begin_read()?.open_table(ABOUT)?;
    let version = about.get("version")?.map(|version| version.value());
    match version {
        Some(VERSION) => Ok(database),
        Some(other) => Err(Why(format!(
            "it has version {other}, but this memloom reads {VERSION}"
        ))),
        None => Err(Why("it is not a memory store".into())),
    }
}

/// Creates an empty store. It is written to a temporary file and linked into place, so
/// that there is never a part of one.
fn create(path: &Path) -> Result<(), Why> {
    let folder = parent_folder(path);
    fs::create_dir_all(folder)?;
    let temporary = tempfile::NamedTempFile::new_in(folder)?.into_temp_path();
    let database = Database::create(&temporary)?;
    let transaction = database.begin_write()?;
    transaction.open_table(ABOUT)?.insert("version", VERSION)?;
    transaction.open_table(MEMORIES)?;
    transaction.open_table(STATES)?;
    transaction.open_table(USES)?;
    transaction.commit()?;
    drop(database);
    match temporary.persist_noclobber(path) {
        // Another process has created it meanwhile.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error.into()),
        Ok(()) => Ok(sync_folder(folder)?),
    }
}

/// Returns the checksum of an agent's record, derived from the name of its memory.
fn checksum(sessions: u32, bank: Hash, policy: Hash) -> Hash {
    let name = memory::name(sessions, bank.into(), policy.into());
    blake3::hash(name.as_bytes()).into()
}

/// Stores a state, or counts another use of it. Returns its hash.
fn put(transaction: &WriteTransaction, state: &[u8]) -> Result<Hash, Why> {
    let name = blake3::hash(state).into();
    let mut uses = transaction.open_table(USES)?;
    let before = count(&uses, name)?;
    uses.insert(name, before + 1)?;
    if before == 0 {
        transaction.open_table(STATES)?.insert(name, state)?;
    }
    Ok(name)
}

/// Removes an agent's memory, and the states without other uses. Returns whether there
/// was one.
fn forget(transaction: &WriteTransaction, agent: &str) -> Result<bool, Why> {
    let mut memories = transaction.open_table(MEMORIES)?;
    let Some((_, bank, policy, _)) = memories.remove(agent)?.map(|found| found.value()) else {
        return Ok(false);
    };
    let mut uses = transaction.open_table(USES)?;
    for name in [bank, policy] {
        match count(&uses, name)? {
            0 | 1 => {
                uses.remove(name)?;
                transaction.open_table(STATES)?.remove(name)?;
            }
            more => {
                uses.insert(name, more - 1)?;
            }
        }
    }
    Ok(true)
}

fn count(uses: &Table<'_, Hash, u64>, name: Hash) -> Result<u64, Why> {
    Ok(uses.get(name)?.map_or(0, |count| count.value()))
}

/// Reads and checks a state.
fn state(transaction: &ReadTransaction, name: Hash) -> Result<Vec<u8>, Why> {
    let states = transaction.open_table(STATES)?;
    let Some(found) = states.get(name)? else {
        return Err(Why(damaged("a state is missing")));
    };
    let state = found.value();
    if *blake3::hash(state).as_bytes() != name {
        return Err(Why(damaged("a state does not match its hash")));
    }
    Ok(state.to_vec())
}

#[cfg(test)]
mod tests;
