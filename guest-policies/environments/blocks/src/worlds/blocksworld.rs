//! `blocksworld`: towers of blocks are rebuilt with one hand.

use memloom_sdk::random::Random;

use crate::domain::{Domain, Instance, Rule};

/// The probability that a block of the start stands on another.
const STACKED: f64 = 0.5;

/// The probability that a block of the goal stands on another.
const WANTED: f64 = 0.9;

/// The rules.
pub const DOMAIN: Domain = Domain {
    letters: &[("A", 0), ("B", 0)],
    facts: &[
        "A is on B",
        "A is on the table",
        "A is clear",
        "you hold A",
        "your hand is empty",
    ],
    rules: &[
        Rule {
            words: "pick up A",
            needs: &["your hand is empty", "A is clear", "A is on the table"],
            adds: &["you hold A"],
            removes: &["your hand is empty", "A is clear", "A is on the table"],
        },
        Rule {
            words: "put down A",
            needs: &["you hold A"],
            adds: &["your hand is empty", "A is clear", "A is on the table"],
            removes: &["you hold A"],
        },
        Rule {
            words: "stack A on B",
            needs: &["you hold A", "B is clear"],
            adds: &["your hand is empty", "A is clear", "A is on B"],
            removes: &["you hold A", "B is clear"],
        },
        Rule {
            words: "unstack A from B",
            needs: &["your hand is empty", "A is clear", "A is on B"],
            adds: &["you hold A", "B is clear"],
            removes: &["your hand is empty", "A is clear", "A is on B"],
        },
    ],
};

/// Returns an instance with these blocks. The goal says which of them stand on which.
pub fn draw(blocks: Vec<&'static str>, random: &mut Random) -> Instance {
    let before = towers(&blocks, STACKED, random);
    let after = towers(&blocks, WANTED, random);
    let place = |(block, below): &(&str, Option<&str>)| match below {
        Some(below) => format!("{block} is on {below}"),
        None => format!("{block} is on the table"),
    };
    let is_clear = |block: &&&str| before.iter().all(|(_, below)| *below != Some(**block));
    let clear = blocks.iter().filter(is_clear);
    let clear = clear.map(|block| format!("{block} is clear"));
    let hand = ["your hand is empty".to_string()];
    Instance {
        start: before.iter().map(place).chain(clear).chain(hand).collect(),
        goal: after
            .iter()
            .filter(|(_, below)| below.is_some())
            .map(place)
            .collect(),
        things: vec![blocks],
    }
}

/// Returns the blocks in random towers, each with the block below it, from the bottom to the top.
fn towers(
    blocks: &[&'static str],
    stacked: f64,
    random: &mut Random,
) -> Vec<(&'static str, Option<&'static str>)> {
    let mut order = blocks.to_vec();
    random.shuffle(&mut order);
    let mut below = None;
    let mut towers = Vec::new();
    for block in order {
        towers.push((block, below.filter(|_| random.chance(stacked))));
        below = Some(block);
    }
    towers
}
