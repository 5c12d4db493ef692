//! The memory of an agent.

use std::fmt;

use crate::store::snapshot::hash;

/// The memory of an agent in service between two sessions: the states of its bank and
/// its policy in their own encodings, and the number of sessions so far. Two memories
/// have the same name if and only if they are equal.
///
/// ```
/// use memloom_runtime::Memory;
///
/// let memory = Memory::new(3, b"a bank's state".to_vec(), b"a policy's".to_vec());
/// assert_eq!(memory.name(), memory.clone().name());
/// assert_eq!(memory.name().len(), 64);
/// assert_eq!((memory.sessions(), memory.bytes()), (3, 24));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Memory {
    sessions: u32,
    bank: Vec<u8>,
    policy: Vec<u8>,
}

impl Memory {
    /// Returns a memory of these states.
    pub fn new(sessions: u32, bank: Vec<u8>, policy: Vec<u8>) -> Self {
        Self {
            sessions,
            bank,
            policy,
        }
    }

    /// Returns its name: the BLAKE3 hash, in hexadecimal, of three lines: the number of
    /// sessions, and the hashes of the states of bank and policy.
    pub fn name(&self) -> String {
        name(
            self.sessions,
            blake3::hash(&self.bank),
            blake3::hash(&self.policy),
        )
    }

    /// Returns the number of sessions so far.
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    /// Returns the bank's state.
    pub fn bank(&self) -> &[u8] {
        &self.bank
    }

    /// Returns the policy's state.
    pub fn policy(&self) -> &[u8] {
        &self.policy
    }

    /// Returns the size of the two states in bytes.
    pub fn bytes(&self) -> u64 {
        (self.bank.len() + self.policy.len()) as u64
    }
}

/// Shows the name and not the states, which are long and have encodings of their own.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = (self.name(), self.bytes());
        write!(
            f,
            "Memory({name}, {} sessions, {bytes} bytes)",
            self.sessions
        )
    }
}

/// Returns the name of a memory with these parts.
pub(crate) fn name(sessions: u32, bank: blake3::Hash, policy: blake3::Hash) -> String {
    hash(format!("{sessions}\n{bank}\n{policy}\n").as_bytes())
}
