//! Forks of the real guests are in the state that the same operations lead to without forks.
#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_runtime::types::{Moment, Operation};
use memloom_runtime::{
    AgentParts, Bank, DemonstrationModel, Episode, Error, ForkPoint, Limits, Sandbox,
};
use memloom_tests::component;
use proptest::prelude::*;

/// An action on one of the live banks.
#[derive(Clone, Debug)]
enum Act {
    Insert(u8),
    Update(u8, u8),
    Delete(u8),
    EndSession,
    Fork,
    Drop,
}

fn act() -> impl Strategy<Value = (usize, Act)> {
    let act = prop_oneof![
        4 => any::<u8>().prop_map(Act::Insert),
        2 => (1..30u8, any::<u8>()).prop_map(|(id, text)| Act::Update(id, text)),
        2 => (1..30u8).prop_map(Act::Delete),
        1 => Just(Act::EndSession),
        2 => Just(Act::Fork),
        1 => Just(Act::Drop),
    ];
    (0..100usize, act)
}

fn apply(bank: &mut Bank, act: &Act) {
    let at = Moment {
        session: 1,
        time: "3 May".into(),
    };
    // Long enough that the guest's memory grows.
    let text = |seed: u8| format!("fact {seed} ").repeat(1 + usize::from(seed) * 4);
    let operation = match *act {
        Act::Insert(seed) => Operation::insert(text(seed), "Ann", vec![format!("D1:{seed}")]),
        Act::Update(id, seed) => {
            let turn = format!("D1:{seed}");
            Operation::update(format!("m{id}"), text(seed), vec![turn])
        }
        Act::Delete(id) => Operation::Delete(format!("m{id}")),
        Act::EndSession => return bank.end_session(&at).unwrap(),
        Act::Fork | Act::Drop => return,
    };
    bank.apply(&at, &[operation]).unwrap().clear();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_fork_is_in_the_state_that_its_history_leads_to(acts in prop::collection::vec(act(), 1..80)) {
        let sandbox = Sandbox::new(Limits::default()).unwrap();
        let component = sandbox.bank(component("flat")).unwrap();
        prop_assert_eq!(sandbox.inspect(memloom_tests::component("flat")).unwrap().fork_obstacle, None);
        let mut alive = vec![(component.instantiate().unwrap(), Vec::new())];
        for (place, act) in acts {
            let place = place % alive.len();
            match act {
                Act::Fork => {
                    let (bank, history) = &mut alive[place];
                    let fork = (bank.fork().unwrap(), history.clone());
                    alive.push(fork);
                }
                Act::Drop if alive.len() > 1 => drop(alive.swap_remove(place)),
                act => {
                    let (bank, history) = &mut alive[place];
                    apply(bank, &act);
                    history.push(act);
                }
            }
        }
        for (mut bank, history) in alive {
            let mut again = component.instantiate().unwrap();
            history.iter().for_each(|act| apply(&mut again, act));
            prop_assert_eq!(bank.snapshot().unwrap(), again.snapshot().unwrap());
            let at = |bank: &mut Bank| bank.entries().unwrap();
            prop_assert_eq!(at(&mut bank), at(&mut again));
        }
    }
}

const SESSIONS: u32 = 6;

fn live(policy: &str) -> Result<(AgentParts, Sandbox, ForkPoint), Error> {
    let sandbox = Sandbox::new(Limits::default())?;
    let mut environment = sandbox.environment(component("chronicle"))?.instantiate()?;
    environment.load(&[], "{}")?;
    let parts = AgentParts {
        bank: sandbox.bank(component("flat"))?,
        policy: sandbox.policy(component(policy))?,
        policy_options: "{}".into(),
        lexicon: environment.describe()?.lexicon,
    };
    let mut start = Episode::start(&parts, environment, Box::new(DemonstrationModel))?;
    start.open("train", 5, SESSIONS)?;
    let point = start.fork_point()?;
    Ok((parts, sandbox, point))
}

fn observe(episode: &mut Episode, session: u32) {
    episode.observe(session, Some(("demonstrator", 7))).unwrap();
}

/// Returns the names of the states after every session, and the answers at the end.
fn rest(mut episode: Episode, from: u32) -> (Vec<String>, Vec<String>) {
    let mut states = vec![episode.snapshot().unwrap().name()];
    for session in from..=SESSIONS {
        observe(&mut episode, session);
        states.push(episode.snapshot().unwrap().name());
    }
    let questions = episode.questions().unwrap();
    let answers = questions.iter().map(|question| {
        let answer = episode.answer(question).unwrap();
        let score = episode.score(question, &answer).unwrap();
        format!("{} {}", answer.text, score.reward)
    });
    let answers = answers.collect();
    (states, answers)
}

#[test]
fn an_episode_that_is_forked_at_every_session_ends_as_one_that_is_not() {
    for policy in ["selector", "memory-r2"] {
        let (parts, sandbox, point) = live(policy).unwrap();
        let environment = sandbox.environment(component("chronicle")).unwrap();
        let model = || Box::new(DemonstrationModel);
        let (states, answers) = rest(point.fork(model()).unwrap(), 1);
        assert_ne!(states.first(), states.last());
        let mut moving = point.fork(model()).unwrap();
        for session in 1..=SESSIONS {
            let place = session as usize - 1;
            let snapshot = moving.snapshot().unwrap();
            let stored = Episode::resume(&parts, &environment, &snapshot, model()).unwrap();
            let (point, first) = (moving.fork_point().unwrap(), moving.fork(model()).unwrap());
            observe(&mut moving, session);
            for episode in [first, point.fork(model()).unwrap(), stored] {
                let (later, same) = rest(episode, session);
                assert_eq!(later, states[place..]);
                assert_eq!(same, answers);
            }
            // The episode has gone on; the point must not have moved.
            moving = {
                let mut again = point.fork(model()).unwrap();
                observe(&mut again, session);
                again
            };
        }
    }
}

#[test]
fn a_thousand_forks_live_side_by_side() {
    let (_, _, point) = live("selector").unwrap();
    let mut forks: Vec<Episode> = (0..1000)
        .map(|_| point.fork(Box::new(DemonstrationModel)).unwrap())
        .collect();
    for (number, fork) in forks.iter_mut().enumerate() {
        if number % 2 == 0 {
            observe(fork, 1);
        }
    }
    let mut name = |number: usize| forks[number].snapshot().unwrap().name();
    let (seen, new) = (name(0), name(1));
    assert_ne!(seen, new);
    for number in 2..1000 {
        assert_eq!(name(number), if number % 2 == 0 { &*seen } else { &*new });
    }
}
