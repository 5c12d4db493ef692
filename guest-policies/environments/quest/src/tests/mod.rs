#![allow(clippy::unwrap_used, reason = "tests")]

mod files;
mod listed;
mod tasks;

use memloom_sdk::types::Task;

use super::*;

/// Returns an environment with an open episode of the training split.
fn opened(options: &str) -> Quest {
    let mut quest = Quest::default();
    quest.load(vec![], options).unwrap();
    quest.open("train", 0, 0).unwrap();
    quest
}

fn task(quest: &mut Quest, session: u32) -> Task {
    match quest.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("session {session} is a dialogue"),
    }
}

fn nothing() -> Answer {
    Answer {
        text: String::new(),
        citations: vec![],
    }
}

fn score(quest: &Quest, session: u32) -> Score {
    quest.score(&format!("task-{session}"), &nothing()).unwrap()
}

fn metric(quest: &Quest, session: u32, name: &str) -> f32 {
    let score = score(quest, session);
    let found = score.metrics.iter().find(|(other, _)| other == name);
    found.unwrap().1
}

/// Follows a demonstrator through the present task, and returns its actions.
fn follow(quest: &mut Quest, demonstrator: &str, seed: u64) -> Vec<String> {
    let mut actions = Vec::new();
    loop {
        actions.push(quest.advise(demonstrator, seed).unwrap());
        if quest.act(actions.last().unwrap()).unwrap().done {
            return actions;
        }
    }
}

#[test]
fn a_longer_horizon_continues_a_shorter_one() {
    let mut quest = opened(r#"{"tasks": 3}"#);
    let whole = [1, 2].map(|session| quest.session(session).unwrap());
    assert_eq!(quest.open("train", 0, 2).unwrap().sessions, 2);
    assert_eq!([1, 2].map(|session| quest.session(session).unwrap()), whole);
    assert_ne!(whole[0], whole[1]);
}

#[test]
fn what_does_not_exist_is_named() {
    let mut quest = opened("{}");
    for (result, why) in [
        (
            quest.session(2).map(drop),
            "the episode has no session 2: it has 1 to 1",
        ),
        (
            quest.score("task-9", &nothing()).map(drop),
            "the episode asks no question `task-9`",
        ),
        (
            quest.demonstrate("expert", 9, 1).map(drop),
            "the episode has no session 9: it has 1 to 1",
        ),
        (
            quest.advise("nobody", 1).map(drop),
            "quest has no demonstrator `nobody`: use everything, nothing, demonstrator or expert",
        ),
    ] {
        assert_eq!(result, Err(Error::Unknown(why.into())));
    }
    for (result, why) in [
        (
            quest.act("search: x").map(drop),
            "quest: no task was read yet: call `get-session` first",
        ),
        (
            Quest::default().session(1).map(drop),
            "no episode of quest is open: call `open` first",
        ),
    ] {
        assert_eq!(result, Err(Error::Invalid(why.into())));
    }
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut quest = opened("{}");
    task(&mut quest, 1);
    quest.act("search: Anna").unwrap();
    let before = quest.snapshot();
    let saved = |options: &Options| FORMAT.save(&(options, true, &quest.open));
    let other = |change: fn(&mut Options)| {
        let mut options = Options::default();
        change(&mut options);
        saved(&options)
    };
    // More questions than objectives, and an option out of range.
    let damaged = [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        other(|options| options.objectives = 1),
        other(|options| options.turns = 0),
    ];
    for bytes in damaged {
        assert!(quest.restore(&bytes).is_err());
        assert_eq!(quest.snapshot(), before);
    }
    let mut restored = Quest::default();
    assert_eq!(restored.restore(&before), Ok(()));
    assert_eq!(restored.snapshot(), before);
    assert_eq!(restored.act("search: Ben"), quest.act("search: Ben"));
}
