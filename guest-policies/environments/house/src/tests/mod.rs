#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use memloom_sdk::random::Random;
use memloom_sdk::types::Task;

use super::*;

mod acting;
mod episodes;
mod houses;
mod rules;

/// Options with which every kind of session and every rule comes up.
const EVERYTHING: &str = r#"{"mix": ["report", "find", "hunt", "tidy", "cook", "craft", "recall"],
    "sessions": 15, "drift": 0.3}"#;

fn opened(options: &str, split: &str, index: u64) -> House {
    let mut house = House::default();
    house.load(vec![], options).unwrap();
    house.open(split, index, 0).unwrap();
    house
}

fn task(content: SessionContent) -> Option<Task> {
    match content {
        SessionContent::Task(task) => Some(task),
        SessionContent::Dialogue(_) => None,
    }
}

fn score(house: &House, question: &str, text: &str) -> Score {
    let answer = Answer {
        text: text.into(),
        citations: vec![],
    };
    house.score(question, &answer).unwrap()
}

/// Plays the sessions with random actions or a demonstrator's, and returns all that it saw.
fn play(house: &mut House, sessions: std::ops::RangeInclusive<u32>, way: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut random = Random::new(u64::from(*sessions.start()));
    for session in sessions {
        let content = house.session(session).unwrap();
        seen.push(format!("{content:?}"));
        let Some(task) = task(content) else { continue };
        let mut actions = task.actions;
        loop {
            let different: BTreeSet<&String> = actions.iter().collect();
            assert!(different.len() == actions.len() && actions.len() <= 1024);
            let action = match way {
                "random" => random.pick(&actions).unwrap().clone(),
                _ => house.advise(way, 3).unwrap(),
            };
            let observation = house.act(&action).unwrap();
            seen.push(format!("{action} {observation:?}"));
            if observation.done {
                break;
            }
            actions = observation.actions;
        }
    }
    seen
}

#[test]
fn an_episode_says_what_it_is() {
    let mut house = opened("{}", "train", 0);
    let episode = house.open("validation", 17, 0).unwrap();
    assert_eq!(episode.id, "validation/17");
    assert_eq!(episode.sessions, 6);
    assert_eq!(episode.speakers, ["Clara", "Hugo"]);
    assert!(house.open("held-out", u64::MAX, 1).is_ok());
}

#[test]
fn what_does_not_exist_is_named() {
    let mut house = opened("{}", "train", 0);
    assert_eq!(
        house.session(7),
        Err(Error::Unknown(
            "the episode has no session 7: it has 1 to 6".into()
        ))
    );
    assert!(matches!(house.session(0), Err(Error::Unknown(_))));
    assert!(matches!(house.open("test", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(
        house.open("train", 0, 1001),
        Err(Error::Invalid(_))
    ));
    house.session(1).unwrap();
    for refusal in [
        house.advise("nobody", 0).err(),
        house.demonstrate("nobody", 1, 0).err(),
        house.demonstrate("expert", 7, 0).err(),
    ] {
        assert!(matches!(refusal, Some(Error::Unknown(_))));
    }
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    assert!(matches!(
        house.score("task-9", &silent),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(
        House::default().questions(),
        Err(Error::Invalid(_))
    ));
}

#[test]
fn files_are_refused() {
    let file = DataFile {
        name: "house.json".into(),
        bytes: vec![],
    };
    let refused = House::default().load(vec![file], "{}");
    assert_eq!(
        refused,
        Err(Error::Invalid(
            "house generates its episodes and reads no file: remove `house.json`".into()
        ))
    );
}
