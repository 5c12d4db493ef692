//! Code words: words for numbers, with a meaning for one episode. The first task with a word tells
//! what it stands for; later ones do not.

use std::fmt;

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;
use serde::{Deserialize, Serialize};

use crate::language::{CODES, NUMBERS};

/// A code word and its meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The word.
    pub word: String,
    /// The number that it stands for.
    pub number: u32,
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} is {}.", self.word, self.number)
    }
}

/// Draws the code words of an episode. What the sum of their numbers leaves when it is divided by
/// three says the split, so that no episode of one split has the meanings of one of another.
#[must_use]
pub fn draw(count: u32, split: Split, random: &mut Random) -> Vec<Code> {
    let mut words = CODES;
    if count > 0 {
        random.shuffle(&mut words);
    }
    let splits = Split::ALL.len() as u32;
    let mut sum = 0;
    let numbers = (1..=count).map(|drawn| {
        let fits = |number: &u32| drawn < count || (sum + number) % splits == split as u32;
        let choices: Vec<u32> = (0..NUMBERS).filter(fits).collect();
        let number = random.pick(&choices).copied().unwrap_or_default();
        sum += number;
        number
    });
    let codes = words.into_iter().zip(numbers);
    codes
        .map(|(word, number)| Code {
            word: word.into(),
            number,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_meanings_of_an_episode_say_its_split() {
        let mut random = Random::new(1);
        let mut meanings = BTreeSet::new();
        for count in 1..=8 {
            for split in Split::ALL {
                for _ in 0..50 {
                    let codes = draw(count, split, &mut random);
                    let words: BTreeSet<&str> = codes.iter().map(|code| &*code.word).collect();
                    let sum: u32 = codes.iter().map(|code| code.number).sum();
                    assert_eq!((words.len(), codes.len()), (count as usize, count as usize));
                    assert_eq!(sum % 3, split as u32);
                    meanings.extend(codes.iter().map(|code| (code.word.clone(), code.number)));
                }
            }
        }
        assert_eq!(meanings.len(), 80);
    }

    #[test]
    fn without_code_words_nothing_is_drawn() {
        let mut random = Random::new(2);
        assert!(draw(0, Split::Train, &mut random).is_empty());
        assert_eq!(random.bits(), Random::new(2).bits());
    }
}
