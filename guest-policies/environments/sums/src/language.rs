//! The closed language of made-up problems, worked steps and replies.

use memloom_sdk::types::LexiconKind;

/// The people.
pub const PEOPLE: [&str; 6] = ["Ann", "Ben", "Cleo", "Dan", "Eva", "Finn"];

/// The things that they have.
pub const THINGS: [&str; 6] = ["lamps", "bells", "cups", "books", "hats", "keys"];

/// The code words, which stand for numbers.
pub const CODES: [&str; 8] = ["bim", "dax", "fep", "kiv", "lum", "nok", "rud", "zorp"];

/// The other words, and the signs.
const OTHERS: &str = "has adds removes multiplies by makes how many numbers go round after comes \
                      and before end with answer the number that is right wrong no . , : ?";

/// The number of numbers: after the last, 9, comes 0.
pub const NUMBERS: u32 = 10;

/// The sentence of made-up problems whose number changes.
pub const ROUND: &str = "Numbers go round: after 9 comes 0, and before 0 comes 9.";

/// The sentence that made-up problems end with where no answers are listed.
pub const FORM: &str = "End with answer: and the number.";

/// Returns the language, with code words or without. Numbers are the only kind that a problem asks
/// for.
#[must_use]
pub fn lexicon(codes: bool) -> Vec<LexiconKind> {
    let kind = |name: &str, cues: &[&str], values: Vec<String>| LexiconKind {
        name: name.into(),
        cues: cues.iter().map(ToString::to_string).collect(),
        values,
    };
    let lower = |words: &[&str]| words.iter().map(|word| word.to_lowercase()).collect();
    let numbers = (0..NUMBERS).map(|number| number.to_string());
    let others: Vec<&str> = OTHERS.split_whitespace().collect();
    let mut kinds = vec![
        kind("number", &["how many"], numbers.collect()),
        kind("person", &["who"], lower(&PEOPLE)),
        kind("thing", &["what"], lower(&THINGS)),
        kind("word", &["which word"], lower(&others)),
    ];
    if codes {
        kinds.push(kind("code", &["which code"], lower(&CODES)));
    }
    kinds
}
