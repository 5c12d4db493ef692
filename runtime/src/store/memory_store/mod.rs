//! Memories of any number of agents in one file that survives crashes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Database, ReadTransaction, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};

use crate::error::Error;
use crate::store::memory::{self, Memory};

/// Raised whenever the tables mean something else.
const VERSION: u32 = 1;

/// What the file says of itself.
const ABOUT: TableDefinition<'_, &str, u32> = TableDefinition::new("memloom");
/// By agent: sessions, the states of bank and policy, and a check over the three.
const MEMORIES: TableDefinition<'_, &str, (u32, Hash, Hash, Hash)> =
    TableDefinition::new("memories");
/// States by their BLAKE3 hashes.
const STATES: TableDefinition<'_, Hash, &[u8]> = TableDefinition::new("states");
/// How often memories name a state; it goes with the last that does.
const USES: TableDefinition<'_, Hash, u64> = TableDefinition::new("uses");

type Hash = [u8; blake3::OUT_LEN];

/// The memories of any number of agents, in one [`redb`](https://docs.rs/redb)
/// file. States are stored under the BLAKE3 hashes of their content, equal ones
/// once, and go with the last memory that holds them.
///
/// A change is on disk when its function returns, and is there whole or not at
/// all, whatever kills the process meanwhile. The file is opened by one process at
/// a time; any number of its threads may share the store (`Send` and `Sync`).
/// Functions block for the disk: about as long as an `fsync` takes where they
/// change something.
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

/// Why something failed, in words.
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

fn damaged(what: impl std::fmt::Display) -> String {
    format!("the file is damaged ({what}): put a copy of it in its place")
}

impl MemoryStore {
    /// Opens the store in a file, which is made where there is none. The whole
    /// file is read and checked, so that what is damaged is found now and not
    /// when it is needed: about a second for each GiB on a fast disk.
    ///
    /// # Errors
    /// [`Error::Memories`] where the file cannot be made or read, is damaged, is
    /// open in another process, or was written by another version of memloom.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        match open(&path) {
            Ok(database) => Ok(Self { database, path }),
            Err(Why(why)) => Err(failed("open the store", &path, why)),
        }
    }

    /// Makes this the memory of an agent, in place of the one it had.
    ///
    /// # Errors
    /// [`Error::Memories`] where it cannot be written; then the agent has the
    /// memory that it had.
    pub fn save(&self, agent: &str, memory: &Memory) -> Result<(), Error> {
        let change = || {
            let transaction = self.database.begin_write()?;
            // Before the old ones go: equal ones stay.
            let bank = put(&transaction, memory.bank())?;
            let policy = put(&transaction, memory.policy())?;
            forget(&transaction, agent)?;
            let sessions = memory.sessions();
            let check = check(sessions, bank, policy);
            transaction
                .open_table(MEMORIES)?
                .insert(agent, (sessions, bank, policy, check))?;
            Ok(transaction.commit()?)
        };
        change().map_err(|Why(why)| self.failed("save the memory of", agent, why))
    }

    /// The memory of an agent, if it has one.
    ///
    /// # Errors
    /// [`Error::Memories`] where it cannot be read or is damaged.
    pub fn load(&self, agent: &str) -> Result<Option<Memory>, Error> {
        let read = || {
            let transaction = self.database.begin_read()?;
            let memories = transaction.open_table(MEMORIES)?;
            let Some(found) = memories.get(agent)? else {
                return Ok(None);
            };
            let (sessions, bank, policy, said) = found.value();
            if check(sessions, bank, policy) != said {
                return Err(Why(damaged("a memory does not fit its name")));
            }
            let bank = state(&transaction, bank)?;
            let policy = state(&transaction, policy)?;
            Ok(Some(Memory::new(sessions, bank, policy)))
        };
        read().map_err(|Why(why)| self.failed("load the memory of", agent, why))
    }

    /// Forgets an agent, and says whether there was anything to forget.
    ///
    /// # Errors
    /// [`Error::Memories`] where the file cannot be written; then nothing is
    /// forgotten.
    pub fn remove(&self, agent: &str) -> Result<bool, Error> {
        let change = || {
            let transaction = self.database.begin_write()?;
            let was_there = forget(&transaction, agent)?;
            transaction.commit()?;
            Ok(was_there)
        };
        change().map_err(|Why(why)| self.failed("remove the memory of", agent, why))
    }

    /// The agents whose names begin so, in order; with an empty string, all.
    ///
    /// # Errors
    /// [`Error::Memories`] where the file cannot be read.
    pub fn agents(&self, beginning: &str) -> Result<Vec<String>, Error> {
        let read = || {
            let memories = self.database.begin_read()?.open_table(MEMORIES)?;
            let mut names = Vec::new();
            for entry in memories.range(beginning..)? {
                let name = entry?.0.value().to_owned();
                if !name.starts_with(beginning) {
                    break;
                }
                names.push(name);
            }
            Ok(names)
        };
        read().map_err(|Why(why)| self.failed("list agents like", beginning, why))
    }

    fn failed(&self, action: &str, agent: &str, why: String) -> Error {
        failed(&format!("{action} {agent:?}"), &self.path, why)
    }
}

fn failed(action: &str, path: &Path, why: String) -> Error {
    Error::Memories {
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
            "it has version {other}, this memloom reads {VERSION}"
        ))),
        None => Err(Why("it is no store of memories".into())),
    }
}

/// Makes an empty store. It is written beside and linked into place, so that
/// there is never half of one.
fn create(path: &Path) -> Result<(), Why> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder)?;
    let beside = tempfile::NamedTempFile::new_in(folder)?.into_temp_path();
    let database = Database::create(&beside)?;
    let transaction = database.begin_write()?;
    transaction.open_table(ABOUT)?.insert("version", VERSION)?;
    transaction.open_table(MEMORIES)?;
    transaction.open_table(STATES)?;
    transaction.open_table(USES)?;
    transaction.commit()?;
    drop(database);
    match beside.persist_noclobber(path) {
        // Another process was faster.
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error.into()),
        Ok(()) => Ok(File::open(folder)?.sync_all()?),
    }
}

/// What shows that an agent's record is whole: the name of its memory.
fn check(sessions: u32, bank: Hash, policy: Hash) -> Hash {
    let name = memory::name(sessions, bank.into(), policy.into());
    blake3::hash(name.as_bytes()).into()
}

/// Stores a state, or counts another use of it.
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

/// Takes away an agent's memory, and the states that nobody else holds. Says
/// whether there was one.
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

fn state(transaction: &ReadTransaction, name: Hash) -> Result<Vec<u8>, Why> {
    let states = transaction.open_table(STATES)?;
    let Some(found) = states.get(name)? else {
        return Err(Why(damaged("a state is missing")));
    };
    let state = found.value();
    if *blake3::hash(state).as_bytes() != name {
        return Err(Why(damaged("a state does not fit its name")));
    }
    Ok(state.to_vec())
}

#[cfg(test)]
mod tests;
