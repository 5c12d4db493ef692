//! The knowledge that sentences give of the facts and the advisers.

use std::collections::BTreeMap;

use crate::questions::kind::DOMAINS;
use crate::questions::relation::Relation;

/// The sentences that were told and not forgotten. The latest one holds.
#[derive(Debug, Default)]
pub struct Knowledge {
    values: BTreeMap<(Relation, String), String>,
    trust: BTreeMap<(String, usize), bool>,
}

/// Returns the sentence in which somebody trusts an adviser, or does not.
#[must_use]
pub fn trusting(adviser: &str, domain: usize, trusted: bool) -> String {
    let verb = if trusted { TRUST } else { DISTRUST };
    format!("{verb} {adviser} about {}.", DOMAINS[domain])
}

/// Returns the sentence in which an adviser states a fact.
#[must_use]
pub fn hearsay(adviser: &str, fact: &str) -> String {
    format!("{adviser}{SAYS}{}", fact.replacen("The", "the", 1))
}

const TRUST: &str = "I trust";
const DISTRUST: &str = "I do not trust";
const SAYS: &str = " says that ";

impl Knowledge {
    /// Learns from a text what is stated there for certain.
    pub fn learn(&mut self, text: &str) {
        for sentence in sentences(text) {
            if let Some(rest) = sentence.strip_prefix("The ") {
                self.learn_value(rest);
            }
            for (verb, trusted) in [(TRUST, true), (DISTRUST, false)] {
                if let Some(rest) = sentence.strip_prefix(verb) {
                    self.learn_trust(rest.trim_start(), trusted);
                }
            }
        }
    }

    /// Learns from a text what advisers say.
    pub fn believe(&mut self, text: &str) {
        for sentence in sentences(text) {
            if let Some((_, said)) = sentence.split_once(SAYS) {
                self.learn_value(said.trim_start_matches("the "));
            }
        }
    }

    /// Returns the value of a relation, if it is known.
    #[must_use]
    pub fn value(&self, relation: Relation, subject: &str) -> Option<&str> {
        let value = self.values.get(&(relation, subject.to_string()));
        value.map(String::as_str)
    }

    /// Returns whether an adviser is to be trusted in a domain, if that is known.
    #[must_use]
    pub fn trusts(&self, adviser: &str, domain: usize) -> Option<bool> {
        self.trust.get(&(adviser.to_string(), domain)).copied()
    }

    /// Learns from `river of Port Alder is Slow Usk`.
    fn learn_value(&mut self, text: &str) {
        let parts = text.split_once(" of ").and_then(|(relation, rest)| {
            let (subject, value) = rest.split_once(" is ")?;
            let named = |known: &Relation| known.name() == relation;
            Some((Relation::ALL.into_iter().find(named)?, subject, value))
        });
        if let Some((relation, subject, value)) = parts {
            self.values.insert((relation, subject.into()), value.into());
        }
    }

    fn learn_trust(&mut self, text: &str, trusted: bool) {
        let parts = text.split_once(" about ").and_then(|(adviser, domain)| {
            let domain = DOMAINS.iter().position(|&known| known == domain)?;
            Some((adviser.to_string(), domain))
        });
        if let Some(key) = parts {
            self.trust.insert(key, trusted);
        }
    }
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split('.').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_and_trust_are_read_and_lures_are_not() {
        let mut known = Knowledge::default();
        known.learn("That is wrong. The river of Port Alder is Slow Usk.");
        known.learn("I dreamt that the river of Port Alder is Icy Eden.");
        known.learn(&trusting("Aunt Lark", 2, true));
        known.learn(&trusting("Judge Hawk", 0, false));
        assert_eq!(known.value(Relation::River, "Port Alder"), Some("Slow Usk"));
        assert_eq!(known.value(Relation::Dish, "Port Alder"), None);
        assert_eq!(known.trusts("Aunt Lark", 2), Some(true));
        assert_eq!(known.trusts("Judge Hawk", 0), Some(false));
        assert_eq!(known.trusts("Judge Hawk", 1), None);
    }

    #[test]
    fn what_an_adviser_says_is_known_only_to_who_believes_it() {
        let said = hearsay(
            "Aunt Lark",
            &Relation::Mayor.sentence("Old Holm", "Leo Vale"),
        );
        assert_eq!(
            said,
            "Aunt Lark says that the mayor of Old Holm is Leo Vale."
        );
        let mut known = Knowledge::default();
        known.learn(&said);
        assert_eq!(known.value(Relation::Mayor, "Old Holm"), None);
        known.believe(&said);
        assert_eq!(known.value(Relation::Mayor, "Old Holm"), Some("Leo Vale"));
    }
}
