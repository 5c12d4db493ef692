//! The closed language of goals, states and listed actions.

use memloom_sdk::types::LexiconKind;

use crate::worlds::{COLOURS, HANDS, ROOMS};

/// The other words, and the signs.
const OTHERS: &str = "is are on in the table clear your empty you hold holds free can needs that no \
                      pick up put down stack unstack from with move to drop say check valid action \
                      actions task done over . : ;";

/// Returns the language. No question asks for any of it.
#[must_use]
pub fn lexicon() -> Vec<LexiconKind> {
    let kind = |name: &str, cue: &str, values: Vec<String>| LexiconKind {
        name: name.into(),
        cues: vec![cue.into()],
        values,
    };
    let values = |all: &[&str]| all.iter().map(ToString::to_string).collect();
    let others: Vec<&str> = OTHERS.split_whitespace().collect();
    vec![
        kind("thing", "which thing", values(&COLOURS)),
        kind("room", "which room", values(&ROOMS)),
        kind("hand", "which hand", values(&HANDS)),
        kind("word", "which word", values(&others)),
    ]
}
