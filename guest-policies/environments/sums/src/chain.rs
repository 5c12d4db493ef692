//! Made-up problems: somebody has some things, and their number changes several times. All numbers
//! are digits, and go round.

use std::fmt;

use memloom_sdk::generated::Split;
use memloom_sdk::random::Random;

use crate::codes::Code;
use crate::language::{NUMBERS, PEOPLE, ROUND, THINGS};
use crate::number::Number;
use crate::problem::Problem;

/// The most changes of a chain, which are all different.
pub const MOST_CHANGES: u32 = 12;

/// A change of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    /// A number is added.
    Add(u32),
    /// A number is removed.
    Remove(u32),
    /// It is multiplied by a number that shares no factor with 10, so that no answer is likelier
    /// than another.
    Multiply(u32),
}

impl Change {
    /// Returns all changes that change anything.
    fn all() -> Vec<Self> {
        let additions = (1..NUMBERS).map(Self::Add);
        let removals = (1..NUMBERS).map(Self::Remove);
        let products = [3, 7, 9].map(Self::Multiply);
        additions.chain(removals).chain(products).collect()
    }

    fn apply(self, number: u32) -> u32 {
        let changed = match self {
            Self::Add(by) => number + by,
            Self::Remove(by) => number + NUMBERS - by,
            Self::Multiply(by) => number * by,
        };
        changed % NUMBERS
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add(by) => write!(formatter, "adds {by}"),
            Self::Remove(by) => write!(formatter, "removes {by}"),
            Self::Multiply(by) => write!(formatter, "multiplies by {by}"),
        }
    }
}

/// A chain without its first number: the pattern of several problems.
#[derive(Clone, Debug)]
pub struct Chain {
    person: &'static str,
    thing: &'static str,
    changes: Vec<Change>,
}

impl Chain {
    /// Draws a chain of `least` to `most` changes.
    #[must_use]
    pub fn draw([least, most]: [u32; 2], random: &mut Random) -> Self {
        let mut changes = Change::all();
        random.shuffle(&mut changes);
        let spare = u64::from(most.saturating_sub(least));
        changes.truncate((least + random.below(spare + 1) as u32) as usize);
        let mut name = |names: &[&'static str; 6]| names[random.below(6) as usize];
        Self {
            person: name(&PEOPLE),
            thing: name(&THINGS),
            changes,
        }
    }

    /// Returns the first numbers with which the chain belongs to a split. Splits share none, so
    /// that no problem of one is in another.
    #[must_use]
    pub fn first_numbers(&self, split: Split) -> Vec<u32> {
        let mark = self.changes.iter().fold(0, |mark, change| {
            let (kind, by) = match change {
                Change::Add(by) => (1, by),
                Change::Remove(by) => (2, by),
                Change::Multiply(by) => (3, by),
            };
            (mark * 31 + 10 * kind + by) % 3_000_017
        });
        let own = |first: &u32| (mark + first) % Split::ALL.len() as u32 == split as u32;
        (0..NUMBERS).filter(own).collect()
    }

    /// Returns the problem with this first number.
    #[must_use]
    pub fn problem(&self, first: u32) -> Problem {
        self.told(first, &first.to_string(), Vec::new())
    }

    /// Returns the problem with the number of a code word. To know what the word stands for is a step.
    #[must_use]
    pub fn coded(&self, code: &Code) -> Problem {
        let problem = self.told(code.number, &code.word, vec![code.to_string()]);
        Problem {
            steps: problem.steps + 1,
            code: Some(code.clone()),
            ..problem
        }
    }

    /// Returns the problem whose first number is told so, with the steps that are worked before.
    fn told(&self, first: u32, said: &str, mut worked: Vec<String>) -> Problem {
        let Self {
            person,
            thing,
            changes,
        } = self;
        let mut instruction = format!("{person} has {said} {thing}.");
        let mut number = first;
        for change in changes {
            number = change.apply(number);
            instruction += &format!(" {person} {change}.");
            worked.push(format!("{change} makes {number}."));
        }
        instruction += &format!(" How many {thing} has {person}?");
        if !changes.is_empty() {
            instruction += &format!(" {ROUND}");
        }
        Problem {
            instruction,
            worked: worked.join(" "),
            steps: changes.len() as u32,
            answer: Number::digit(number),
            code: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_and_worked_out_change_by_change() {
        let chain = Chain {
            person: "Ann",
            thing: "lamps",
            changes: vec![Change::Remove(4), Change::Multiply(3), Change::Add(5)],
        };
        let problem = chain.problem(3);
        assert_eq!(
            problem.instruction,
            "Ann has 3 lamps. Ann removes 4. Ann multiplies by 3. Ann adds 5. \
             How many lamps has Ann? Numbers go round: after 9 comes 0, and before 0 comes 9."
        );
        assert_eq!(
            problem.worked,
            "removes 4 makes 9. multiplies by 3 makes 7. adds 5 makes 2."
        );
        assert_eq!((problem.steps, problem.answer), (3, Number::digit(2)));
    }

    #[test]
    fn a_code_word_stands_in_the_place_of_the_first_number() {
        let code = Code {
            word: "zorp".into(),
            number: 3,
        };
        for (changes, told, worked, steps) in [
            (vec![], "", "zorp is 3.", 1),
            (
                vec![Change::Add(9)],
                " Ann adds 9.",
                "zorp is 3. adds 9 makes 2.",
                2,
            ),
        ] {
            let chain = Chain {
                person: "Ann",
                thing: "lamps",
                changes,
            };
            let problem = chain.coded(&code);
            let start = format!("Ann has zorp lamps.{told} How many lamps has Ann?");
            assert!(problem.instruction.starts_with(&start), "{start}");
            assert_eq!((&*problem.worked, problem.steps), (worked, steps));
        }
    }

    #[test]
    fn changes_are_different_and_as_many_as_asked_for() {
        let mut random = Random::new(1);
        let mut lengths = [0; 5];
        for _ in 0..300 {
            let Chain { changes, .. } = Chain::draw([2, 4], &mut random);
            lengths[changes.len()] += 1;
            for (place, change) in changes.iter().enumerate() {
                assert!(!changes[..place].contains(change));
            }
        }
        assert_eq!(lengths[..2], [0, 0]);
        assert!(lengths[2..].iter().all(|&count| count > 60), "{lengths:?}");
        let longest = Chain::draw([MOST_CHANGES; 2], &mut random);
        assert_eq!(longest.changes.len(), MOST_CHANGES as usize);
    }

    #[test]
    fn no_problem_belongs_to_two_splits() {
        let mut random = Random::new(2);
        for _ in 0..100 {
            let chain = Chain::draw([1, 6], &mut random);
            let mut all = Split::ALL.map(|split| chain.first_numbers(split)).concat();
            assert!(
                Split::ALL
                    .iter()
                    .all(|&split| chain.first_numbers(split).len() >= 3)
            );
            all.sort_unstable();
            assert_eq!(all, (0..NUMBERS).collect::<Vec<_>>());
        }
    }

    #[test]
    fn all_answers_are_about_as_likely() {
        let mut random = Random::new(3);
        let mut counts = [0; NUMBERS as usize];
        for _ in 0..5000 {
            let chain = Chain::draw([1, 8], &mut random);
            let first = random.below(u64::from(NUMBERS)) as u32;
            let number = chain
                .changes
                .iter()
                .fold(first, |number, it| it.apply(number));
            counts[number as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (400..600).contains(count)),
            "{counts:?}"
        );
    }
}
