//! What an agent carries from one session to the next.

use std::fmt;

use crate::store::snapshot::hash;

/// What an agent in service carries from one session to the next: the states of
/// its bank and its policy, in forms of their own, and how many sessions led to
/// them. Two memories have the same name if and only if they are equal.
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
    /// Of states that were taken or stored one by one.
    pub fn new(sessions: u32, bank: Vec<u8>, policy: Vec<u8>) -> Self {
        Self {
            sessions,
            bank,
            policy,
        }
    }

    /// Its name: the BLAKE3 hash, in hexadecimal, of three lines: the number of
    /// sessions, and the hashes of the states of bank and policy.
    pub fn name(&self) -> String {
        name(
            self.sessions,
            blake3::hash(&self.bank),
            blake3::hash(&self.policy),
        )
    }

    /// Sessions that led to it.
    pub fn sessions(&self) -> u32 {
        self.sessions
    }

    /// The bank's state.
    pub fn bank(&self) -> &[u8] {
        &self.bank
    }

    /// The policy's state.
    pub fn policy(&self) -> &[u8] {
        &self.policy
    }

    /// Its size: the two states, in bytes.
    pub fn bytes(&self) -> u64 {
        (self.bank.len() + self.policy.len()) as u64
    }
}

/// By name: states are long, and mean something only to their components.
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

/// The name of a memory, from what its parts are called.
pub(crate) fn name(sessions: u32, bank: blake3::Hash, policy: blake3::Hash) -> String {
    hash(format!("{sessions}\n{bank}\n{policy}\n").as_bytes())
}
