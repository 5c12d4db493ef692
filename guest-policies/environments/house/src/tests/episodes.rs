//! An episode is a function of its options, its address and the acts.

use memloom_sdk::random::Random;

use super::*;

#[test]
fn two_runs_give_equal_bytes() {
    for way in ["random", "demonstrator", "nothing"] {
        let run = || {
            let mut house = opened(EVERYTHING, "train", 4);
            let seen = play(&mut house, 1..=15, way);
            (seen, house.snapshot())
        };
        assert_eq!(run(), run());
    }
}

#[test]
fn a_longer_horizon_begins_with_the_shorter_one() {
    let mut short = opened(EVERYTHING, "train", 5);
    let mut long = opened(EVERYTHING, "train", 5);
    short.open("train", 5, 7).unwrap();
    long.open("train", 5, 30).unwrap();
    assert_eq!(
        play(&mut short, 1..=7, "random"),
        play(&mut long, 1..=7, "random")
    );
    let tasks = |house: &House| {
        let questions = house.questions().unwrap().into_iter();
        let tasks = questions.filter(|question| question.text.is_empty());
        tasks.collect::<Vec<_>>()
    };
    let (first, all) = (tasks(&short), tasks(&long));
    assert_eq!(first, all[..first.len()]);
}

#[test]
fn instructions_and_questions_do_not_depend_on_the_acts() {
    let told = |way: &str| {
        let mut house = opened(EVERYTHING, "held-out", 2);
        let mut told = Vec::new();
        for session in 1..=15 {
            let content = house.session(session).unwrap();
            told.push(task(content).map(|task| (task.instruction, task.time)));
            play(&mut house, session..=session, way);
        }
        (told, house.questions().unwrap())
    };
    assert_eq!(told("random"), told("expert"));
}

#[test]
fn reading_all_sessions_first_changes_nothing() {
    let mut plain = opened(EVERYTHING, "train", 6);
    let mut read = opened(EVERYTHING, "train", 6);
    for session in 1..=15 {
        read.session(session).unwrap();
    }
    for way in ["expert", "nothing"] {
        assert_eq!(play(&mut plain, 1..=15, way), play(&mut read, 1..=15, way));
    }
    assert_eq!(plain.snapshot(), read.snapshot());
}

#[test]
fn a_session_begins_anew_from_where_the_one_before_ended() {
    let mut house = opened(EVERYTHING, "train", 7);
    play(&mut house, 1..=4, "random");
    let first = play(&mut house, 5..=5, "random");
    assert_eq!(play(&mut house, 5..=5, "random"), first);
    assert_ne!(play(&mut house, 5..=5, "expert"), first);
}

#[test]
fn before_a_session_that_was_not_lived_the_expert_lived() {
    for session in 2..=15 {
        let mut house = opened(EVERYTHING, "train", 8);
        play(&mut house, 1..=session - 1, "expert");
        let mut other = opened(EVERYTHING, "train", 8);
        for house in [&mut house, &mut other] {
            house.session(session).unwrap();
        }
        let world = |house: &House| {
            house
                .open
                .as_ref()
                .unwrap()
                .lived
                .last()
                .unwrap()
                .world
                .clone()
        };
        assert_eq!(world(&house), world(&other));
    }
}

#[test]
fn a_snapshot_in_mid_task_goes_on_alike() {
    for session in 1..=6 {
        let mut house = opened(EVERYTHING, "train", 9);
        play(&mut house, 1..=session - 1, "demonstrator");
        let content = house.session(session).unwrap();
        if task(content).is_some() {
            let action = house.advise("expert", 0).unwrap();
            house.act(&action).unwrap();
        }
        let bytes = house.snapshot();
        let mut copy = opened("{}", "held-out", 1);
        copy.restore(&bytes).unwrap();
        assert_eq!(copy.snapshot(), bytes);
        assert_eq!(copy.questions(), house.questions());
        for _ in 0..30 {
            for way in ["nothing", "expert"] {
                assert_eq!(copy.advise(way, 5), house.advise(way, 5));
            }
            let action = house.advise("demonstrator", 5).unwrap_or_default();
            assert_eq!(copy.act(&action), house.act(&action));
        }
        assert_eq!(
            play(&mut copy, session + 1..=15, "demonstrator"),
            play(&mut house, session + 1..=15, "demonstrator")
        );
    }
}

#[test]
fn no_garbage_is_restored_or_panics() {
    let mut house = opened(EVERYTHING, "train", 3);
    play(&mut house, 1..=3, "random");
    let before = house.snapshot();
    assert!(matches!(house.restore(b"garbage"), Err(Error::Invalid(_))));
    assert_eq!(house.snapshot(), before);
    let mut random = Random::new(1);
    for _ in 0..300 {
        let mut bytes = before.clone();
        for _ in 0..=random.below(3) {
            if let Some(byte) = random.pick_mut(&mut bytes) {
                *byte = random.below(256) as u8;
            }
        }
        if House::default().restore(&bytes).is_err() {
            assert!(house.restore(&bytes).is_err());
            assert_eq!(house.snapshot(), before);
        }
    }
}
