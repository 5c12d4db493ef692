//! The state of an episode, named by its content.

use serde::{Deserialize, Serialize};

/// The state of an episode between two sessions. Two snapshots have the same
/// name if and only if their states are equal.
///
/// Serialises with its names; what does not fit them is refused when it is read
/// back.
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
#[serde(try_from = "Stored", into = "Stored")]
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
    /// Of the bank's state.
    pub bank: String,
    /// Of the policy's state.
    pub policy: String,
    /// Of the environment's state.
    pub environment: String,
}

impl States {
    /// The name of the whole: the BLAKE3 hash of the three names, a line each.
    pub fn name(&self) -> String {
        hash(self.lines().as_bytes())
    }

    pub(crate) fn lines(&self) -> String {
        format!("{}\n{}\n{}\n", self.bank, self.policy, self.environment)
    }

    /// What [`States::lines`] wrote.
    pub(crate) fn of_lines(lines: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(lines).ok()?.lines().map(str::to_owned);
        Some(Self {
            bank: lines.next()?,
            policy: lines.next()?,
            environment: lines.next()?,
        })
    }
}

/// The BLAKE3 hash in hexadecimal.
pub(crate) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Snapshot {
    /// Of states that were taken or stored one by one.
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

    /// The name of the state: [`States::name`].
    pub fn name(&self) -> String {
        self.states.name()
    }

    /// The names of the components' states.
    pub fn states(&self) -> &States {
        &self.states
    }

    /// Its size: the three states, in bytes.
    pub fn bytes(&self) -> u64 {
        (self.bank.len() + self.policy.len() + self.environment.len()) as u64
    }

    /// The bank's state, in the bank's own form.
    pub fn bank(&self) -> &[u8] {
        &self.bank
    }

    /// The policy's state, in the policy's own form.
    pub fn policy(&self) -> &[u8] {
        &self.policy
    }

    /// The environment's state, in the environment's own form.
    pub fn environment(&self) -> &[u8] {
        &self.environment
    }
}

/// A snapshot as it is serialised.
#[derive(Serialize, Deserialize)]
struct Stored {
    states: States,
    bank: Vec<u8>,
    policy: Vec<u8>,
    environment: Vec<u8>,
}

impl From<Snapshot> for Stored {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            states: snapshot.states,
            bank: snapshot.bank,
            policy: snapshot.policy,
            environment: snapshot.environment,
        }
    }
}

impl TryFrom<Stored> for Snapshot {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let snapshot = Self::new(stored.bank, stored.policy, stored.environment);
        if snapshot.states == stored.states {
            Ok(snapshot)
        } else {
            Err("the snapshot is damaged: its content does not fit its names")
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
