#![allow(clippy::unwrap_used, reason = "tests")]

mod streams;
mod tasks;

use memloom_sdk::types::Task;

use super::*;

/// Returns an environment with an open episode of the training split.
fn opened(options: &str, index: u64) -> Blocks {
    let mut blocks = Blocks::default();
    blocks.load(vec![], options).unwrap();
    blocks.open("train", index, 0).unwrap();
    blocks
}

fn task(blocks: &mut Blocks, session: u32) -> Task {
    match blocks.session(session).unwrap() {
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

fn score(blocks: &Blocks, session: u32) -> Score {
    blocks
        .score(&format!("task-{session}"), &nothing())
        .unwrap()
}

fn metric(blocks: &Blocks, session: u32, name: &str) -> f32 {
    let metrics = score(blocks, session).metrics;
    let found = metrics.into_iter().find(|(other, _)| other == name);
    found.unwrap().1
}

/// Follows a demonstrator through the present task, and returns what it does and sees.
fn follow(blocks: &mut Blocks, demonstrator: &str, seed: u64) -> Vec<(String, Observation)> {
    let mut done = Vec::new();
    loop {
        let advice = blocks.advise(demonstrator, seed).unwrap();
        let seen = blocks.act(&advice).unwrap();
        let is_over = seen.done;
        done.push((advice, seen));
        if is_over {
            return done;
        }
    }
}

#[test]
fn what_does_not_exist_is_named() {
    let mut blocks = opened("{}", 0);
    for (result, why) in [
        (
            blocks.session(2).map(drop),
            "the episode has no session 2: it has 1 to 1",
        ),
        (
            blocks.score("task-9", &nothing()).map(drop),
            "the episode asks no question `task-9`",
        ),
        (
            blocks.demonstrate("expert", 9, 1).map(drop),
            "the episode has no session 9: it has 1 to 1",
        ),
        (
            blocks.advise("nobody", 1).map(drop),
            "blocks has no demonstrator `nobody`: use everything, nothing, demonstrator or expert",
        ),
        (
            blocks.open("test", 0, 0).map(drop),
            "blocks has no split `test`: use train, validation or held-out",
        ),
    ] {
        assert_eq!(result, Err(Error::Unknown(why.into())));
    }
    for (result, why) in [
        (
            blocks.act("pick up red").map(drop),
            "blocks: no task was read yet: call `get-session` first",
        ),
        (
            Blocks::default().session(1).map(drop),
            "no episode of blocks is open: call `open` first",
        ),
    ] {
        assert_eq!(result, Err(Error::Invalid(why.into())));
    }
    assert_eq!(blocks.demonstrate("expert", 1, 0), Ok(vec![]));
}

#[test]
fn a_restored_episode_goes_on_without_options() {
    let options = r#"{"world": "gripper", "tasks": 3, "order": 5, "subgoals": true}"#;
    let mut blocks = opened(options, 2);
    task(&mut blocks, 1);
    follow(&mut blocks, "demonstrator", 1);
    task(&mut blocks, 2);
    let advice = blocks.advise("expert", 1).unwrap();
    blocks.act(&advice).unwrap();
    blocks.act("fly").unwrap();
    let bytes = blocks.snapshot();
    let mut copy = Blocks::default();
    copy.restore(&bytes).unwrap();
    assert_eq!(copy.snapshot(), bytes);
    assert_eq!(copy.questions(), blocks.questions());
    assert_eq!(
        copy.advise("demonstrator", 1),
        blocks.advise("demonstrator", 1)
    );
    assert_eq!(
        follow(&mut copy, "expert", 1),
        follow(&mut blocks, "expert", 1)
    );
    assert_eq!(score(&copy, 1), score(&blocks, 1));
    assert_eq!(copy.snapshot(), blocks.snapshot());
}

#[test]
fn a_damaged_snapshot_changes_nothing() {
    let mut blocks = opened(r#"{"steps": 4}"#, 0);
    task(&mut blocks, 1);
    blocks.act("check valid actions").unwrap();
    let before = blocks.snapshot();
    let address = blocks.open.as_ref().unwrap().address;
    let saved = |json: &str, moves: &[(u32, Vec<course::Move>)]| {
        let moves: Moves = moves.iter().cloned().collect();
        FORMAT.save(&(json.to_string(), Some((address, moves))))
    };
    let checks = |count: usize| vec![course::Move::Check; count];
    let solved: Vec<course::Move> = {
        let ground = stream::made_up(&blocks.options, Split::Train, 0)[0].ground();
        let plan = expert::plan(&ground, ground.start).unwrap();
        let moves = plan.into_iter().map(|it| course::Move::Act(it as u16));
        moves.chain(checks(1)).collect()
    };
    let damaged = [
        before[..before.len() - 1].to_vec(),
        b"nonsense".to_vec(),
        saved(r#"{"steps": 0}"#, &[]),
        saved("{}", &[(2, vec![])]),
        saved("{}", &[(1, vec![course::Move::Act(9999)])]),
        saved(r#"{"steps": 4}"#, &[(1, checks(5))]),
        // A move after the end.
        saved("{}", &[(1, solved)]),
    ];
    for bytes in damaged {
        assert!(blocks.restore(&bytes).is_err());
        assert_eq!(blocks.snapshot(), before);
    }
    let whole = saved(r#"{"steps": 4}"#, &[(1, checks(4))]);
    assert_eq!(blocks.restore(&whole), Ok(()));
}

#[test]
fn a_file_is_refused() {
    let file = DataFile {
        name: "towers.txt".into(),
        bytes: vec![],
    };
    assert_eq!(
        Blocks::default().load(vec![file], "{}"),
        Err(Error::Invalid(
            "blocks generates its episodes and reads no file: remove `towers.txt`".into()
        ))
    );
}
