//! The rules of a world as sentences, in the manner of STRIPS: what actions need, add and remove.

/// The rules of a world. In its sentences, a capital letter stands for a thing, different letters
/// of one kind for different things.
pub struct Domain {
    /// The letters, each with the place of its kind among the things of an instance.
    pub letters: &'static [(&'static str, usize)],
    /// The facts in the order in which they are told.
    pub facts: &'static [&'static str],
    /// The actions.
    pub rules: &'static [Rule],
}

/// An action with its effects. All its letters are in its words.
pub struct Rule {
    /// The words of the action.
    pub words: &'static str,
    /// The facts that must hold.
    pub needs: &'static [&'static str],
    /// The facts that hold afterwards.
    pub adds: &'static [&'static str],
    /// The facts that no longer hold.
    pub removes: &'static [&'static str],
}

/// An instance of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The things of each kind.
    pub things: Vec<Vec<&'static str>>,
    /// The facts at the start.
    pub start: Vec<String>,
    /// The facts to be made true.
    pub goal: Vec<String>,
}

/// Letters with the things that they stand for.
pub type Assignment = Vec<(&'static str, &'static str)>;

impl Domain {
    /// Returns all ways in which things can stand for the letters of a sentence.
    #[must_use]
    pub fn assignments(&self, sentence: &str, things: &[Vec<&'static str>]) -> Vec<Assignment> {
        let mut all: Vec<Assignment> = vec![Vec::new()];
        for &(letter, kind) in self.letters {
            if !sentence.split(' ').any(|word| word == letter) {
                continue;
            }
            let with = |given: &Assignment| -> Vec<Assignment> {
                let others = things[kind].iter().filter(|&&thing| {
                    let mut taken = given.iter();
                    taken.all(|(_, other)| *other != thing)
                });
                let longer = others.map(|&thing| {
                    let last = [(letter, thing)];
                    given.iter().copied().chain(last).collect()
                });
                longer.collect()
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }
}

/// Returns a sentence with things in the place of letters.
#[must_use]
pub fn filled(sentence: &str, given: &Assignment) -> String {
    let word = |word| {
        let found = given.iter().find(|(letter, _)| *letter == word);
        found.map_or(word, |(_, thing)| *thing)
    };
    sentence
        .split(' ')
        .map(word)
        .collect::<Vec<&str>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_letters_stand_for_different_things_of_a_kind() {
        let domain = Domain {
            letters: &[("A", 0), ("B", 0), ("R", 1)],
            facts: &[],
            rules: &[],
        };
        let things = [vec!["red", "blue"], vec!["hall"]];
        let all = |sentence: &str| -> Vec<String> {
            let assignments = domain.assignments(sentence, &things);
            let filled = assignments.iter().map(|given| filled(sentence, given));
            filled.collect()
        };
        assert_eq!(all("A is on B"), ["red is on blue", "blue is on red"]);
        assert_eq!(all("A is in R"), ["red is in hall", "blue is in hall"]);
        assert_eq!(all("your hand is empty"), ["your hand is empty"]);
    }
}
