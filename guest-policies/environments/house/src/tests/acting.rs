//! Actions, scores and demonstrators.

use std::collections::BTreeSet;

use memloom_sdk::random::Random;

use super::*;

#[test]
fn no_words_panic() {
    let mut random = Random::new(2);
    let words = [
        "take",
        "put",
        "go",
        "to",
        "in",
        "on",
        "with",
        "from",
        "open",
        "unlock",
        "cook",
        "answer",
        "the",
        "",
        "北",
        "\u{0}",
        "a",
        "done!",
        "red",
        "box",
        "18446744073709551616",
    ];
    for options in [EVERYTHING, r#"{"actions": "open"}"#] {
        let mut house = opened(options, "train", 0);
        let mut acts = 0;
        for session in (1..=5).cycle() {
            if acts >= 1000 {
                break;
            }
            house.session(session).unwrap();
            for _ in 0..40 {
                let count = random.below(6);
                let picked = (0..count).filter_map(|_| random.pick(&words).copied());
                let action = picked.collect::<Vec<_>>().join(" ");
                acts += 1;
                let (Ok(_) | Err(Error::Invalid(_) | Error::Unsupported(_))) = house.act(&action)
                else {
                    panic!("{action}");
                };
            }
        }
    }
}

#[test]
fn what_is_not_understood_is_a_step() {
    let mut house = opened("{}", "train", 0);
    let steps = task(house.session(1).unwrap()).unwrap().steps;
    for _ in 1..steps {
        let seen = house.act("").unwrap();
        assert_eq!(seen.text, "you do not understand that.");
        assert!(!seen.done && !seen.actions.is_empty());
    }
    let last = house.act(&"look ".repeat(13_107)).unwrap();
    assert_eq!(last.text, "you do not understand that. the task is over.");
    assert!(last.done && last.actions.is_empty());
    let refused = ("refused".to_string(), steps as f32);
    assert_eq!(score(&house, "task-1", "").metrics[3], refused);
}

#[test]
fn acting_outside_a_task_is_refused() {
    let mut house = opened(r#"{"mix": ["report", "find"]}"#, "train", 1);
    let acts = |house: &mut House| [house.act("look").err(), house.advise("expert", 0).err()];
    let unread = Error::Unsupported("no session of house was read: read a task first".into());
    assert_eq!(acts(&mut house), [Some(unread.clone()), Some(unread)]);
    let dialogue = (2..=3)
        .find(|&session| task(house.session(session).unwrap()).is_none())
        .unwrap();
    house.session(dialogue).unwrap();
    let talk = Error::Unsupported(format!(
        "session {dialogue} of house is a dialogue: act in a task"
    ));
    assert_eq!(acts(&mut house), [Some(talk.clone()), Some(talk)]);
    house.session(1).unwrap();
    assert!(house.act("done").unwrap().done);
    let over =
        Error::Invalid("the task of session 1 of house is over: read the next session".into());
    assert_eq!(acts(&mut house), [Some(over.clone()), Some(over)]);
}

#[test]
fn scores_are_known_once_a_task_was_lived() {
    let mut house = opened(EVERYTHING, "train", 2);
    for question in house.questions().unwrap() {
        assert_eq!(score(&house, &question.id, "").reward, 0.0);
    }
    play(&mut house, 1..=15, "expert");
    for question in house.questions().unwrap() {
        let score = score(&house, &question.id, "nothing at all");
        assert_eq!(score.reward, f32::from(question.text.is_empty()));
        let names: Vec<&str> = score
            .metrics
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["success", "acts", "return", "refused"]);
    }
}

#[test]
fn rewards_add_up_to_the_score() {
    for way in ["random", "demonstrator", "expert"] {
        let mut house = opened(EVERYTHING, "held-out", 1);
        for session in 1..=15 {
            let Some(task) = task(house.session(session).unwrap()) else {
                continue;
            };
            let mut actions = task.actions;
            let mut sum = 0.0;
            while let Some(first) = actions.first() {
                let action = match way {
                    "random" => actions[usize::try_from(session).unwrap() % actions.len()].clone(),
                    _ => house.advise(way, 1).unwrap(),
                };
                assert!(!first.is_empty());
                let seen = house.act(&action).unwrap();
                sum += seen.reward;
                actions = seen.actions;
            }
            let score = score(&house, &format!("task-{session}"), "");
            assert!((score.reward - sum).abs() < 1e-5);
            assert!((score.metrics[2].1 - sum).abs() < 1e-5);
        }
    }
}

#[test]
fn questions_in_words_are_answered_from_what_happened() {
    let mut house = opened(EVERYTHING, "train", 2);
    play(&mut house, 1..=15, "expert");
    let open = house.open.as_ref().unwrap();
    let lived = open.lived.last().unwrap();
    let mut asked = 0;
    for (number, query) in (1..).zip(&open.script.queries) {
        let gold = query
            .asked
            .answer(&open.house, &lived.mind, |it| lived.mind.place(it))
            .unwrap();
        let id = format!("recall-{number}");
        assert_eq!(score(&house, &id, &gold.text(&open.house)).reward, 1.0);
        assert!(score(&house, &id, "red").reward < 1.0);
        asked += 1;
    }
    assert_eq!(asked, 3);
}

#[test]
fn the_expert_keeps_what_later_tasks_need() {
    let (mut kept, mut turns) = (0, 0);
    for index in 0..20 {
        let mut house = opened("{}", "train", index);
        let needed: BTreeSet<String> = house
            .questions()
            .unwrap()
            .into_iter()
            .flat_map(|question| question.evidence)
            .collect();
        for session in 1..=6 {
            let SessionContent::Dialogue(dialogue) = house.session(session).unwrap() else {
                assert_eq!(house.demonstrate("everything", session, 0), Ok(vec![]));
                continue;
            };
            let hints = house.demonstrate("expert", session, 0).unwrap();
            assert!(hints.iter().all(|hint| needed.contains(&hint.turn)));
            kept += hints.len();
            turns += dialogue.turns.len();
            let all = house.demonstrate("everything", session, 0).unwrap();
            assert_eq!(all.len(), dialogue.turns.len());
            assert_eq!(house.demonstrate("nothing", session, 0), Ok(vec![]));
        }
    }
    assert!(kept > 5 && turns > 4 * kept, "{kept} of {turns}");
}

#[test]
fn advice_is_among_the_listed_actions() {
    for way in ["demonstrator", "expert", "nothing"] {
        for index in 0..120 {
            let mut house = opened(
                r#"{"mix": ["report", "find"], "sessions": 5}"#,
                "train",
                index,
            );
            for session in 1..=5 {
                house.session(session).unwrap();
            }
            for session in 1..=5 {
                let Some(task) = task(house.session(session).unwrap()) else {
                    continue;
                };
                let (mut actions, mut done) = (task.actions, false);
                while !done {
                    let action = house.advise(way, index).unwrap();
                    assert!(
                        actions.contains(&action),
                        "{way}, train/{index}, session {session}: {action} is not in {actions:?}"
                    );
                    let seen = house.act(&action).unwrap();
                    (actions, done) = (seen.actions, seen.done);
                }
            }
        }
    }
}
