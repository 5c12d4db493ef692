#![allow(clippy::unwrap_used, reason = "tests")]

mod dialogues;
mod files;
mod tasks;

use super::*;
use memloom_sdk::types::{Session, Task};

/// Returns an environment with an open episode of the training split.
fn opened(options: &str) -> Scroll {
    let mut scroll = Scroll::default();
    scroll.load(vec![], options).unwrap();
    scroll.open("train", 0, 0).unwrap();
    scroll
}

fn task(scroll: &mut Scroll, session: u32) -> Task {
    match scroll.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("session {session} is a dialogue"),
    }
}

fn dialogue(scroll: &mut Scroll, session: u32) -> Session {
    match scroll.session(session).unwrap() {
        SessionContent::Dialogue(session) => session,
        SessionContent::Task(_) => panic!("session {session} is a task"),
    }
}

fn answer(text: &str) -> Answer {
    Answer {
        text: text.into(),
        citations: vec![],
    }
}

/// Returns what the task of a session came to.
fn came_to(scroll: &Scroll, session: u32) -> f32 {
    let id = format!("task-{session}");
    scroll.score(&id, &answer("")).unwrap().reward
}

/// Follows a demonstrator through the present task, and returns its actions.
fn follow(scroll: &mut Scroll, demonstrator: &str) -> Vec<String> {
    let mut actions = Vec::new();
    loop {
        actions.push(scroll.advise(demonstrator, 1).unwrap());
        if scroll.act(actions.last().unwrap()).unwrap().done {
            return actions;
        }
    }
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    let mut scroll = opened(r#"{"tasks": 3}"#);
    let whole = [1, 2].map(|session| scroll.session(session).unwrap());
    assert_eq!(scroll.open("train", 0, 2).unwrap().sessions, 2);
    assert_eq!(
        [1, 2].map(|session| scroll.session(session).unwrap()),
        whole
    );
    assert_ne!(whole[0], whole[1]);
}

#[test]
fn what_does_not_exist_is_named() {
    let mut scroll = opened("{}");
    assert_eq!(
        scroll.session(2),
        Err(Error::Unknown(
            "the episode has no session 2: it has 1 to 1".into()
        ))
    );
    assert_eq!(
        scroll.score("task-9", &answer("")),
        Err(Error::Unknown(
            "the episode asks no question `task-9`".into()
        ))
    );
    assert_eq!(
        scroll.advise("nobody", 1),
        Err(Error::Unknown(
            "scroll has no demonstrator `nobody`: use everything, nothing, demonstrator or expert"
                .into()
        ))
    );
    assert_eq!(
        scroll.act("next"),
        Err(Error::Invalid(
            "scroll: no task was read yet: call `get-session` first".into()
        ))
    );
    assert_eq!(
        Scroll::default().session(1),
        Err(Error::Invalid(
            "no episode of scroll is open: call `open` first".into()
        ))
    );
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut scroll = opened("{}");
    task(&mut scroll, 1);
    let before = scroll.snapshot();
    let mut read = opened("{}").open.unwrap();
    read.texts[0].sections.clear();
    let saved = |open: Open| {
        FORMAT.save(&Saved {
            options: Options::default(),
            made_up: true,
            open: Some(open),
        })
    };
    for bytes in [&before[..before.len() - 1], b"nonsense", &saved(read)] {
        assert!(scroll.restore(bytes).is_err());
        assert_eq!(scroll.snapshot(), before);
    }
    assert_eq!(scroll.restore(&before), Ok(()));
    assert_eq!(scroll.snapshot(), before);
}
