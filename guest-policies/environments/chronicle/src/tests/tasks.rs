//! Questions as tasks.

use memloom_sdk::types::{Task, Turn};

use super::*;

fn quizzed(index: u64, horizon: u32) -> Chronicle {
    let mut chronicle = Chronicle::default();
    chronicle.load(vec![], r#"{"ask": "tasks"}"#).unwrap();
    chronicle.open("train", index, horizon).unwrap();
    chronicle
}

fn turns(content: SessionContent) -> Vec<Turn> {
    match content {
        SessionContent::Dialogue(session) => session.turns,
        SessionContent::Task(task) => panic!("a task: {}", task.instruction),
    }
}

fn task(chronicle: &mut Chronicle, session: u32) -> Option<Task> {
    match chronicle.session(session).unwrap() {
        SessionContent::Task(task) => Some(task),
        SessionContent::Dialogue(_) => None,
    }
}

/// Lives through an episode by a demonstrator's advice, and returns the mean score of its tasks.
fn lived(chronicle: &mut Chronicle, sessions: u32, demonstrator: &str) -> f32 {
    for session in 1..=sessions {
        if task(chronicle, session).is_some() {
            let answer = chronicle.advise(demonstrator, 1).unwrap();
            assert!(chronicle.act(&answer).unwrap().done);
        }
    }
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    let questions = chronicle.questions().unwrap();
    let scores = questions.iter().map(|question| {
        assert_eq!(question.text, "");
        chronicle.score(&question.id, &silent).unwrap().reward
    });
    scores.sum::<f32>() / questions.len() as f32
}

#[test]
fn a_question_about_the_dialogues_so_far_follows_each() {
    let mut chronicle = quizzed(3, 16);
    let mut plain = opened("train", 3, 8);
    let mut dialogues = 0;
    for session in 1..=16 {
        let Some(task) = task(&mut chronicle, session) else {
            dialogues += 1;
            let turns = turns(chronicle.session(session).unwrap());
            assert_eq!(turns, self::turns(plain.session(dialogues).unwrap()));
            continue;
        };
        assert_eq!(
            (task.index, task.steps, task.actions.len()),
            (session, 1, 0)
        );
        let mut so_far = opened("train", 3, dialogues);
        assert_eq!(so_far.session(dialogues), plain.session(dialogues));
        let asked = so_far.questions().unwrap();
        assert!(asked.iter().any(|asked| asked.text == task.instruction));
    }
    assert_eq!(dialogues, 8);
}

#[test]
fn a_longer_quiz_continues_a_shorter_one() {
    let (mut short, mut long) = (quizzed(5, 6), quizzed(5, 12));
    for session in 1..=6 {
        assert_eq!(short.session(session), long.session(session));
        let hints = |chronicle: &Chronicle| chronicle.demonstrate("demonstrator", session, 2);
        assert_eq!(hints(&short), hints(&long));
    }
    let silent = long.questions().unwrap();
    assert!(silent.starts_with(&short.questions().unwrap()));
}

#[test]
fn the_expert_is_always_right_and_silence_seldom() {
    let mean = |demonstrator| {
        let all = (0..10).map(|index| lived(&mut quizzed(index, 16), 16, demonstrator));
        all.sum::<f32>() / 10.0
    };
    assert!((mean("expert") - 1.0).abs() < 1e-6);
    assert!(mean("nothing") < 0.5);
}

#[test]
fn a_snapshot_in_a_task_goes_on_there() {
    let mut chronicle = quizzed(2, 8);
    let mut sessions = 1..=8;
    let first = sessions.find(|&session| task(&mut chronicle, session).is_some());
    let mut copy = opened("held-out", 1, 2);
    copy.restore(&chronicle.snapshot()).unwrap();
    assert_eq!(copy.advise("expert", 1), chronicle.advise("expert", 1));
    assert_eq!(copy.act("Rome"), chronicle.act("Rome"));
    assert_eq!(copy.snapshot(), chronicle.snapshot());
    let why = format!(
        "chronicle: the task of session {} is over: read a session to go on",
        first.unwrap()
    );
    assert_eq!(copy.act("Rome"), Err(Error::Invalid(why)));
}
