//! The state of an episode, named by its content.

use serde::{Deserialize, Serialize};

/// The state of an episode between two sessions. Two snapshots have the same
/// name if and only if their states are equal.
///
/// Serialises with its hash; what does not fit its hash is refused when it is
/// read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Snapshot {
    bank: Vec<u8>,
    policy: Vec<u8>,
    environment: Vec<u8>,
    hash: blake3::Hash,
}

impl Snapshot {
    pub(crate) fn new(bank: Vec<u8>, policy: Vec<u8>, environment: Vec<u8>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for state in [&bank, &policy, &environment] {
            hasher.update(&(state.len() as u64).to_le_bytes());
            hasher.update(state);
        }
        Self {
            hash: hasher.finalize(),
            bank,
            policy,
            environment,
        }
    }

    /// The BLAKE3 hash of the state, in hexadecimal: 64 digits.
    pub fn name(&self) -> String {
        self.hash.to_hex().to_string()
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
    hash: [u8; blake3::OUT_LEN],
    bank: Vec<u8>,
    policy: Vec<u8>,
    environment: Vec<u8>,
}

impl From<Snapshot> for Stored {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            hash: snapshot.hash.into(),
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
        if snapshot.hash == stored.hash {
            Ok(snapshot)
        } else {
            Err("the snapshot is damaged: its content does not fit its hash")
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
