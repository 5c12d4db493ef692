//! The options.

use memloom_sdk::options::{object, within};
use memloom_sdk::shares::Shares;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::kind::Kind;

/// Options as `load` reads them. Unknown names are refused.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The kinds of the questions, by name. By default all.
    pub types: Option<Vec<String>>,
    /// The percentages of instances in `train`, `validation` and `held-out`, by a hash of the
    /// question's id. By default `[0, 0, 100]`.
    pub split: Shares,
    /// The number of instances whose histories make one episode, 1 to 100. By default 1.
    pub merge: u32,
    /// The most sessions of an instance, 1 or more: evidence stays, other sessions are left out,
    /// always the same ones. By default all.
    pub sessions_limit: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            types: None,
            split: Shares::default(),
            merge: 1,
            sessions_limit: None,
        }
    }
}

/// The most instances of an episode.
const MAX_MERGE: u32 = 100;

impl Options {
    /// Parses a JSON object.
    ///
    /// # Errors
    /// `invalid` if it is not JSON, names an unknown option or has a value out of range;
    /// `unknown` for a kind that there is not.
    pub fn parse(json: &str) -> Result<Self, Error> {
        let options: Self = serde_json::from_str(object("longmemeval", json)?)
            .map_err(|error| Error::Invalid(format!("longmemeval's options: {error}")))?;
        options.split.check("longmemeval")?;
        within("longmemeval", "merge", options.merge, 1..=MAX_MERGE)?;
        if let Some(limit) = options.sessions_limit {
            within("longmemeval", "sessions_limit", limit, 1..=u32::MAX)?;
        }
        let named = options.types.iter().flatten();
        if let Some(name) = named.into_iter().find(|name| Kind::parse(name).is_none()) {
            let names = Kind::ALL.map(Kind::name).join(", ");
            return Err(Error::Unknown(format!(
                "longmemeval's `types` has `{name}`: there are {names}"
            )));
        }
        Ok(options)
    }

    /// Returns true if questions of a kind are asked.
    #[must_use]
    pub fn asks(&self, kind: Kind) -> bool {
        match &self.types {
            Some(names) => names.iter().any(|name| name == kind.name()),
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> Error {
        match Options::parse(json) {
            Err(refused) => refused,
            Ok(options) => panic!("{options:?}"),
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, why) in [
            (
                r#"{"merge": 0}"#,
                "longmemeval's `merge` is 0: give 1 to 100",
            ),
            (
                r#"{"sessions_limit": 0}"#,
                "longmemeval's `sessions_limit` is 0: give 1 to 4294967295",
            ),
            (
                r#"{"split": [1, 2, 3]}"#,
                "longmemeval's `split` is [1, 2, 3]: give three percentages, of train, \
                 validation and held-out, that add up to 100",
            ),
        ] {
            assert_eq!(refusal(json), Error::Invalid(why.into()));
        }
        let Error::Invalid(why) = refusal(r#"{"typs": []}"#) else {
            panic!("another error");
        };
        assert!(why.starts_with("longmemeval's options: unknown field `typs`"));
    }

    #[test]
    fn an_unknown_kind_is_named_beside_the_known_ones() {
        assert_eq!(
            refusal(r#"{"types": ["multi-session", "multi"]}"#),
            Error::Unknown(
                "longmemeval's `types` has `multi`: there are single-session-user, \
                 single-session-assistant, single-session-preference, multi-session, \
                 temporal-reasoning, knowledge-update, abstention, other"
                    .into()
            )
        );
    }
}
