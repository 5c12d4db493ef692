use std::collections::BTreeSet;

use memloom_sdk::text::lower_words;

use super::*;
use crate::kind::{DESTINATIONS, lexicon};
use crate::names::Names;
use crate::talk::{EPHEMERA, TALK};
use crate::wording;
use memloom_sdk::generated::Split;

const ACTS: [Act; 5] = [
    Act::Fact,
    Act::Change,
    Act::Correction,
    Act::Lure,
    Act::Cancellation,
];

/// The stop words of an index, as far as sentences use them.
const COMMON: [&str; 35] = [
    "a", "an", "and", "as", "at", "be", "by", "do", "for", "from", "had", "has", "have", "i", "if",
    "in", "is", "it", "my", "of", "on", "so", "that", "the", "them", "there", "these", "they",
    "to", "was", "we", "will", "with", "would", "you",
];

fn all() -> impl Iterator<Item = (Kind, Act, &'static str)> {
    Kind::ALL.into_iter().flat_map(|kind| {
        ACTS.into_iter().flat_map(move |act| {
            let sentences = sentences(kind, act).iter();
            sentences.map(move |&sentence| (kind, act, sentence))
        })
    })
}

/// The fixed words of a sentence, without placeholders.
fn fixed(sentence: &str) -> BTreeSet<String> {
    let places = ["{v}", "{o}", "{d}", "{r}", "{s}", "{n}", "{x}"];
    let bare = places
        .iter()
        .fold(sentence.to_owned(), |text, place| text.replace(place, " "));
    lower_words(&bare).into_iter().collect()
}

fn telling(sentence: &str) -> BTreeSet<String> {
    let mut words = fixed(sentence);
    words.retain(|word| !COMMON.contains(&word.as_str()));
    words
}

fn cues() -> BTreeSet<String> {
    lexicon().into_iter().flat_map(|kind| kind.cues).collect()
}

fn values() -> BTreeSet<String> {
    lexicon().into_iter().flat_map(|kind| kind.values).collect()
}

/// Every word that is neither a name nor a number.
fn vocabulary() -> BTreeSet<String> {
    let questions = Kind::ALL.into_iter().flat_map(|kind| {
        [
            Some(wording::question(kind)),
            wording::when_question(kind),
            wording::description(kind),
        ]
    });
    all()
        .map(|(.., sentence)| sentence)
        .chain(questions.flatten())
        .chain(
            EPHEMERA
                .iter()
                .flat_map(|(sentence, words)| words.iter().copied().chain([*sentence])),
        )
        .chain(TALK)
        .chain(RELATIONS)
        .chain(DESTINATIONS)
        .chain(
            Kind::ALL
                .into_iter()
                .flat_map(|kind| kind.values())
                .copied(),
        )
        .flat_map(fixed)
        .collect()
}

#[test]
fn each_sentence_has_its_kinds_cue_and_no_other() {
    for (kind, _, sentence) in all() {
        let found: Vec<String> = fixed(sentence).intersection(&cues()).cloned().collect();
        assert_eq!(found, [kind.cues()[0]], "{sentence}");
    }
}

#[test]
fn nothing_else_has_a_cue() {
    let passing = EPHEMERA.iter().map(|(sentence, _)| *sentence).chain(TALK);
    for sentence in passing {
        assert!(fixed(sentence).is_disjoint(&cues()), "{sentence}");
    }
}

#[test]
fn the_value_that_holds_comes_first_and_once() {
    for (_, _, sentence) in all() {
        assert_eq!(sentence.matches("{v}").count(), 1, "{sentence}");
        let value = sentence.find("{v}");
        assert!(
            sentence.find("{o}").is_none_or(|old| value < Some(old)),
            "{sentence}"
        );
    }
}

#[test]
fn values_are_no_other_words_and_belong_to_one_kind() {
    let mut seen = BTreeSet::new();
    for value in lexicon().into_iter().flat_map(|kind| kind.values) {
        assert!(seen.insert(value.clone()), "{value} twice");
    }
    for (.., sentence) in all() {
        assert!(fixed(sentence).is_disjoint(&values()), "{sentence}");
    }
    let others = RELATIONS.iter().chain(&DESTINATIONS).chain(&TALK);
    let words = EPHEMERA
        .iter()
        .flat_map(|(sentence, words)| words.iter().chain([sentence]));
    for text in others.chain(words) {
        assert!(fixed(text).is_disjoint(&values()), "{text}");
    }
}

#[test]
fn names_are_single_words_in_one_pool_and_nothing_else() {
    let mut seen = BTreeSet::new();
    for name in Split::ALL.iter().flat_map(|split| split.names()) {
        assert!(seen.insert(*name), "{name} twice");
        assert!(name.chars().all(|letter| letter.is_ascii_alphabetic()));
        assert!(!vocabulary().contains(&name.to_lowercase()), "{name}");
    }
}

#[test]
fn the_language_has_a_few_hundred_words() {
    let words = vocabulary().len();
    assert!((350..450).contains(&words), "{words}");
}

#[test]
fn a_changed_entry_is_found_by_words_of_its_own() {
    let truths = || all().filter(|(_, act, _)| *act != Act::Lure);
    for (kind, act, sentence) in truths() {
        let anchored = sentence.contains("{o}") || sentence.contains("{d}");
        if !matches!(act, Act::Change | Act::Correction) || anchored {
            continue;
        }
        for (_, _, other) in truths().filter(|(other, ..)| *other != kind) {
            assert!(
                telling(sentence).is_disjoint(&telling(other)),
                "{sentence} / {other}"
            );
        }
    }
}

#[test]
fn a_lure_is_shorter_than_a_fact_and_a_fact_than_a_change() {
    let length = |sentence: &str| {
        lower_words(sentence)
            .iter()
            .filter(|word| !COMMON.contains(&word.as_str()))
            .count()
    };
    let lengths = |kind, act| sentences(kind, act).iter().map(|sentence| length(sentence));
    for kind in Kind::ALL {
        let lure = lengths(kind, Act::Lure).max();
        let facts: BTreeSet<usize> = lengths(kind, Act::Fact).collect();
        let changes = lengths(kind, Act::Change)
            .chain(lengths(kind, Act::Correction))
            .min();
        assert!(
            lure < facts.first().copied(),
            "{kind:?}: {lure:?} {facts:?}"
        );
        assert!(
            facts.last().copied() < changes,
            "{kind:?}: {facts:?} {changes:?}"
        );
    }
}

#[test]
fn articles_fit_every_value() {
    for kind in [Kind::Job, Kind::Pet, Kind::Car] {
        for value in kind.values() {
            assert!(
                !value.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']),
                "{value}"
            );
        }
    }
}
