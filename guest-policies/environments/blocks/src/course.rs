//! The course of a task: its moves, and the state and progress that they lead to.

use memloom_sdk::text::lower_words;
use serde::{Deserialize, Serialize};

use crate::ground::{Facts, Ground};

/// The action that lists the actions that are possible.
pub const CHECK: &str = "check valid actions";

/// The answer to what is no action.
const UNKNOWN: &str = "that is no action: say check valid actions.";

/// A move of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    /// The action of this number, possible or not.
    Act(u16),
    /// The action that lists the others.
    Check,
    /// A text that is no action.
    Unknown,
}

impl Move {
    /// Reads the last line of a text: the words of one action and nothing else, whatever its case and
    /// punctuation.
    #[must_use]
    pub fn parse(ground: &Ground, text: &str) -> Self {
        let line = text.trim().lines().last().unwrap_or_default();
        let words = lower_words(line).join(" ");
        if words == CHECK {
            return Self::Check;
        }
        let place = ground.acts.iter().position(|act| act.words == words);
        place.map_or(Self::Unknown, |place| Self::Act(place as u16))
    }
}

/// The state of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// The facts that hold.
    pub state: Facts,
    /// The number of moves.
    pub moves: u32,
    /// The number of moves that were not possible or no action.
    pub refused: u32,
    /// The most goals that held after a move.
    pub best: u32,
}

impl Course {
    /// Returns the state after moves.
    #[must_use]
    pub fn after(ground: &Ground, moves: &[Move]) -> Self {
        let mut course = Self {
            state: ground.start,
            moves: 0,
            refused: 0,
            best: 0,
        };
        for made in moves {
            course.make(ground, *made);
        }
        course
    }

    /// Makes a move, and returns what is seen. A move that is not possible changes no fact.
    pub fn make(&mut self, ground: &Ground, made: Move) -> String {
        self.moves += 1;
        let seen = match made {
            Move::Check => Ok(listed(ground, self.state)),
            Move::Unknown => Err(UNKNOWN.into()),
            Move::Act(number) => match ground.acts.get(usize::from(number)) {
                None => Err(UNKNOWN.into()),
                Some(act) => match act.after(self.state) {
                    Some(state) => {
                        self.state = state;
                        Ok(ground.told(state))
                    }
                    None => {
                        let lacking = ground.lacking(act, self.state);
                        Err(format!("that needs: {}", lacking.unwrap_or_default()))
                    }
                },
            },
        };
        self.best = self.best.max(ground.met(self.state));
        seen.unwrap_or_else(|why| {
            self.refused += 1;
            why
        })
    }

    /// Returns whether all goals hold.
    #[must_use]
    pub fn is_complete(&self, ground: &Ground) -> bool {
        self.moves > 0 && ground.met(self.state) == ground.goal.count_ones()
    }

    /// Returns the best share of goals that held after a move.
    #[must_use]
    pub fn progress(&self, ground: &Ground) -> f32 {
        self.best as f32 / ground.goal.count_ones().max(1) as f32
    }
}

/// Returns the words of the actions that are possible.
#[must_use]
pub fn possible(ground: &Ground, state: Facts) -> Vec<String> {
    let acts = ground.possible(state);
    acts.map(|number| ground.acts[number].words.clone())
        .collect()
}

fn listed(ground: &Ground, state: Facts) -> String {
    format!("you can: {}.", possible(ground, state).join("; "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::Instance;
    use crate::worlds::World;

    /// Returns two blocks on the table, of which red shall stand on blue and blue on the table,
    /// where it is.
    fn ground() -> Ground {
        let texts = |facts: &[&str]| facts.iter().map(ToString::to_string).collect();
        let instance = Instance {
            things: vec![vec!["red", "blue"]],
            start: texts(&[
                "red is on the table",
                "blue is on the table",
                "red is clear",
                "blue is clear",
                "your hand is empty",
            ]),
            goal: texts(&["red is on blue", "blue is on the table"]),
        };
        Ground::new(World::Blocksworld.domain(), &instance)
    }

    fn made(ground: &Ground, actions: &[&str]) -> Course {
        let moves: Vec<Move> = actions.iter().map(|it| Move::parse(ground, it)).collect();
        Course::after(ground, &moves)
    }

    #[test]
    fn the_whole_of_the_last_line_is_the_action() {
        let ground = ground();
        let act = |words: &str| {
            let place = ground.acts.iter().position(|act| act.words == words);
            Move::Act(place.unwrap() as u16)
        };
        for (text, read) in [
            ("stack red on blue", act("stack red on blue")),
            (" Stack  RED on blue.\n", act("stack red on blue")),
            ("red is on blue.\nput down red", act("put down red")),
            ("Check valid actions", Move::Check),
            ("stack red on blue on red", Move::Unknown),
            ("do not stack red on blue", Move::Unknown),
            ("stack red on pink", Move::Unknown),
            ("stack red on red", Move::Unknown),
            ("stack red on blue\nplease", Move::Unknown),
            ("", Move::Unknown),
        ] {
            assert_eq!(Move::parse(&ground, text), read, "{text:?}");
        }
    }

    #[test]
    fn d_an_action_that_is_not_possible_is_told_why_and_changes_no_fact() {
        let ground = ground();
        for (action, why) in [
            ("stack red on blue", "that needs: you hold red."),
            ("unstack red from blue", "that needs: red is on blue."),
            ("pick up pink", UNKNOWN),
        ] {
            let mut course = made(&ground, &[]);
            assert_eq!(course.make(&ground, Move::parse(&ground, action)), why);
            assert_eq!(course.state, ground.start);
            assert_eq!((course.moves, course.refused), (1, 1));
        }
        let mut course = made(&ground, &["pick up red"]);
        let listed = course.make(&ground, Move::Check);
        assert_eq!(listed, "you can: put down red; stack red on blue.");
        assert_eq!((course.moves, course.refused), (2, 0));
    }

    #[test]
    fn goals_that_hold_at_the_start_count_once_a_move_is_made_and_what_is_undone_stays_counted() {
        let ground = ground();
        assert_eq!(made(&ground, &[]).progress(&ground), 0.0);
        assert_eq!(made(&ground, &["fly"]).progress(&ground), 0.5);
        let up = made(&ground, &["pick up blue"]);
        assert_eq!(up.progress(&ground), 0.0);
        let done = ["pick up red", "stack red on blue"];
        assert_eq!(made(&ground, &done).progress(&ground), 1.0);
        assert!(made(&ground, &done).is_complete(&ground));
        let undone = made(&ground, &[&done[..], &["unstack red from blue"]].concat());
        assert!(undone.progress(&ground) == 1.0 && !undone.is_complete(&ground));
    }
}
