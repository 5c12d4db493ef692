//! Tasks whose actions are listed.

use super::*;

/// Follows a demonstrator, and returns the actions that were listed before each act.
fn listings(quest: &mut Quest, session: u32, demonstrator: &str) -> Vec<Vec<String>> {
    let mut listed = vec![task(quest, session).actions];
    loop {
        let action = quest.advise(demonstrator, 1).unwrap();
        assert!(listed.last().unwrap().contains(&action), "{action}");
        let seen = quest.act(&action).unwrap();
        if seen.done {
            assert!(seen.actions.is_empty());
            return listed;
        }
        listed.push(seen.actions);
    }
}

#[test]
fn advice_is_among_the_actions_that_are_listed() {
    for objectives in 1..=3 {
        let options = format!(
            r#"{{"actions": "listed", "tasks": 20, "turns": 8, "objectives": {objectives}}}"#
        );
        let mut quest = opened(&options);
        for session in 1..=20 {
            for demonstrator in ["expert", "everything", "demonstrator", "nothing"] {
                for listed in listings(&mut quest, session, demonstrator) {
                    assert!(listed.len() <= 1024);
                    let mut distinct = listed.clone();
                    distinct.sort();
                    distinct.dedup();
                    assert_eq!(distinct.len(), listed.len());
                }
            }
        }
    }
}

#[test]
fn at_first_the_names_of_the_question_can_be_searched_for_and_at_last_nothing() {
    let mut quest = opened(r#"{"actions": "listed", "objectives": 1, "turns": 2}"#);
    let task = task(&mut quest, 1);
    let [search, unknown] = &task.actions[..] else {
        panic!("{:?}", task.actions);
    };
    let words = search.strip_prefix("search: ").unwrap();
    assert!(task.instruction.contains(words), "{words}");
    assert_eq!(unknown, "answer: unknown");
    let last = quest.act(search).unwrap().actions;
    assert!(last.iter().all(|action| action.starts_with("answer: ")));
}

#[test]
fn answers_to_two_questions_are_listed_together() {
    let mut quest = opened(r#"{"actions": "listed"}"#);
    let listed = listings(&mut quest, 1, "expert");
    let of = |listed: &[String]| {
        listed
            .iter()
            .filter(|it| it.starts_with("answer: "))
            .count()
    };
    assert_eq!(of(&listed[0]), 1);
    let last = listed.last().unwrap();
    assert!(of(last) >= 4);
    assert!(last.contains(&"answer: unknown; unknown".into()));
}
