//! The fields of an entry that a policy sets.

use memloom_records::{Records, squeezed};
use memloom_sdk::types::Error;
use serde::{Deserialize, Serialize};

/// The names of all fields of an entry: those that a policy sets, and the three that the bank counts.
pub const NAMES: [&str; 5] = ["place", "kind", "chunk", "visits", "uses"];

/// The entries of a bank.
pub type Spots = Records<Spot, 'p'>;

/// Returns the numbers and things of the states, in order of insertion.
pub fn held(records: &Spots) -> Vec<(u64, &str)> {
    let states = records.all().iter().filter(|record| record.data.may_go());
    states
        .map(|record| (record.number, &*record.speaker))
        .collect()
}

/// The place and kind of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// The place as one line; empty if none was given.
    pub place: String,
    /// The kind.
    pub kind: Kind,
}

/// A kind of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A thing that stays as it is, for instance a room: no rule evicts it, and no capacity counts it.
    Fixed,
    /// A state that may change.
    #[default]
    State,
}

impl Kind {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::State => "state",
        }
    }
}

impl Spot {
    /// Reads the fields of an insertion.
    ///
    /// # Errors
    /// `invalid`, naming the field that is unknown, wrong or counted by the bank.
    pub fn of(fields: &[(String, String)]) -> Result<Self, Error> {
        let mut spot = Self::default();
        for (name, value) in fields {
            match &**name {
                "place" => spot.place = squeezed(value),
                "kind" => {
                    let kinds = [Kind::Fixed, Kind::State].into_iter();
                    let named = kinds.clone().find(|kind| kind.name() == value);
                    spot.kind = named.ok_or_else(|| {
                        Error::Invalid(format!("insert: `kind` is {value:?}: give fixed or state"))
                    })?;
                }
                "chunk" | "visits" | "uses" => {
                    return Err(Error::Invalid(format!(
                        "insert: the bank sets `{name}` itself"
                    )));
                }
                _ => {
                    return Err(Error::Invalid(format!(
                        "insert: an entry has no field {name:?}: it has place and kind"
                    )));
                }
            }
        }
        Ok(spot)
    }

    /// Returns whether a rule may evict the entry.
    pub fn may_go(&self) -> bool {
        self.kind == Kind::State
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &[(&str, &str)]) -> Result<Spot, Error> {
        let owned = |&(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        Spot::of(&fields.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn place_and_kind_are_read() {
        let spot = Spot {
            place: "room b".into(),
            kind: Kind::Fixed,
        };
        assert_eq!(of(&[("place", " room\nb"), ("kind", "fixed")]), Ok(spot));
        assert_eq!(of(&[]), Ok(Spot::default()));
    }

    #[test]
    fn a_field_that_cannot_be_set_is_named() {
        for (name, value, why) in [
            (
                "kind",
                "solid",
                "insert: `kind` is \"solid\": give fixed or state",
            ),
            ("uses", "3", "insert: the bank sets `uses` itself"),
            (
                "room",
                "a",
                "insert: an entry has no field \"room\": it has place and kind",
            ),
        ] {
            assert_eq!(of(&[(name, value)]), Err(Error::Invalid(why.into())));
        }
    }
}
