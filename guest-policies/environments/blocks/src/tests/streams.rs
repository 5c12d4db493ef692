//! Episodes of several tasks.

use std::collections::BTreeSet;

use super::*;

fn instructions(blocks: &mut Blocks) -> Vec<String> {
    let sessions = 1..=blocks.questions().unwrap().len() as u32;
    sessions
        .map(|session| task(blocks, session).instruction)
        .collect()
}

#[test]
fn orders_have_the_same_tasks() {
    for index in 0..5 {
        let tasks = |order: &str| {
            let options = format!(r#"{{"order": {order}, "tasks": 12}}"#);
            instructions(&mut opened(&options, index))
        };
        let goals = |tasks: &[String]| -> Vec<usize> {
            let lines = tasks.iter().filter_map(|task| task.lines().next());
            lines.map(|goal| goal.matches('.').count()).collect()
        };
        let given = tasks(r#""given""#);
        let easy = tasks(r#""easy-first""#);
        let hard = tasks(r#""hard-first""#);
        assert!(goals(&easy).is_sorted());
        assert!(goals(&hard).is_sorted_by(|one, two| one >= two));
        let [first, second] = ["1", "2"].map(tasks);
        assert!(first != second && first != given && first == tasks("1"));
        let sorted = |mut tasks: Vec<String>| {
            tasks.sort();
            tasks
        };
        let set = sorted(given);
        for other in [easy, hard, first, second] {
            assert_eq!(sorted(other), set);
        }
    }
}

#[test]
fn some_tasks_of_a_stream_are_the_same_and_not_all() {
    let (mut distinct, mut all) = (0, 0);
    for index in 0..20 {
        let tasks = instructions(&mut opened(r#"{"tasks": 8}"#, index));
        all += tasks.len();
        distinct += tasks.into_iter().collect::<BTreeSet<_>>().len();
    }
    assert!((60..80).contains(&distinct) && all == 160, "{distinct}");
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    let mut blocks = opened(r#"{"tasks": 5}"#, 1);
    let whole = instructions(&mut blocks);
    assert_eq!(blocks.open("train", 1, 2).unwrap().sessions, 2);
    assert_eq!(instructions(&mut blocks), whole[..2]);
    assert_eq!(blocks.open("train", 1, 99).unwrap().sessions, 5);
}

#[test]
fn a_task_that_is_read_again_begins_anew_and_undoes_later_ones() {
    let mut blocks = opened(r#"{"tasks": 2}"#, 0);
    for session in [1, 2] {
        task(&mut blocks, session);
        follow(&mut blocks, "expert", 1);
        assert_eq!(score(&blocks, session).reward, 1.0);
    }
    task(&mut blocks, 1);
    assert_eq!(
        [1, 2].map(|session| score(&blocks, session).reward),
        [0.0; 2]
    );
}

#[test]
fn splits_share_no_problem_whatever_the_world_and_size() {
    for world in ["blocksworld", "gripper"] {
        let options = format!(r#"{{"world": "{world}", "size": [2, 2], "tasks": 200}}"#);
        let mut blocks = Blocks::default();
        blocks.load(vec![], &options).unwrap();
        let mut of = |split: &str| -> BTreeSet<String> {
            blocks.open(split, 0, 0).unwrap();
            instructions(&mut blocks).into_iter().collect()
        };
        let [train, validation, held_out] = ["train", "validation", "held-out"].map(&mut of);
        assert!(train.len() > 30 && validation.len() > 30 && held_out.len() > 30);
        assert!(train.is_disjoint(&validation) && train.is_disjoint(&held_out));
        assert!(validation.is_disjoint(&held_out));
    }
}

#[test]
fn no_goal_holds_at_the_start_and_none_is_missing() {
    for world in ["blocksworld", "gripper"] {
        let options = format!(r#"{{"world": "{world}", "size": [2, 6], "tasks": 60}}"#);
        for task in instructions(&mut opened(&options, 0)) {
            let mut lines = task.lines();
            let (goal, start) = (lines.next().unwrap(), lines.next().unwrap());
            assert!(!goal.is_empty());
            for fact in goal.split_inclusive('.').map(str::trim) {
                assert!(!start.contains(fact), "{task}");
            }
        }
    }
}

#[test]
fn episodes_differ_by_seed_split_and_index_and_repeat_to_the_byte() {
    let mut seen = BTreeSet::new();
    for options in ["{}", r#"{"seed": 2}"#] {
        for split in ["train", "validation", "held-out"] {
            for index in [0, 1, u64::MAX] {
                let told = || {
                    let mut blocks = opened(options, 0);
                    blocks.open(split, index, 0).unwrap();
                    let told = task(&mut blocks, 1).instruction;
                    let acts = follow(&mut blocks, "demonstrator", 3);
                    let acts: Vec<String> = acts.into_iter().map(|(act, _)| act).collect();
                    (told, acts, blocks.snapshot())
                };
                assert_eq!(told(), told());
                assert!(seen.insert(told()));
            }
        }
    }
}
