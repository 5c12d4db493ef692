//! Snapshots of episodes, named by their content.

use serde::{Deserialize, Serialize};

/// The state of an episode between two sessions. Two snapshots have the same name if
/// and only if their states are equal.
///
/// It serialises with its names, which are checked when it is read back.
///
/// ```
/// use memloom_runtime::Snapshot;
///
/// let snapshot = Snapshot::new(b"bank".to_vec(), b"policy".to_vec(), b"environment".to_vec());
/// let other = Snapshot::new(b"bank".to_vec(), b"policy".to_vec(), b"another".to_vec());
/// assert_ne!(snapshot.name(), other.name());
/// assert_eq!(snapshot.states().bank, other.states().bank);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SerializedSnapshot", into = "SerializedSnapshot")]
pub struct Snapshot {
    bank: Vec<u8>,
    policy: Vec<u8>,
    environment: Vec<u8>,
    states: States,
}

/// The names of an episode's states, component by component: BLAKE3 hashes in
/// hexadecimal, 64 digits each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct States {
    /// The name of the bank's state.
    pub bank: String,
    /// The name of the policy's state.
    pub policy: String,
    /// The name of the environment's state.
    pub environment: String,
}

impl States {
    /// Returns the name of the whole: the BLAKE3 hash of the three names, one a line.
    pub fn name(&self) -> String {
        hash(self.lines().as_bytes())
    }

    /// Returns the three names, one a line.
    pub(crate) fn lines(&self) -> String {
        format!("{}\n{}\n{}\n", self.bank, self.policy, self.environment)
    }

    /// Parses the output of [`States::lines`].
    pub(crate) fn from_lines(lines: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(lines).ok()?.lines().map(str::to_owned);
        Some(Self {
            bank: lines.next()?,
            policy: lines.next()?,
            environment: lines.next()?,
        })
    }
}

/// Returns the BLAKE3 hash in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Snapshot {
    /// Returns a snapshot of three states.
    pub fn new(bank: Vec<u8>, policy: Vec<u8>, environment: Vec<u8>) -> Self {
        let states = States {
            bank: hash(&bank),
            policy: hash(&policy),
            environment: hash(&environment),
        };
        Self {
            bank,
            policy,
            environment,
            states,
        }
    }

    /// Returns the name of the state: [`States::name`].
    pub fn name(&self) -> String {
        self.states.name()
    }

    /// Returns the names of the components' states.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// Returns the size of the three states in bytes.
    pub fn bytes(&self) -> u64 {
        (self.bank.len() + self.policy.len() + self.environment.len()) as u64
    }

    /// Returns the bank's state in the bank's own encoding.
    pub fn bank(&self) -> &[u8] {
        &self.bank
    }

    /// Returns the policy's state in the policy's own encoding.
    pub fn policy(&self) -> &[u8] {
        &self.policy
    }

    /// Returns the environment's state in the environment's own encoding.
    pub fn environment(&self) -> &[u8] {
        &self.environment
    }
}

/// The serialised form of a snapshot.
#[derive(Serialize, Deserialize)]
struct SerializedSnapshot {
    states: States,
    bank: Vec<u8>,
    policy: Vec<u8>,
    environment: Vec<u8>,
}

impl From<Snapshot> for SerializedSnapshot {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            states: snapshot.states,
            bank: snapshot.bank,
            policy: snapshot.policy,
            environment: snapshot.environment,
        }
    }
}

impl TryFrom<SerializedSnapshot> for Snapshot {
    type Error = &'static str;

    fn try_from(stored: SerializedSnapshot) -> Result<Self, Self::Error> {
        let snapshot = Self::new(stored.bank, stored.policy, stored.environment);
        if snapshot.states == stored.states {
            Ok(snapshot)
        } else {
            Err("the snapshot is damaged: its content does not match its names")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot::new(vec![1, 2], vec![3], vec![])
    }

    #[test]
    fn names_are_equal_only_for_equal_states() {
        assert_eq!(snapshot().name(), snapshot().name());
        assert_eq!(snapshot().name().len(), 64);
        for other in [
            Snapshot::new(vec![1], vec![2, 3], vec![]),
            Snapshot::new(vec![1, 2], vec![], vec![3]),
            Snapshot::new(vec![1, 2], vec![4], vec![]),
        ] {
            assert_ne!(snapshot().name(), other.name());
        }
    }

    #[test]
    fn a_damaged_snapshot_is_refused() {
        let good = postcard::to_stdvec(&snapshot()).expect("bytes");
        let read = postcard::from_bytes::<Snapshot>(&good).expect("read");
        assert_eq!(read, snapshot());
        for position in 0..good.len() {
            let mut bad = good.clone();
            bad[position] ^= 1;
            assert!(
                postcard::from_bytes::<Snapshot>(&bad).is_err(),
                "byte {position}"
            );
        }
    }
}
