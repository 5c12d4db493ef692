#![allow(clippy::unwrap_used, reason = "tests")]

mod tasks;

use memloom_sdk::types::DemonstratedOperation;

use super::*;

fn opened(split: &str, index: u64, horizon: u32) -> Chronicle {
    let mut chronicle = Chronicle::default();
    chronicle.load(vec![], "{}").unwrap();
    chronicle.open(split, index, horizon).unwrap();
    chronicle
}

#[test]
fn an_episode_says_what_it_is() {
    let mut chronicle = opened("train", 0, 8);
    let episode = chronicle.open("validation", 17, 0).unwrap();
    assert_eq!(episode.id, "validation/17");
    assert_eq!(episode.sessions, 8);
    assert_eq!(episode.speakers.len(), 3);
}

#[test]
fn splits_never_end() {
    let report = Chronicle::default().load(vec![], "{}").unwrap();
    assert!(report.splits.iter().all(|split| split.episodes.is_none()));
    assert!(opened("held-out", u64::MAX, 1).session(1).is_ok());
}

#[test]
fn a_snapshot_carries_the_episode_and_the_options() {
    let mut chronicle = Chronicle::default();
    chronicle
        .load(vec![], r#"{"seed": 9, "people": 4}"#)
        .unwrap();
    chronicle.open("train", 5, 4).unwrap();
    let bytes = chronicle.snapshot();
    let mut copy = opened("held-out", 1, 2);
    copy.restore(&bytes).unwrap();
    assert_eq!(copy.snapshot(), bytes);
    assert_eq!(copy.questions(), chronicle.questions());
    assert_eq!(copy.session(4), chronicle.session(4));
    assert_eq!(copy.open("train", 6, 1), chronicle.open("train", 6, 1));
    assert_eq!(copy.session(1), chronicle.session(1));
}

#[test]
fn a_snapshot_of_something_else_changes_nothing() {
    let mut chronicle = opened("train", 5, 4);
    let before = chronicle.snapshot();
    assert!(matches!(
        chronicle.restore(b"garbage"),
        Err(Error::Invalid(_))
    ));
    assert_eq!(chronicle.snapshot(), before);
}

#[test]
fn the_experts_hints_follow_the_meaning() {
    let (mut updates, mut deletions) = (0, 0);
    for (episode, session) in
        (0..5).flat_map(|episode| (1..=8).map(move |session| (episode, session)))
    {
        let chronicle = opened("train", episode, 8);
        for hint in chronicle.demonstrate("expert", session, 0).unwrap() {
            let earlier = match &hint.operation {
                DemonstratedOperation::Update(turn) => {
                    updates += 1;
                    turn
                }
                DemonstratedOperation::Delete(turn) => {
                    deletions += 1;
                    turn
                }
                _ => continue,
            };
            let told: u32 = earlier[1..].split(':').next().unwrap().parse().unwrap();
            assert!(told < session);
        }
    }
    assert!(updates > 30 && deletions > 10, "{updates} {deletions}");
}

#[test]
fn the_demonstrator_repeats_itself_by_seed_and_session_alone() {
    let chronicle = opened("train", 1, 8);
    let longer = opened("train", 1, 16);
    let hints = |chronicle: &Chronicle, session, seed| {
        chronicle
            .demonstrate("demonstrator", session, seed)
            .unwrap()
    };
    assert_eq!(hints(&chronicle, 3, 7), hints(&longer, 3, 7));
    assert!((0..5).any(|seed| hints(&chronicle, 3, seed) != hints(&chronicle, 3, 7)));
}

#[test]
fn what_does_not_exist_is_named() {
    let mut chronicle = opened("train", 0, 8);
    assert_eq!(
        chronicle.session(9),
        Err(Error::Unknown(
            "the episode has no session 9: it has 1 to 8".into()
        ))
    );
    assert!(matches!(chronicle.session(0), Err(Error::Unknown(_))));
    assert!(matches!(
        chronicle.open("test", 0, 0),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(
        chronicle.open("train", 0, 1001),
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        chronicle.demonstrate("nobody", 1, 0),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(chronicle.act("look"), Err(Error::Unsupported(_))));
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    assert!(matches!(
        chronicle.score("q999", &silent),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(
        Chronicle::default().questions(),
        Err(Error::Invalid(_))
    ));
}

#[test]
fn files_are_refused() {
    let file = DataFile {
        name: "life.json".into(),
        bytes: vec![],
    };
    let refused = Chronicle::default().load(vec![file], "{}");
    assert_eq!(
        refused,
        Err(Error::Invalid(
            "chronicle generates its episodes and reads no file: remove `life.json`".into()
        ))
    );
}
