//! Snapshots of state: a header with component and version, then postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::state::exports::memloom::agent::state::Guest;
use crate::instance::{Instance, Served};
use crate::types::Error;

/// The state of a component, which can be saved and restored.
pub trait State {
    /// Returns everything that later calls depend on. Equal states give equal bytes, so
    /// the order of a hash map must not influence them.
    fn snapshot(&self) -> Vec<u8>;

    /// Restores a state that [`State::snapshot`] returned.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the bytes are no snapshot of this component and version. The
    /// state is unchanged then.
    fn restore(&mut self, bytes: &[u8]) -> Result<(), Error>;
}

impl<T: State + Instance> Guest for Served<T> {
    fn snapshot() -> Vec<u8> {
        T::with(|value| value.snapshot())
    }

    fn restore(bytes: Vec<u8>) -> Result<(), Error> {
        T::with(|value| value.restore(&bytes))
    }
}

/// The format of a component's snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The component's name, so that no other component's state is restored.
    pub component: &'static str,
    /// The version, which must be raised whenever the serialised type changes.
    pub version: u32,
}

const MAGIC: &[u8; 4] = b"mlst";

impl Format {
    /// Serialises a value after this format's header.
    ///
    /// # Panics
    /// If the type's `Serialize` returns an error; derived ones do not.
    pub fn save<T: Serialize>(self, value: &T) -> Vec<u8> {
        postcard::to_extend(&(self.component, self.version, value), MAGIC.to_vec())
            .expect("a derived Serialize does not fail in memory")
    }

    /// Reads a value that [`Format::save`] wrote with the same format.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the bytes are no snapshot, or that of another component or
    /// version, or damaged; the message says which.
    pub fn load<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, Error> {
        let invalid = |why: String| Error::Invalid(format!("{}: {why}", self.component));
        let body = bytes
            .strip_prefix(MAGIC.as_slice())
            .ok_or_else(|| invalid("these bytes are not a snapshot".into()))?;
        let damaged = |_| invalid("the snapshot is damaged".into());
        let ((component, version), body) =
            postcard::take_from_bytes::<(&str, u32)>(body).map_err(damaged)?;
        if component != self.component {
            return Err(invalid(format!("this is a snapshot of {component:?}")));
        }
        if version != self.version {
            return Err(invalid(format!(
                "the snapshot has version {version}, but this component reads {}",
                self.version
            )));
        }
        let (value, rest) = postcard::take_from_bytes(body).map_err(damaged)?;
        if rest.is_empty() {
            Ok(value)
        } else {
            Err(invalid(format!("{} bytes follow the snapshot", rest.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const FORMAT: Format = Format {
        component: "diary",
        version: 3,
    };

    #[test]
    fn a_value_survives_the_round_trip() {
        let value = vec![("a".to_string(), 7_u32), ("ü".to_string(), 0)];
        let bytes = FORMAT.save(&value);
        assert_eq!(FORMAT.load::<Vec<(String, u32)>>(&bytes), Ok(value));
    }

    #[test]
    fn other_components_and_versions_are_refused_by_name() {
        let bytes = FORMAT.save(&1_u32);
        let other = Format {
            component: "ledger",
            ..FORMAT
        };
        assert_eq!(
            other.load::<u32>(&bytes),
            Err(Error::Invalid(
                "ledger: this is a snapshot of \"diary\"".into()
            ))
        );
        let newer = Format {
            version: 4,
            ..FORMAT
        };
        assert_eq!(
            newer.load::<u32>(&bytes),
            Err(Error::Invalid(
                "diary: the snapshot has version 3, but this component reads 4".into()
            ))
        );
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let mut bytes = FORMAT.save(&1_u32);
        bytes.push(0);
        assert_eq!(
            FORMAT.load::<u32>(&bytes),
            Err(Error::Invalid("diary: 1 bytes follow the snapshot".into()))
        );
    }

    #[test]
    fn no_garbage_panics() {
        let good = FORMAT.save(&vec!["some text".to_string(); 3]);
        let mut random = Random::new(5);
        for _ in 0..2_000 {
            let mut bytes = good.clone();
            bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
            for _ in 0..random.below(4) {
                if let Some(byte) = random.pick_mut(&mut bytes) {
                    *byte = random.below(256) as u8;
                }
            }
            let _ = FORMAT.load::<Vec<String>>(&bytes);
        }
        assert!(FORMAT.load::<Vec<String>>(b"").is_err());
    }
}
