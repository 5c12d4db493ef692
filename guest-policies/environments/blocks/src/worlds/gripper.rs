//! `gripper`: balls are carried to other rooms with two hands.

use memloom_sdk::random::Random;

use super::names::{HANDS, ROOMS};
use crate::domain::{Domain, Instance, Rule};

/// The rules.
pub const DOMAIN: Domain = Domain {
    letters: &[("A", 0), ("R", 1), ("S", 1), ("H", 2)],
    facts: &["A is in R", "H holds A", "H is free", "you are in R"],
    rules: &[
        Rule {
            words: "move from R to S",
            needs: &["you are in R"],
            adds: &["you are in S"],
            removes: &["you are in R"],
        },
        Rule {
            words: "pick A in R with H",
            needs: &["A is in R", "you are in R", "H is free"],
            adds: &["H holds A"],
            removes: &["A is in R", "H is free"],
        },
        Rule {
            words: "drop A in R with H",
            needs: &["H holds A", "you are in R"],
            adds: &["A is in R", "H is free"],
            removes: &["H holds A"],
        },
    ],
};

/// Returns an instance with these balls. Each of them is wanted in another room.
pub fn draw(balls: Vec<&'static str>, random: &mut Random) -> Instance {
    let (mut start, mut goal) = (Vec::new(), Vec::new());
    for ball in &balls {
        let mut rooms = ROOMS;
        random.shuffle(&mut rooms);
        let [from, to, ..] = rooms;
        start.push(format!("{ball} is in {from}"));
        goal.push(format!("{ball} is in {to}"));
    }
    start.extend(HANDS.map(|hand| format!("{hand} is free")));
    let here = random.pick(&ROOMS).map(|room| format!("you are in {room}"));
    start.extend(here);
    Instance {
        things: vec![balls, ROOMS.into(), HANDS.into()],
        start,
        goal,
    }
}
