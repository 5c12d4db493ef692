#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use super::*;
use crate::stream::Task;
use crate::visit::Visit;

fn game(slack: u32) -> (Game, Visit) {
    let game = Game::new([4, 9, 10, 13], slack);
    let visit = game.begin();
    (game, visit)
}

#[test]
fn steps_are_checked() {
    let (game, mut visit) = game(9);
    let mut say = |action: &str| visit.act(&game, action).0;
    for wrong in [
        "step 4 + 4",
        "step 10 / 0",
        "step 9",
        "step",
        "step 4 ^ 9",
        "step 4 ++ 9",
        "step 13 - 9 =",
        "step 13 - 9 = four",
        "step 13 - 9 = 4 5",
    ] {
        assert_eq!(say(wrong), "This is no step. Left: 4 9 10 13.", "{wrong}");
    }
    let wrong = "This is wrong, it makes 4. Left: 4 9 10 13.";
    assert_eq!(say("step 13 - 9 = 5"), wrong);
    assert_eq!(say("step 9 - 13"), "This makes -4. Left: 4 10 -4.");
    assert_eq!(say("step 4 / -4"), "This makes -1. Left: 10 -1.");
    assert!(
        say("step 10 * -1").starts_with("This makes -10. Left: -10. You have no actions left.")
    );
}

#[test]
fn a_step_may_tell_its_result() {
    let (game, mut visit) = game(6);
    let said = visit.act(&game, "step 13 - 9 = 4").0;
    assert_eq!(said, "This makes 4. Left: 4 10 4.");
}

#[test]
fn an_answer_uses_each_number_once() {
    for (answer, reply, worth) in [
        ("(10 - 4) * (13 - 9)", "This makes 24.", 1.0),
        ("24", "This does not use the numbers.", 0.0),
        ("(10-4)*(13-9)*4/4", "This does not use the numbers.", 0.0),
        ("4 * 9 - 10 - 13", "This makes 13.", 0.0),
        ("(10 - 4) * (13 - 9", "This is no expression.", 0.0),
    ] {
        let (game, mut visit) = game(6);
        let (text, reward) = visit.act(&game, &format!("answer {answer}"));
        assert!(visit.over);
        assert_eq!(reward, worth);
        let (said, solution) = text.split_once(" A solution is ").unwrap();
        assert_eq!(said, reply);
        let (value, numbers) = expression::evaluate(solution.trim_end_matches('.')).unwrap();
        assert_eq!(
            (value.to_string().as_str(), numbers),
            ("24", vec![4, 9, 10, 13])
        );
    }
}

#[test]
fn splits_share_no_puzzles() {
    let puzzles = |split| -> BTreeSet<[i64; 4]> {
        let mut random = Random::new(1);
        (0..100).map(|_| draw(split, &mut random)).collect()
    };
    let [train, validation, held_out] = Split::ALL.map(puzzles);
    assert!(train.len() > 50 && train.is_disjoint(&validation));
    assert!(held_out.is_disjoint(&train) && held_out.is_disjoint(&validation));
}
