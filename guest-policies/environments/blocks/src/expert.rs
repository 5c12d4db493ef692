//! The expert: a shortest plan, by breadth-first search.

use std::collections::{BTreeMap, VecDeque};

use crate::ground::{Facts, Ground};

/// Returns the numbers of the actions of a shortest plan to the goal; none if there is no plan.
///
/// Among shortest plans it is the one whose actions are listed first, so that the plan after its
/// first action is its rest.
#[must_use]
pub fn plan(ground: &Ground, state: Facts) -> Option<Vec<usize>> {
    // Each state that was reached, with the state before it and the action between them.
    let mut reached: BTreeMap<Facts, Option<(Facts, usize)>> = BTreeMap::from([(state, None)]);
    let mut open = VecDeque::from([state]);
    while let Some(state) = open.pop_front() {
        if state & ground.goal == ground.goal {
            return Some(actions(&reached, state));
        }
        for (number, act) in ground.acts.iter().enumerate() {
            let after = act.after(state);
            if let Some(after) = after.filter(|after| !reached.contains_key(after)) {
                reached.insert(after, Some((state, number)));
                open.push_back(after);
            }
        }
    }
    None
}

/// Returns the actions that led to a state.
fn actions(reached: &BTreeMap<Facts, Option<(Facts, usize)>>, mut state: Facts) -> Vec<usize> {
    let mut actions = Vec::new();
    while let Some(Some((before, number))) = reached.get(&state) {
        actions.push(*number);
        state = *before;
    }
    actions.reverse();
    actions
}

/// Returns the sentence of the goal that a plan makes true, and leaves true, first. None if there is
/// nothing left to do.
#[must_use]
pub fn subgoal(ground: &Ground, mut state: Facts, plan: &[usize]) -> Option<String> {
    let mut states = vec![state];
    for number in plan {
        state = ground.acts.get(*number)?.after(state)?;
        states.push(state);
    }
    // Backwards from the end, the facts that have held ever since.
    let mut held = ground.goal;
    let mut first = 0;
    for state in states.into_iter().rev() {
        let lost = held & !state;
        if lost != 0 {
            first = lost;
        }
        held &= state;
    }
    ground.sentences(first).next()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use memloom_sdk::generated::Split;
    use memloom_sdk::random::Random;

    use super::*;
    use crate::course::{Course, Move};
    use crate::problem::Problem;
    use crate::worlds::World;

    fn problem(world: World, size: u32, seed: u64) -> Ground {
        Problem::draw(world, size, Split::Train, &mut Random::new(seed)).ground()
    }

    #[test]
    fn a_the_expert_s_plan_solves_every_tower_within_4_n_steps_and_progress_never_falls() {
        for size in 3..=6 {
            for seed in 0..25 {
                let ground = problem(World::Blocksworld, size, seed);
                let plan = plan(&ground, ground.start).unwrap();
                assert!(plan.len() <= 2 * size as usize * 2, "{} {size}", plan.len());
                let mut course = Course::after(&ground, &[]);
                for number in plan {
                    let before = course.progress(&ground);
                    course.make(&ground, Move::Act(number as u16));
                    assert!(course.progress(&ground) >= before);
                }
                assert!(course.is_complete(&ground) && course.refused == 0);
                assert_eq!(course.progress(&ground), 1.0);
            }
        }
    }

    #[test]
    fn the_plan_after_an_action_is_the_rest_of_the_plan() {
        for world in [World::Blocksworld, World::Gripper] {
            for seed in 0..10 {
                let ground = problem(world, 4, seed);
                let mut state = ground.start;
                let mut rest = plan(&ground, state).unwrap();
                while !rest.is_empty() {
                    state = ground.acts[rest.remove(0)].after(state).unwrap();
                    assert_eq!(plan(&ground, state).as_ref(), Some(&rest));
                }
                assert_eq!(subgoal(&ground, state, &[]), None);
            }
        }
    }

    #[test]
    fn each_goal_is_pursued_once_and_holds_before_the_next_one_is() {
        for world in [World::Blocksworld, World::Gripper] {
            for seed in 0..20 {
                let ground = problem(world, 5, seed);
                let plan = plan(&ground, ground.start).unwrap();
                let mut state = ground.start;
                let mut named: Vec<String> = Vec::new();
                for place in 0..plan.len() {
                    let subgoal = subgoal(&ground, state, &plan[place..]).unwrap();
                    let holds = |goal: &String| ground.sentences(state).any(|it| it == *goal);
                    assert!(!holds(&subgoal));
                    if named.last() != Some(&subgoal) {
                        assert!(named.iter().all(holds), "{named:?}");
                        named.push(subgoal);
                    }
                    state = ground.acts[plan[place]].after(state).unwrap();
                }
                assert_eq!(named.len() as u32, ground.goal.count_ones());
            }
        }
    }
}
