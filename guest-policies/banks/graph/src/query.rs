//! The options of a query.

use std::collections::BTreeMap;

use memloom_sdk::options::{object, within};
use memloom_sdk::types::Error;
use serde::Deserialize;

/// The JSON schema of the options.
pub const SCHEMA: &str = r#"{"type":"object","properties":{"kind":{"enum":["triple","episode","recipe"]},"instance":{"type":"integer","minimum":1},"seeds":{"oneOf":[{"type":"array","items":{"type":"string"}},{"type":"object","additionalProperties":{"type":"integer","minimum":1,"maximum":16}}]},"hops":{"type":"integer","minimum":1,"maximum":16},"triples":{"type":"array","items":{"type":"string"}},"requires":{"type":"string"},"count":{"type":"integer","minimum":1}},"additionalProperties":false}"#;

/// The most hops.
const MOST_HOPS: u32 = 16;

/// Options of a query, a JSON object; an empty text stands for `{}`. Unknown names are refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueryOptions {
    /// Restricts the hits to entries of this kind.
    pub kind: Option<Kind>,
    /// Restricts the hits to what was written in this session.
    pub instance: Option<u32>,
    /// The nodes from which triples are found, if there are any.
    pub seeds: Option<Seeds>,
    /// The number of hops from seeds that say none. By default 1.
    pub hops: u32,
    /// The subgraph by which episodes are scored: ids of triples.
    pub triples: Option<Vec<String>>,
    /// The item that a plan is wanted for.
    pub requires: Option<String>,
    /// The number of this item. By default 1.
    pub count: u32,
}

/// A kind of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Triples.
    Triple,
    /// Episodes.
    Episode,
    /// Recipes.
    Recipe,
}

/// The names of nodes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "`seeds` must be a list of names, or an object of names and numbers of hops"
)]
pub enum Seeds {
    /// Names, each as deep as `hops`.
    Names(Vec<String>),
    /// Names, each with its number of hops.
    Depths(BTreeMap<String, u32>),
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            kind: None,
            instance: None,
            seeds: None,
            hops: 1,
            triples: None,
            requires: None,
            count: 1,
        }
    }
}

impl QueryOptions {
    /// Parses the options of a query.
    ///
    /// # Errors
    /// `invalid`, naming what is unknown, out of range or of no use for the kind.
    pub fn parse(json: &str) -> Result<Self, Error> {
        if json.is_empty() {
            return Ok(Self::default());
        }
        let options: Self = serde_json::from_str(object("a query of graph", json)?)
            .map_err(|why| Error::Invalid(format!("the options of a query of graph: {why}")))?;
        let hops = |hops| within("a query of graph", "hops", hops, 1..=MOST_HOPS);
        hops(options.hops)?;
        if let Some(Seeds::Depths(depths)) = &options.seeds {
            depths.values().try_for_each(|depth| hops(*depth))?;
        }
        within("a query of graph", "count", options.count, 1..=u32::MAX)?;
        let uses = [
            ("seeds", options.seeds.is_some(), Kind::Triple),
            ("triples", options.triples.is_some(), Kind::Episode),
            ("requires", options.requires.is_some(), Kind::Recipe),
        ];
        for (name, is_set, kind) in uses {
            let wanted = options.kind.unwrap_or(kind);
            let others = uses.iter().filter(|(_, is_set, _)| *is_set).count() > 1;
            if is_set && (wanted != kind || others) {
                let kind = format!("{kind:?}").to_lowercase();
                return Err(Error::Invalid(format!(
                    "the options of a query of graph: `{name}` finds entries of the kind {kind} alone"
                )));
            }
        }
        Ok(options)
    }

    /// Returns the seeds with their numbers of hops.
    pub fn depths(&self) -> Vec<(&str, u32)> {
        match &self.seeds {
            None => Vec::new(),
            Some(Seeds::Names(names)) => names.iter().map(|name| (&**name, self.hops)).collect(),
            Some(Seeds::Depths(depths)) => {
                let depths = depths.iter();
                depths.map(|(name, depth)| (&**name, *depth)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_options_are_the_defaults() {
        assert_eq!(QueryOptions::parse(""), Ok(QueryOptions::default()));
        assert_eq!(QueryOptions::parse("{}"), Ok(QueryOptions::default()));
    }

    #[test]
    fn seeds_have_hops_of_their_own_or_those_of_all() {
        let depths = |json: &str| {
            let options = QueryOptions::parse(json).unwrap_or_default();
            let depths = options.depths().into_iter();
            depths
                .map(|(name, depth)| (name.to_string(), depth))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            depths(r#"{"seeds": {"a": 2}, "hops": 3}"#),
            [("a".into(), 2)]
        );
        assert_eq!(depths(r#"{"seeds": ["a"], "hops": 3}"#), [("a".into(), 3)]);
    }

    #[test]
    fn what_is_unknown_or_of_no_use_is_named() {
        for (json, part) in [
            (r#"{"depth": 2}"#, "unknown field `depth`"),
            (
                r#"{"seeds": "a"}"#,
                "`seeds` must be a list of names, or an object",
            ),
            (
                r#"{"seeds": {"a": 0}}"#,
                "a query of graph's `hops` is 0: give 1 to 16",
            ),
            (r#"{"hops": 17}"#, "`hops` is 17"),
            (r#"{"count": 0}"#, "`count` is 0"),
            (r#"{"kind": "place"}"#, "unknown variant `place`"),
            (
                r#"{"seeds": ["a"], "kind": "episode"}"#,
                "`seeds` finds entries of the kind triple alone",
            ),
            (
                r#"{"seeds": ["a"], "requires": "b"}"#,
                "`seeds` finds entries of the kind triple alone",
            ),
            ("[]", "a query of graph's options: give a JSON object"),
        ] {
            let Err(Error::Invalid(why)) = QueryOptions::parse(json) else {
                panic!("{json} was accepted");
            };
            assert!(why.contains(part), "{why}");
        }
    }
}
