#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use memloom_sdk::random::Random;

use super::*;

const MODES: [&str; 6] = [
    "{}",
    r#"{"mode": "shop"}"#,
    r#"{"mode": "puzzle"}"#,
    r#"{"actions": "open", "entities": 12, "advisers": 6, "reward": "f1"}"#,
    r#"{"mode": "shop", "actions": "open"}"#,
    r#"{"tools": ["ask"], "advisers": 6, "slack": 9, "seed": 5}"#,
];

fn loaded(options: &str) -> Counsel {
    let mut counsel = Counsel::default();
    counsel.load(vec![], options).unwrap();
    counsel
}

fn opened(options: &str, index: u64, horizon: u32) -> Counsel {
    let mut counsel = loaded(options);
    counsel.open("train", index, horizon).unwrap();
    counsel
}

fn task(counsel: &mut Counsel, session: u32) -> Task {
    match counsel.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("session {session} is a dialogue"),
    }
}

/// Lives sessions as a demonstrator advises, and returns all that was seen.
fn live(counsel: &mut Counsel, name: &str, sessions: std::ops::RangeInclusive<u32>) -> Vec<String> {
    let mut seen = Vec::new();
    for session in sessions {
        let content = counsel.session(session).unwrap();
        seen.push(format!("{content:?}"));
        if let SessionContent::Dialogue(_) = content {
            continue;
        }
        loop {
            let action = counsel.advise(name, 3).unwrap();
            let observation = counsel.act(&action).unwrap();
            seen.push(format!("{action} {observation:?}"));
            if observation.done {
                break;
            }
        }
    }
    seen
}

fn reward(counsel: &Counsel, session: u32) -> f32 {
    score(counsel, session).reward
}

fn score(counsel: &Counsel, session: u32) -> Score {
    let answer = Answer {
        text: "an answer that nobody reads".into(),
        citations: vec![],
    };
    counsel.score(&question_id(session), &answer).unwrap()
}

#[test]
fn an_episode_says_what_it_is() {
    let episode = loaded("{}").open("validation", 17, 0).unwrap();
    assert_eq!(
        (episode.id.as_str(), episode.sessions),
        ("validation/17", 8)
    );
    assert_eq!(episode.speakers.len(), 2);
    let report = Counsel::default().load(vec![], "{}").unwrap();
    assert!(report.splits.iter().all(|split| split.episodes.is_none()));
    assert!(loaded("{}").open("held-out", u64::MAX, 1000).is_ok());
}

#[test]
fn every_task_has_a_silent_question_about_earlier_sessions() {
    for options in MODES {
        for index in 0..10 {
            let mut counsel = opened(options, index, 16);
            let categories = counsel.describe().categories;
            let questions = counsel.questions().unwrap();
            let tasks = (1..=16)
                .filter(|&session| matches!(counsel.session(session), Ok(SessionContent::Task(_))));
            let asked = questions.iter().map(|question| {
                assert!(question.text.is_empty() && question.evidence.is_empty());
                assert!(categories.contains(&question.category));
                assert!(question.sessions.is_sorted_by(|one, two| one < two));
                let last = *question.sessions.last().unwrap();
                assert_eq!(question.id, question_id(last));
                last
            });
            assert!(asked.eq(tasks));
        }
    }
}

#[test]
fn a_longer_episode_begins_with_the_shorter_one() {
    for options in MODES {
        for index in 0..5 {
            let (mut long, mut short) = (opened(options, index, 21), opened(options, index, 6));
            let questions = long.questions().unwrap();
            let shorter = short.questions().unwrap();
            assert_eq!(questions[..shorter.len()], shorter);
            for name in ["expert", "demonstrator", "nothing"] {
                assert_eq!(live(&mut long, name, 1..=6), live(&mut short, name, 1..=6));
            }
        }
    }
}

#[test]
fn a_run_repeats_itself_to_the_byte() {
    for options in MODES {
        let (mut one, mut two) = (opened(options, 3, 8), opened(options, 3, 8));
        assert_eq!(
            live(&mut one, "demonstrator", 1..=8),
            live(&mut two, "demonstrator", 1..=8)
        );
        assert_eq!(one.snapshot(), two.snapshot());
    }
}

#[test]
fn a_restored_task_goes_on_without_files_and_options() {
    for options in MODES {
        let mut counsel = opened(options, 4, 8);
        live(&mut counsel, "expert", 1..=2);
        task(&mut counsel, 3);
        let action = "ask nobody: nothing";
        counsel.act(action).unwrap();
        let bytes = counsel.snapshot();
        let mut copy = opened("{}", 9, 5);
        copy.restore(&bytes).unwrap();
        assert_eq!(copy.snapshot(), bytes);
        assert_eq!(copy.questions(), counsel.questions());
        for _ in 0..9 {
            let action = counsel.advise("expert", 1);
            assert_eq!(copy.advise("expert", 1), action);
            let Ok(action) = action else {
                break;
            };
            assert_eq!(copy.act(&action), counsel.act(&action));
        }
        assert_eq!(copy.act("answer"), counsel.act("answer"));
        assert_eq!(
            live(&mut copy, "demonstrator", 4..=8),
            live(&mut counsel, "demonstrator", 4..=8)
        );
        assert_eq!(copy.snapshot(), counsel.snapshot());
    }
}

#[test]
fn damaged_snapshots_are_refused_or_harmless() {
    let mut random = Random::new(8);
    let mut restored = 0;
    for number in 0..600 {
        let mut counsel = opened(MODES[number % 3], 4, 8);
        live(&mut counsel, "expert", 1..=2);
        task(&mut counsel, 3);
        let before = counsel.snapshot();
        let mut bytes = before.clone();
        bytes.truncate(bytes.len() - random.below(2) as usize * random.below(9) as usize);
        for _ in 0..random.below(4) {
            *random.pick_mut(&mut bytes).unwrap() = random.below(256) as u8;
        }
        if counsel.restore(&bytes).is_err() {
            assert_eq!(counsel.snapshot(), before);
            continue;
        }
        restored += 1;
        let advice = counsel.advise("expert", 0).unwrap_or_default();
        let _ = counsel.act(&advice);
    }
    assert!((100..500).contains(&restored), "{restored}");
    let mut counsel = Counsel::default();
    assert!(matches!(
        counsel.restore(b"garbage"),
        Err(Error::Invalid(_))
    ));
}

#[test]
fn no_action_is_an_error_while_the_task_lasts() {
    let words = [
        "search",
        "ask",
        "answer",
        "step",
        ":",
        "mentor",
        "of",
        "Anna",
        "Hill",
        "Doctor",
        "the",
        "i1",
        "i99",
        "1",
        "+",
        "(",
        "/",
        "0",
        "é",
        "中",
        "\u{0}",
        "\n",
        "  ",
        "99999999999999999999",
    ];
    let huge = [
        "x",
        "answer i1 ",
        "answer (",
        "search mentor ",
        "ask a: river ",
    ];
    for options in MODES {
        let mut counsel = opened(options, 2, 8);
        let listed = task(&mut counsel, 4).actions;
        let mut random = Random::new(1);
        for number in 0..1000_usize {
            let mut action: String = (0..random.below(9))
                .map(|_| format!("{} ", random.pick(&words).unwrap()))
                .collect();
            match number % 100 {
                0 => action.clear(),
                1..6 => action = huge[number % 5].repeat(65_536 / huge[number % 5].len()),
                6..20 => action.extend(random.pick(&listed).cloned()),
                _ => (),
            }
            let observation = counsel.act(&action).unwrap();
            assert!(observation.text.len() < 2000, "{}", observation.text);
            if observation.done {
                assert!(observation.actions.is_empty());
                task(&mut counsel, 4);
            }
        }
    }
}

#[test]
fn lists_have_no_repetitions_and_are_short() {
    for (options, most) in MODES.into_iter().zip([40, 40, 40, 0, 0, 168]) {
        for index in 0..20 {
            let mut counsel = opened(options, index, 12);
            for question in counsel.questions().unwrap() {
                let task = task(&mut counsel, *question.sessions.last().unwrap());
                let distinct: BTreeSet<&String> = task.actions.iter().collect();
                assert_eq!(distinct.len(), task.actions.len());
                assert!(task.actions.len() <= most, "{}", task.actions.len());
                assert_eq!(task.actions.is_empty(), most == 0);
            }
        }
    }
}

#[test]
fn instructions_and_questions_do_not_depend_on_what_was_done() {
    for options in MODES {
        let (mut idle, mut busy) = (opened(options, 6, 8), opened(options, 6, 8));
        live(&mut busy, "demonstrator", 1..=8);
        assert_eq!(idle.questions(), busy.questions());
        for session in 1..=8 {
            assert_eq!(idle.session(session), busy.session(session));
        }
    }
}

#[test]
fn reading_all_sessions_first_changes_nothing() {
    for options in MODES {
        let (mut fresh, mut read) = (opened(options, 7, 8), opened(options, 7, 8));
        for session in 1..=8 {
            read.session(session).unwrap();
        }
        let seen = live(&mut read, "expert", 1..=8);
        assert_eq!(live(&mut fresh, "expert", 1..=8), seen);
        assert_eq!(fresh.snapshot(), read.snapshot());
    }
}

#[test]
fn what_was_not_read_is_not_known() {
    let rewards = |skipped: bool| -> f32 {
        let shares = (0..40).map(|index| {
            let mut counsel = opened(r#"{"mode": "shop"}"#, index, 2);
            if !skipped {
                counsel.session(1).unwrap();
            }
            live(&mut counsel, "expert", 2..=2);
            reward(&counsel, 2)
        });
        shares.sum()
    };
    assert_eq!(rewards(false), 40.0);
    assert!(rewards(true) < 10.0);
}

#[test]
fn a_task_that_is_read_again_begins_anew() {
    let mut counsel = opened("{}", 1, 8);
    let seen = live(&mut counsel, "expert", 1..=4);
    assert!(reward(&counsel, 1) > 0.0 && reward(&counsel, 3) > 0.0);
    assert_eq!(live(&mut counsel, "expert", 3..=4), seen[seen.len() - 4..]);
    task(&mut counsel, 3);
    assert!(reward(&counsel, 1) > 0.0);
    assert_eq!((reward(&counsel, 3), reward(&counsel, 4)), (0.0, 0.0));
}

#[test]
fn a_task_ends_with_its_actions() {
    let mut counsel = opened("{}", 1, 8);
    let steps = task(&mut counsel, 1).steps;
    assert_eq!(steps, 4);
    for act in 1..=steps {
        let observation = counsel.act("look").unwrap();
        assert_eq!(observation.done, act == steps);
        assert_eq!(observation.actions.is_empty(), act == steps);
        assert!(observation.text.starts_with("This is no action."));
    }
    let metrics = score(&counsel, 1).metrics;
    assert_eq!(metrics[1], ("acts".into(), 4.0));
    assert_eq!(reward(&counsel, 1), 0.0);
}

#[test]
fn acting_and_advice_belong_to_tasks_that_last() {
    let message = |error: Result<Observation, Error>| error.unwrap_err();
    assert!(matches!(Counsel::default().act(""), Err(Error::Invalid(_))));
    let mut counsel = opened("{}", 0, 8);
    let unread = Error::Invalid("counsel: no task was read yet: call `get-session` first".into());
    assert_eq!(message(counsel.act("look")), unread);
    assert_eq!(counsel.advise("expert", 0), Err(unread));
    counsel.session(2).unwrap();
    let talk = Error::Unsupported("counsel: session 2 is a dialogue: act only in tasks".into());
    assert_eq!(message(counsel.act("look")), talk);
    assert_eq!(counsel.advise("expert", 0), Err(talk));
    task(&mut counsel, 3);
    assert_eq!(
        counsel.advise("nobody", 0),
        Err(Error::Unknown(
            "counsel has no demonstrator `nobody`: use everything, nothing, demonstrator or expert"
                .into()
        ))
    );
    assert!(counsel.act("answer nothing").unwrap().done);
    let over =
        Error::Invalid("counsel: the task of session 3 is over: read a session to go on".into());
    assert_eq!(message(counsel.act("look")), over);
    assert_eq!(counsel.advise("expert", 0), Err(over));
}

#[test]
fn what_does_not_exist_is_named() {
    let mut counsel = opened("{}", 0, 8);
    let missing = |session| {
        Error::Unknown(format!(
            "the episode has no session {session}: it has 1 to 8"
        ))
    };
    assert_eq!(counsel.session(9), Err(missing(9)));
    assert_eq!(counsel.session(0), Err(missing(0)));
    assert_eq!(counsel.demonstrate("expert", 9, 0), Err(missing(9)));
    assert!(matches!(
        counsel.demonstrate("nobody", 2, 0),
        Err(Error::Unknown(_))
    ));
    assert!(matches!(counsel.open("test", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(
        counsel.open("train", 0, 1001),
        Err(Error::Invalid(_))
    ));
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    assert_eq!(
        counsel.score("task-2", &silent),
        Err(Error::Unknown(
            "the episode asks no question `task-2`".into()
        ))
    );
    assert!(matches!(
        Counsel::default().questions(),
        Err(Error::Invalid(_))
    ));
    let file = DataFile {
        name: "facts.json".into(),
        bytes: vec![],
    };
    assert_eq!(
        Counsel::default().load(vec![file], "{}"),
        Err(Error::Invalid(
            "counsel generates its episodes and reads no file: remove `facts.json`".into()
        ))
    );
}

#[test]
fn hints_are_about_dialogues_and_grow_with_greed() {
    let counsel = opened("{}", 1, 8);
    let hints = |name, session| counsel.demonstrate(name, session, 5).unwrap();
    assert_eq!(hints("everything", 1), []);
    assert_eq!(hints("nothing", 2), []);
    assert_eq!(hints("everything", 2).len(), 10);
    let expert = hints("expert", 2).len();
    assert!((2..10).contains(&expert), "{expert}");
    assert_eq!(hints("demonstrator", 2), hints("demonstrator", 2));
    let other = |seed| counsel.demonstrate("demonstrator", 2, seed).unwrap();
    assert!((0..5).any(|seed| other(seed) != hints("demonstrator", 2)));
}
