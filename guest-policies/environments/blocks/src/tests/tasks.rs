//! Tasks as they are acted in.

use super::*;

const LISTED: &str = r#"{"feedback": "valid-actions"}"#;
const WORLDS: [&str; 2] = ["blocksworld", "gripper"];

#[test]
fn a_task_says_goal_and_start_and_where_nothing_is_listed_how_to_act() {
    let mut open = opened(r#"{"size": [3, 3]}"#, 1);
    let task_of_open = task(&mut open, 1);
    let lines: Vec<&str> = task_of_open.instruction.lines().collect();
    let [goal, start, forms] = lines[..] else {
        panic!("{lines:?}");
    };
    assert!(goal.contains(" is on ") && start.ends_with("your hand is empty."));
    assert_eq!(
        forms,
        "Make all of the first line true. You can say: pick up A; put down A; stack A on B; unstack \
         A from B; check valid actions. A capital letter stands for a name. You have 30 steps."
    );
    assert_eq!((task_of_open.steps, task_of_open.actions.len()), (30, 0));
    let mut listed = opened(r#"{"size": [3, 3], "feedback": "valid-actions"}"#, 1);
    let listed = task(&mut listed, 1);
    assert_eq!(listed.instruction, format!("{goal}\n{start}"));
    assert!(!listed.actions.is_empty());
}

#[test]
fn every_listed_action_is_possible_and_no_other() {
    for world in WORLDS {
        let options = format!(r#"{{"feedback": "valid-actions", "world": "{world}"}}"#);
        for index in 0..5 {
            let mut blocks = opened(&options, index);
            let mut actions = task(&mut blocks, 1).actions;
            loop {
                let before = blocks.snapshot();
                let all: Vec<String> = {
                    let open = blocks.open.as_ref().unwrap();
                    let ground = stream::made_up(&blocks.options, open.address.split, index);
                    let ground = ground[0].ground();
                    ground.acts.into_iter().map(|act| act.words).collect()
                };
                for action in all {
                    let seen = blocks.act(&action).unwrap().text;
                    let is_possible = !seen.starts_with("that needs: ");
                    assert_eq!(is_possible, actions.contains(&action), "{action}");
                    blocks.restore(&before).unwrap();
                }
                let advice = blocks.advise("expert", 1).unwrap();
                assert!(actions.contains(&advice));
                let seen = blocks.act(&advice).unwrap();
                if seen.done {
                    break;
                }
                actions = seen.actions;
            }
        }
    }
}

#[test]
fn e_the_rewards_of_steps_add_up_to_the_best_progress_whoever_acts() {
    for world in WORLDS {
        let options = format!(r#"{{"world": "{world}", "steps": 20}}"#);
        for who in ["expert", "everything", "demonstrator", "nothing"] {
            for index in 0..10 {
                let mut blocks = opened(&options, index);
                task(&mut blocks, 1);
                let seen = follow(&mut blocks, who, index);
                let rewards = seen.iter().map(|(_, seen)| seen.reward);
                assert!(rewards.clone().all(|reward| reward >= 0.0));
                let sum: f32 = rewards.sum();
                let progress = metric(&blocks, 1, "return");
                assert!((sum - progress).abs() < 1e-5, "{sum} {progress}");
                assert_eq!(score(&blocks, 1).reward, progress);
                assert_eq!(metric(&blocks, 1, "acts"), seen.len() as f32);
            }
        }
    }
}

#[test]
fn a_task_is_done_with_its_goal_and_over_after_its_steps() {
    let mut blocks = opened(LISTED, 3);
    task(&mut blocks, 1);
    let seen = follow(&mut blocks, "expert", 1);
    let last = &seen.last().unwrap().1;
    assert!(last.text.ends_with(" the task is done.") && last.actions.is_empty());
    assert_eq!(
        (score(&blocks, 1).reward, metric(&blocks, 1, "success")),
        (1.0, 1.0)
    );
    let over = "blocks: the task of session 1 is over: read a session to go on";
    assert_eq!(blocks.act("pick up red"), Err(Error::Invalid(over.into())));
    assert_eq!(blocks.advise("expert", 1), Err(Error::Invalid(over.into())));
    task(&mut blocks, 1);
    assert_eq!(score(&blocks, 1).reward, 0.0);
    let seen = follow(&mut blocks, "nothing", 1);
    assert_eq!(seen.len(), 30);
    assert!(seen.last().unwrap().1.text.ends_with(" the task is over."));
    assert_eq!(metric(&blocks, 1, "success"), 0.0);
}

#[test]
fn d_a_move_that_is_refused_costs_a_step_and_leaves_the_world_as_it_is() {
    let mut blocks = opened("{}", 4);
    task(&mut blocks, 1);
    let state = |blocks: &Blocks| blocks.advise("expert", 1).unwrap();
    let before = state(&blocks);
    for action in [
        "pick up pink",
        "",
        "pick up red and blue",
        "stack red on red",
    ] {
        let seen = blocks.act(action).unwrap();
        assert_eq!(seen.text, "that is no action: say check valid actions.");
        assert_eq!((seen.reward, seen.done), (0.0, false));
    }
    assert_eq!(metric(&blocks, 1, "refused"), 4.0);
    assert_eq!(state(&blocks), before);
    let seen = blocks.act("check valid actions").unwrap();
    assert!(seen.text.starts_with("you can: ") && seen.text.contains(&before));
    assert_eq!(
        (metric(&blocks, 1, "refused"), metric(&blocks, 1, "acts")),
        (4.0, 5.0)
    );
}

#[test]
fn advice_begins_with_the_goal_that_it_serves_where_that_is_asked_for() {
    let [mut plain, mut with] = ["{}", r#"{"subgoals": true}"#].map(|it| opened(it, 6));
    let instruction = task(&mut with, 1).instruction;
    task(&mut plain, 1);
    let goal = instruction.lines().next().unwrap().to_string();
    let with = follow(&mut with, "expert", 1);
    let plain = follow(&mut plain, "expert", 1);
    assert_eq!(with.len(), plain.len());
    for ((advice, seen), (action, same)) in with.iter().zip(&plain) {
        let (subgoal, act) = advice.split_once('\n').unwrap();
        assert_eq!((act, seen), (&**action, same));
        assert!(
            goal.contains(subgoal) && subgoal.ends_with('.'),
            "{subgoal}"
        );
    }
}
