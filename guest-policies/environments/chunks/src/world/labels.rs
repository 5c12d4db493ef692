//! `labels`: short texts with the numbers of their classes. A class has a signature of made-up
//! names, of which each of its texts has three. The numbers are drawn anew in every episode, so
//! that only its examples tell them.

use std::collections::BTreeSet;

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use memloom_sdk::types::Question;

use super::packing::Packing;
use crate::episode::{Asked, Line, turn_id};
use crate::options::Options;
use crate::scorer::Scorer;
use crate::seed;

/// The category of its questions.
pub const CATEGORY: &str = "test-time-learning/labels";

/// The most classes.
pub const CLASSES: usize = 24;
/// The names of a class's signature.
const SIGNATURE: usize = 6;
/// The names in a text.
const SHOWN: usize = 3;

const BEGINNINGS: [&str; 12] = [
    "bal", "cor", "dum", "fen", "gri", "hal", "jor", "kel", "mir", "nov", "pra", "sul",
];
const ENDINGS: [&str; 12] = [
    "bik", "dax", "fom", "gan", "kit", "lor", "mep", "nar", "pod", "rus", "tev", "vil",
];

/// The wording of texts; each `{}` is a name of the signature.
const TEXTS: [&str; 8] = [
    "The {} hums when the {} meets the {}",
    "My {} broke and the {} with {} is late",
    "Can I swap a {} for {} or {}",
    "We lost the {} between the {} and {}",
    "A {} came without its {} and its {}",
    "Please send a {} that fits {} and {}",
    "Where do I put {} if {} has no {}",
    "The {} and the {} do not like {}",
];

/// Returns a name of a class's signature. The endings of these names differ, so that only whole
/// names tell the class.
fn name(class: usize, place: usize) -> String {
    let number = class + CLASSES * place;
    let beginning = number / ENDINGS.len();
    let ending = (number + 7 * beginning) % ENDINGS.len();
    format!("{}{}", BEGINNINGS[beginning], ENDINGS[ending])
}

/// An example that was told.
struct Example {
    /// The class, as a place among the episode's classes.
    class: usize,
    names: [usize; SHOWN],
    text: String,
    session: u32,
    turn: String,
}

/// Returns the sessions of an episode up to a horizon, and the questions about them.
#[must_use]
pub fn generate(
    options: &Options,
    split: Split,
    index: u64,
    horizon: u32,
) -> (Vec<Vec<Line>>, Vec<Asked>) {
    let mut random = seed::texts(options.seed, split, index);
    let count = options.classes as usize;
    let mut classes: Vec<usize> = (0..CLASSES).collect();
    random.shuffle(&mut classes);
    classes.truncate(count);
    let mut labels: Vec<usize> = (1..=count).collect();
    random.shuffle(&mut labels);
    let mut first: Vec<usize> = (0..count).collect();
    random.shuffle(&mut first);
    let mut packing = Packing::new(options.chunk_words());
    let mut examples = Vec::new();
    for _ in 0..options.examples {
        let class = first.pop();
        let class = class.unwrap_or_else(|| random.below(count as u64) as usize);
        let names = draw(&(0..SIGNATURE).collect::<Vec<_>>(), &mut random);
        let text = wording(classes[class], names, &mut random);
        let line = Line::new(format!("{text}\nlabel: {}", labels[class]));
        let (session, place) = packing.add(line);
        if horizon == 0 || session <= horizon {
            examples.push(Example {
                class,
                names,
                text,
                session,
                turn: turn_id(session, place),
            });
        }
    }
    let sittings = packing.cut(horizon);
    let mut random = seed::questions(options.seed, split, index, sittings.len() as u32);
    let asked = ask(options, &examples, &classes, &labels, &mut random);
    (sittings, asked)
}

/// Draws three of some names.
fn draw(names: &[usize], random: &mut Random) -> [usize; SHOWN] {
    let mut names = names.to_vec();
    random.shuffle(&mut names);
    std::array::from_fn(|place| names[place])
}

fn wording(class: usize, names: [usize; SHOWN], random: &mut Random) -> String {
    let text = TEXTS[random.below(TEXTS.len() as u64) as usize];
    names.iter().fold(text.to_owned(), |text, &place| {
        text.replacen("{}", &name(class, place), 1)
    })
}

/// Returns questions with new texts, whose names the examples of their class have shown. The
/// evidence is the first example with each of the names.
fn ask(
    options: &Options,
    examples: &[Example],
    classes: &[usize],
    labels: &[usize],
    random: &mut Random,
) -> Vec<Asked> {
    let mut texts: BTreeSet<String> = examples.iter().map(|one| one.text.clone()).collect();
    let mut asked = Vec::new();
    for number in 1..=options.world_questions() {
        let Some(class) = random.pick(examples).map(|one| one.class) else {
            break;
        };
        let own: Vec<&Example> = examples.iter().filter(|one| one.class == class).collect();
        let shown: BTreeSet<usize> = own.iter().flat_map(|one| one.names).collect();
        let shown: Vec<usize> = shown.into_iter().collect();
        let names = draw(&shown, random);
        let text = wording(classes[class], names, random);
        if !texts.insert(text.clone()) {
            continue;
        }
        let firsts = names.iter().filter_map(|name| {
            let mut having = own.iter().filter(|one| one.names.contains(name));
            having.next().map(|one| (one.session, one.turn.clone()))
        });
        let evidence: BTreeSet<(u32, String)> = firsts.collect();
        let sessions: BTreeSet<u32> = evidence.iter().map(|(session, _)| *session).collect();
        asked.push(Asked {
            question: Question {
                id: format!("q{number}"),
                text: format!("Give the number of the label of: {text}"),
                category: CATEGORY.into(),
                sessions: sessions.into_iter().collect(),
                evidence: evidence.into_iter().map(|(_, turn)| turn).collect(),
            },
            candidates: vec![labels[class].to_string()],
            scorer: match options.flexible {
                true => Scorer::FlexibleLabel,
                false => Scorer::Label,
            },
            points: Vec::new(),
        });
    }
    asked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_one_class_and_its_ending_to_several() {
        let all =
            (0..CLASSES).flat_map(|class| (0..SIGNATURE).map(move |place| name(class, place)));
        let different: BTreeSet<String> = all.collect();
        assert_eq!(different.len(), CLASSES * SIGNATURE);
        for class in 0..CLASSES {
            let endings = (0..SIGNATURE).map(|place| name(class, place)[3..].to_owned());
            assert_eq!(endings.collect::<BTreeSet<String>>().len(), SIGNATURE);
        }
    }
}
