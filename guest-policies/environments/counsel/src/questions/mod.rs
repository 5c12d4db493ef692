//! Mode `questions`: questions over one to three relations of made-up things. An archive is
//! free but incomplete, advisers charge and are not all to be trusted, and people tell in
//! dialogues what they know.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::options::Options;
use crate::seed;
use crate::stream::{Sitting, Stream};
use memloom_sdk::generated::Address;

pub mod adviser;
pub mod archive;
pub mod chain;
pub mod choices;
pub mod kind;
pub mod knowledge;
pub mod plan;
pub mod relation;
pub mod talk;
pub mod task;
pub mod world;

use choices::Choices;
use plan::Planner;
use talk::Talk;
use task::Question;
use world::World;

/// Generates the sessions of an episode: a task, a dialogue and two tasks in turn.
#[must_use]
pub fn stream(options: &Options, address: &Address) -> Stream {
    let options = Rc::new(options.clone());
    let world = Rc::new(World::new(&options, address));
    let mut random = seed::sessions(options.seed, address);
    let mut planner = Planner::new(options.clone(), world.clone());
    let mut talk = Talk::new(world.clone(), &mut random);
    let mut prepared = VecDeque::new();
    let mut sittings = Vec::new();
    for session in 1..=address.sessions {
        if session % 4 == 2 {
            let opinions = talk.opinions();
            for opinion in opinions.iter().filter(|opinion| opinion.trusted) {
                planner.trust(session, opinion.domain);
            }
            let mut facts = Vec::new();
            for _ in 0..2 {
                let (draft, told) = planner.prepare(session, &mut random);
                prepared.push_back(draft);
                facts.extend(told);
            }
            let lines = talk.lines(&facts, &opinions, options.turns, &mut random);
            sittings.push(Sitting::Talk(lines));
            continue;
        }
        let draft = match prepared.pop_front() {
            Some(draft) => draft,
            None if session == 1 => planner.first(&mut random),
            None => planner.recall(&mut random),
        };
        let plan = planner.ask(session, &draft);
        sittings.push(Sitting::Task(Box::new(Question {
            choices: Choices::new(&options, &world, &draft.chain, &mut random),
            options: options.clone(),
            world: world.clone(),
            chain: draft.chain,
            sessions: plan.sessions,
            steps: plan.actions + options.slack,
        })));
    }
    Stream {
        speakers: talk.speakers().to_vec(),
        sittings,
    }
}

#[cfg(test)]
mod tests;
