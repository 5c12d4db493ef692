//! An experience: a task, what was done in it, and what came of it.

use memloom_sdk::acting::Form;
use memloom_sdk::bank::Hit;
use memloom_sdk::text::lower_words;

/// The letter of an experience's name under a grammar.
const LETTER: char = 'e';

/// An experience that a task is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experience {
    /// The number by which it can be pruned, from 1.
    pub number: usize,
    /// The id of the case in the bank.
    pub id: String,
    goal: String,
    trajectory: String,
    outcome: String,
}

impl Experience {
    /// Returns the experience of a case.
    pub fn new(number: usize, hit: Hit) -> Self {
        let field = |name: &str| {
            let mut fields = hit.entry.fields.iter();
            let found = fields.find(|(other, _)| other == name);
            found.map_or_else(String::new, |(_, value)| value.clone())
        };
        Self {
            number,
            trajectory: field("plan"),
            outcome: field("outcome"),
            id: hit.entry.id,
            goal: hit.entry.text,
        }
    }

    /// Returns its lines in a prompt. Under a grammar its name stands last, since a small model has
    /// read it there, and only where it can be pruned.
    pub fn lines(&self, form: Form, can_be_pruned: bool) -> String {
        let Self {
            number,
            goal,
            trajectory,
            outcome,
            ..
        } = self;
        match (form, can_be_pruned) {
            (Form::Text, _) => format!(
                "[Experience #{number}]\nGoal: {goal}\nTrajectory: {trajectory}\n\
                 Correctness: {outcome}"
            ),
            (Form::Words, false) => format!("{goal} {trajectory} {outcome}"),
            (Form::Words, true) => {
                format!("{goal} {trajectory} {outcome} {}", name(*number))
            }
        }
    }

    /// Returns whether all words of an action are in it.
    pub fn has_words_of(&self, action: &str) -> bool {
        let own = lower_words(&format!("{} {}", self.goal, self.trajectory));
        lower_words(action).iter().all(|word| own.contains(word))
    }
}

/// Returns the name of an experience under a grammar: `e3`.
pub fn name(number: usize) -> String {
    format!("{LETTER}{number}")
}
