//! The experiences that a task is shown.

use memloom_sdk::bank::Hit;

use crate::experience::Experience;
use crate::options::Options;

/// The experiences that a task is shown, the most fitting or the latest last. A number stays with its
/// experience when others are pruned.
#[derive(Debug, Default)]
pub struct Shown {
    experiences: Vec<Experience>,
}

/// The effect of a prune.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The ids of the cases that are no longer shown.
    pub ids: Vec<String>,
    /// Their numbers.
    pub numbers: Vec<usize>,
    /// The numbers of no experience that is shown.
    pub unknown: Vec<usize>,
}

impl Shown {
    /// Returns the experiences of hits, the best of which come first.
    pub fn new(hits: Vec<Hit>) -> Self {
        let hits = (1..).zip(hits.into_iter().rev());
        Self {
            experiences: hits
                .map(|(number, hit)| Experience::new(number, hit))
                .collect(),
        }
    }

    /// Returns the experiences in order.
    pub fn experiences(&self) -> &[Experience] {
        &self.experiences
    }

    /// Returns the lines of a prompt; empty if nothing is shown.
    pub fn lines(&self, options: &Options) -> String {
        let experiences = self.experiences.iter();
        let lines = experiences.map(|it| it.lines(options.form(), options.prunes()));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Takes experiences away by their numbers.
    pub fn prune(&mut self, numbers: &[usize]) -> Pruned {
        let mut pruned = Pruned::default();
        for &number in numbers {
            let mut shown = self.experiences.iter();
            match shown.position(|experience| experience.number == number) {
                Some(place) => {
                    pruned.ids.push(self.experiences.remove(place).id);
                    pruned.numbers.push(number);
                }
                None => pruned.unknown.push(number),
            }
        }
        pruned
    }
}
