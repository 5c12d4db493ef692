//! A puzzle as a task.

use memloom_sdk::random::Random;

use crate::puzzle::expression::evaluate;
use crate::puzzle::fraction::{Fraction, OPERATORS};
use crate::puzzle::term::{self, GOAL, Step, Term};
use crate::stream::{Memory, Task};
use crate::visit::{Outcome, Visit};

/// The category of all puzzles.
pub const CATEGORY: &str = "puzzle";

/// Four numbers that are to make 24. No earlier session helps.
pub struct Game {
    numbers: [i64; 4],
    steps: u32,
}

impl Game {
    /// Returns a puzzle of four numbers in order.
    #[must_use]
    pub fn new(numbers: [i64; 4], slack: u32) -> Self {
        Self {
            steps: numbers.len() as u32 + slack,
            numbers,
        }
    }

    /// Returns the step of a text such as `13 - 9` or `13 - 9 = 4`, and the result if it is told.
    fn read(text: &str, left: &[Term]) -> Option<(Step, Option<Fraction>)> {
        let words: Vec<&str> = text.split_whitespace().take(6).collect();
        let (one, operator, two, told) = match words[..] {
            [one, operator, two] => (one, operator, two, None),
            [one, operator, two, "=", told] => (one, operator, two, Some(Fraction::read(told)?)),
            _ => return None,
        };
        let mut signs = OPERATORS.into_iter();
        let operator = signs.find(|sign| operator.strip_prefix(*sign) == Some(""))?;
        let (one, two) = (Fraction::read(one)?, Fraction::read(two)?);
        let first = left.iter().position(|term| term.value == one)?;
        let mut places = left.iter().enumerate();
        let second = places.find(|(place, term)| *place != first && term.value == two);
        second.map(|(second, _)| ((first, operator, second), told))
    }

    fn step(text: &str, visit: &mut Visit) -> String {
        let read = Self::read(text, &visit.left);
        let done = read.and_then(|(step, told)| Some((term::after(&visit.left, step)?, told)));
        let Some((left, told)) = done else {
            return format!("This is no step. Left: {}.", shown(&visit.left));
        };
        let made = left.last().map(|term| term.value);
        let result = made.map_or_else(String::new, |made| made.to_string());
        if told.is_some() && told != made {
            return format!(
                "This is wrong, it makes {result}. Left: {}.",
                shown(&visit.left)
            );
        }
        visit.left = left;
        format!("This makes {result}. Left: {}.", shown(&visit.left))
    }

    fn answer(&self, text: &str, visit: &mut Visit) -> String {
        let evaluated = evaluate(text);
        let (reply, right) = match &evaluated {
            None => ("This is no expression.".into(), false),
            Some((_, numbers)) if numbers != &self.numbers => {
                ("This does not use the numbers.".into(), false)
            }
            Some((value, _)) => (
                format!("This makes {value}."),
                *value == Fraction::whole(GOAL),
            ),
        };
        let worth = f32::from(right);
        visit.end(Outcome {
            reward: worth,
            em: worth,
            f1: worth,
        });
        reply
    }
}

fn shown(terms: &[Term]) -> String {
    let values: Vec<String> = terms.iter().map(|term| term.value.to_string()).collect();
    values.join(" ")
}

/// Returns the action that does a step.
fn action(left: &[Term], (first, operator, second): Step) -> String {
    format!(
        "step {} {operator} {}",
        left[first].value, left[second].value
    )
}

impl Task for Game {
    fn category(&self) -> &'static str {
        CATEGORY
    }

    fn sessions(&self) -> &[u32] {
        &[]
    }

    fn instruction(&self) -> String {
        format!(
            "Make {GOAL} of {}. Use each number once. Use step A + B, with + or - or * or /, \
             then answer with the whole expression. Actions: {}.",
            self.numbers.map(|number| number.to_string()).join(" "),
            self.steps
        )
    }

    fn steps(&self) -> u32 {
        self.steps
    }

    fn begin(&self) -> Visit {
        Visit {
            left: term::start(&self.numbers),
            ..Visit::default()
        }
    }

    fn choices(&self, visit: &Visit) -> Vec<String> {
        if let [term] = visit.left.as_slice() {
            return vec![format!("answer {}", term.text)];
        }
        let mut actions: Vec<String> = Vec::new();
        let steps = term::steps(&visit.left);
        for step in steps.filter(|&step| term::after(&visit.left, step).is_some()) {
            let action = action(&visit.left, step);
            if !actions.contains(&action) {
                actions.push(action);
            }
        }
        actions
    }

    fn act(&self, action: &str, visit: &mut Visit) -> String {
        let action = action.trim();
        match action.split_once(' ').unwrap_or((action, "")) {
            ("step", rest) => Self::step(rest, visit),
            ("answer", rest) => self.answer(rest, visit),
            _ => "This is no action. Use step A + B or answer with an expression.".into(),
        }
    }

    fn explanation(&self) -> String {
        match term::solve(&term::start(&self.numbers)) {
            Some((_, expression)) => format!("A solution is {expression}."),
            None => "There is no solution.".into(),
        }
    }

    fn advise(&self, _memories: &[Memory<'_>], visit: &Visit, random: &mut Random) -> String {
        match term::solve(&visit.left) {
            Some((Some(step), _)) => action(&visit.left, step),
            Some((None, expression)) => format!("answer {expression}"),
            None => {
                let choices = self.choices(visit);
                random.pick(&choices).cloned().unwrap_or_default()
            }
        }
    }
}
