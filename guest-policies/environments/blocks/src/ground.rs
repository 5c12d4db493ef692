//! A problem with its facts and actions as sets of bits.

use crate::domain::{Domain, Instance, filled};

/// A set of facts: bit k is the fact of number k.
pub type Facts = u128;

/// The facts and actions of a problem.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The facts in the order in which they are told, at most 128.
    facts: Vec<String>,
    /// The actions in the order in which they are listed.
    pub acts: Vec<Act>,
    /// The facts at the start.
    pub start: Facts,
    /// The facts to be made true.
    pub goal: Facts,
}

/// An action.
#[derive(Clone, Debug)]
pub struct Act {
    /// The words.
    pub words: String,
    needs: Facts,
    adds: Facts,
    removes: Facts,
}

impl Act {
    /// Returns the facts after the action; none if it is not possible.
    #[must_use]
    pub fn after(&self, state: Facts) -> Option<Facts> {
        (state & self.needs == self.needs).then_some(state & !self.removes | self.adds)
    }
}

impl Ground {
    /// Returns the facts and actions of an instance.
    #[must_use]
    pub fn new(domain: &Domain, instance: &Instance) -> Self {
        let things = &instance.things;
        let of_sentence = |sentence: &&'static str| {
            let sentence = *sentence;
            let given = domain.assignments(sentence, things).into_iter();
            given.map(move |given| filled(sentence, &given))
        };
        let facts: Vec<String> = domain.facts.iter().flat_map(of_sentence).collect();
        let bit = |fact: &String| {
            let place = facts.iter().position(|other| other == fact);
            place.map_or(0, |place| 1 << place)
        };
        let set = |texts: &mut dyn Iterator<Item = String>| -> Facts {
            texts.fold(0, |set, fact| set | bit(&fact))
        };
        let mut acts = Vec::new();
        for rule in domain.rules {
            for given in domain.assignments(rule.words, things) {
                let of =
                    |sentences: &[&str]| set(&mut sentences.iter().map(|it| filled(it, &given)));
                acts.push(Act {
                    words: filled(rule.words, &given),
                    needs: of(rule.needs),
                    adds: of(rule.adds),
                    removes: of(rule.removes),
                });
            }
        }
        Self {
            start: set(&mut instance.start.iter().cloned()),
            goal: set(&mut instance.goal.iter().cloned()),
            acts,
            facts,
        }
    }

    /// Returns the sentences of facts.
    pub fn sentences(&self, facts: Facts) -> impl Iterator<Item = String> {
        let numbered = self.facts.iter().enumerate();
        numbered
            .filter(move |(place, _)| facts >> place & 1 == 1)
            .map(|(_, fact)| format!("{fact}."))
    }

    /// Returns the sentences of facts as one text.
    #[must_use]
    pub fn told(&self, facts: Facts) -> String {
        self.sentences(facts).collect::<Vec<_>>().join(" ")
    }

    /// Returns the numbers of the actions that are possible.
    pub fn possible(&self, state: Facts) -> impl Iterator<Item = usize> {
        let numbered = self.acts.iter().enumerate();
        numbered
            .filter(move |(_, act)| act.after(state).is_some())
            .map(|(number, _)| number)
    }

    /// Returns the sentence of the first fact that an action lacks; none if it is possible.
    #[must_use]
    pub fn lacking(&self, act: &Act, state: Facts) -> Option<String> {
        self.sentences(act.needs & !state).next()
    }

    /// Returns the number of goals that hold.
    #[must_use]
    pub fn met(&self, state: Facts) -> u32 {
        (state & self.goal).count_ones()
    }
}
