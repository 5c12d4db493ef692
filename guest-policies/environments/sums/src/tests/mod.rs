#![allow(clippy::unwrap_used, reason = "tests")]

mod coded;

use std::collections::BTreeSet;

use super::*;

/// Problems in the formats of both data sets.
const OWN: [(&str, &str); 2] = [
    ("stories.jsonl", include_str!("stories.jsonl")),
    ("shop.jsonl", include_str!("shop.jsonl")),
];

fn own_files() -> Vec<DataFile> {
    let file = |(name, text): (&str, &str)| DataFile {
        name: name.into(),
        bytes: text.into(),
    };
    OWN.map(file).into()
}

fn loaded(options: &str) -> Sums {
    let mut sums = Sums::default();
    sums.load(vec![], options).unwrap();
    sums
}

fn opened(options: &str, index: u64) -> Sums {
    let mut sums = loaded(options);
    sums.open("train", index, 0).unwrap();
    sums
}

fn with_files(options: &str) -> Sums {
    let mut sums = Sums::default();
    sums.load(own_files(), options).unwrap();
    sums
}

fn task(sums: &mut Sums, session: u32) -> Task {
    match sums.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("session {session} is a dialogue"),
    }
}

fn instructions(sums: &mut Sums) -> Vec<String> {
    let tasks = 1..=sums.questions().unwrap().len() as u32;
    tasks
        .map(|session| task(sums, session).instruction)
        .collect()
}

fn score(sums: &Sums, session: u32) -> Score {
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    sums.score(&question_id(session), &silent).unwrap()
}

#[test]
fn a_task_is_one_action_and_its_silent_question_says_what_it_came_to() {
    let mut sums = opened("{}", 4);
    let questions = sums.questions().unwrap();
    assert_eq!(questions.len(), 8);
    for (session, question) in (1..).zip(&questions) {
        let task = task(&mut sums, session);
        assert_eq!((task.steps, task.actions.len()), (1, 0));
        assert_eq!(
            (question.text.as_str(), &*question.sessions),
            ("", &[session][..])
        );
        assert!(sums.describe().categories.contains(&question.category));
        let right = session % 2 == 0;
        let action = match right {
            true => sums.advise("expert", 0).unwrap(),
            false => "answer: 100".into(),
        };
        let seen = sums.act(&action).unwrap();
        let verdict = if right { "right" } else { "wrong" };
        assert!(
            seen.text
                .starts_with(&format!("That is {verdict}. The answer is "))
        );
        assert!(seen.done && seen.actions.is_empty());
        assert_eq!(seen.reward, f32::from(right));
        let metrics = score(&sums, session).metrics;
        let value = f32::from(right);
        let expected = [
            ("success", value),
            ("acts", 1.0),
            ("return", value),
            ("format", 1.0),
        ];
        assert_eq!(metrics, expected.map(|(name, value)| (name.into(), value)));
    }
}

#[test]
fn an_answer_in_no_form_ends_the_task_with_nothing() {
    let mut sums = opened(r#"{"format_weight": 0.5}"#, 0);
    for (session, action, reward) in [
        (1, "seven", 0.0),
        (2, "answer: 100", 1.0 / 3.0),
        (3, "", 0.0),
    ] {
        task(&mut sums, session);
        let seen = sums.act(action).unwrap();
        assert_eq!(seen.text.starts_with("That is no answer."), reward == 0.0);
        assert!(seen.done && (seen.reward - reward).abs() < 1e-6);
        assert_eq!(score(&sums, session).reward, seen.reward);
    }
}

#[test]
fn orders_have_the_same_tasks() {
    for index in 0..5 {
        let tasks = |order: &str| {
            let options = format!(r#"{{"order": {order}, "depth": [1, 9], "tasks": 12}}"#);
            let mut sums = opened(&options, index);
            let steps: Vec<u32> = sums
                .opened()
                .unwrap()
                .tasks
                .iter()
                .map(|it| it.steps)
                .collect();
            (instructions(&mut sums), steps)
        };
        let (given, _) = tasks(r#""given""#);
        let (easy, up) = tasks(r#""easy-first""#);
        let (hard, down) = tasks(r#""hard-first""#);
        assert!(up.is_sorted() && down.is_sorted_by(|one, two| one >= two));
        let [first, second] = ["1", "2"].map(|seed| tasks(seed).0);
        assert!(first != second && first != given && first == tasks("1").0);
        let sorted = |mut tasks: Vec<String>| {
            tasks.sort();
            tasks
        };
        let set = sorted(given);
        assert!(
            [easy, hard, first, second]
                .map(sorted)
                .iter()
                .all(|other| *other == set)
        );
    }
}

#[test]
fn tasks_of_a_stream_are_alike_and_some_are_the_same() {
    let (mut same, mut alike, mut all) = (0, 0, 0);
    for index in 0..50 {
        let mut sums = opened("{}", index);
        let tasks = instructions(&mut sums);
        let pattern = |task: &str| {
            let (subject, changes) = task.split_once('.').unwrap();
            let thing = subject.rsplit(' ').next().unwrap();
            format!("{thing}{changes}")
        };
        for (place, task) in tasks.iter().enumerate() {
            let mut earlier = tasks[..place].iter();
            same += u32::from(earlier.clone().any(|other| other == task));
            alike += u32::from(earlier.any(|other| pattern(other) == pattern(task)));
            all += 1;
        }
    }
    let share = |count: u32| f64::from(count) / f64::from(all);
    assert!((0.25..0.45).contains(&share(same)), "{}", share(same));
    assert!((0.45..0.65).contains(&share(alike)), "{}", share(alike));
}

#[test]
fn a_longer_episode_begins_with_the_shorter_one() {
    for order in [r#""given""#, r#""easy-first""#, "3"] {
        let mut sums = loaded(&format!(r#"{{"order": {order}}}"#));
        assert_eq!(sums.open("validation", 9, 3).unwrap().sessions, 3);
        let short = instructions(&mut sums);
        let episode = sums.open("validation", 9, 0).unwrap();
        assert_eq!((episode.id.as_str(), episode.sessions), ("validation/9", 8));
        assert_eq!(instructions(&mut sums)[..3], short);
        assert_eq!(sums.open("validation", 9, 99).unwrap().sessions, 8);
    }
}

#[test]
fn seeds_splits_and_episodes_differ_and_repeat_to_the_byte() {
    let mut seen = BTreeSet::new();
    for options in ["{}", r#"{"seed": 2}"#] {
        for split in ["train", "validation", "held-out"] {
            for index in [0, 1, u64::MAX] {
                let bytes = || {
                    let mut sums = loaded(options);
                    sums.open(split, index, 0).unwrap();
                    task(&mut sums, 1);
                    let advice = sums.advise("demonstrator", 3).unwrap();
                    sums.act(&advice).unwrap();
                    sums.snapshot()
                };
                assert_eq!(bytes(), bytes());
                assert!(seen.insert(bytes()));
            }
        }
    }
}

#[test]
fn a_restored_episode_goes_on_without_files_and_options() {
    for mut sums in [
        opened(r#"{"format_weight": 1.0, "order": 5}"#, 2),
        opened(r#"{"codes": 2, "actions": "listed"}"#, 2),
        with_files(r#"{"tasks": 6}"#),
    ] {
        sums.open("train", 0, 0).unwrap();
        task(&mut sums, 1);
        sums.act("answer: 3").unwrap();
        task(&mut sums, 2);
        let bytes = sums.snapshot();
        let mut copy = Sums::default();
        copy.restore(&bytes).unwrap();
        assert_eq!(copy.snapshot(), bytes);
        assert_eq!(copy.questions(), sums.questions());
        assert_eq!(
            copy.advise("demonstrator", 1),
            sums.advise("demonstrator", 1)
        );
        assert_eq!(copy.act("answer: 4"), sums.act("answer: 4"));
        assert_eq!(instructions(&mut copy), instructions(&mut sums));
        assert_eq!(score(&copy, 1), score(&sums, 1));
        assert_eq!(copy.snapshot(), sums.snapshot());
    }
}

#[test]
fn damaged_snapshots_are_refused_or_harmless() {
    let mut random = Random::new(8);
    let mut restored = 0;
    for _ in 0..600 {
        let mut sums = opened("{}", 4);
        task(&mut sums, 3);
        let before = sums.snapshot();
        let mut bytes = before.clone();
        for _ in 0..=random.below(3) {
            *random.pick_mut(&mut bytes).unwrap() = random.below(256) as u8;
        }
        if sums.restore(&bytes).is_err() {
            assert_eq!(sums.snapshot(), before);
            continue;
        }
        restored += 1;
        let advice = sums.advise("expert", 0).unwrap_or_default();
        let _ = sums.act(&advice);
    }
    assert!((100..590).contains(&restored), "{restored}");
    let beyond = Open {
        course: {
            let mut course = Course::default();
            course.begin(9);
            course
        },
        ..opened("{}", 4).open.unwrap()
    };
    let damaged = Error::Invalid("sums: the snapshot is damaged".into());
    let bytes = FORMAT.save(&Some(beyond));
    assert_eq!(Sums::default().restore(&bytes), Err(damaged));
}

#[test]
fn a_task_that_is_read_again_begins_anew() {
    let mut sums = opened("{}", 1);
    for session in 1..=3 {
        task(&mut sums, session);
        let advice = sums.advise("expert", 0).unwrap();
        sums.act(&advice).unwrap();
    }
    task(&mut sums, 2);
    let rewards = [1, 2, 3].map(|session| score(&sums, session).reward);
    assert_eq!(rewards, [1.0, 0.0, 0.0]);
    assert_eq!(score(&sums, 3).metrics[1], ("acts".into(), 0.0));
}

#[test]
fn no_action_is_an_error_while_the_task_lasts() {
    let pieces = [
        "answer", ":", " ", "7", ",", ".", "-", "$", "\n", "é", "中", "\u{0}", "1,000", "/2", "−",
        "٣",
    ];
    let mut sums = opened("{}", 2);
    let mut random = Random::new(1);
    for number in 0..3000_usize {
        task(&mut sums, 4);
        let mut action: String = (0..random.below(9))
            .map(|_| *random.pick(&pieces).unwrap())
            .collect();
        if number % 100 == 0 {
            action = ["answer: ", "9", "9,999", "answer:.9"][number / 100 % 4].repeat(9000);
        }
        let seen = sums.act(&action).unwrap();
        assert!(seen.done && seen.text.len() < 100);
    }
}

#[test]
fn files_make_episodes_of_their_problems() {
    let mut sums = with_files(r#"{"tasks": 4, "held_out": ["shop.jsonl"]}"#);
    assert!(sums.describe().lexicon.is_empty());
    let report = sums
        .load(own_files(), r#"{"tasks": 4, "held_out": ["shop.jsonl"]}"#)
        .unwrap();
    let episodes: Vec<_> = report.splits.iter().map(|split| split.episodes).collect();
    assert_eq!(episodes, [Some(3), Some(1), Some(1)]);
    assert_eq!(sums.open("train", 2, 0).unwrap().sessions, 3);
    for (split, episodes) in [("train", 3), ("validation", 1), ("held-out", 1)] {
        for index in 0..episodes {
            let sessions = sums.open(split, index, 0).unwrap().sessions;
            for session in 1..=sessions {
                task(&mut sums, session);
                let advice = sums.advise("expert", 0).unwrap();
                assert_eq!(sums.act(&advice).unwrap().reward, 1.0, "{advice}");
            }
        }
    }
    assert_eq!(
        sums.open("held-out", 1, 0),
        Err(Error::Unknown(
            "sums's split `held-out` has 1 episodes and none of index 1".into()
        ))
    );
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_environment_as_it_was() {
    let mut sums = opened("{}", 3);
    let before = sums.snapshot();
    let broken = DataFile {
        name: "broken.jsonl".into(),
        bytes: vec![b'{', 0xff],
    };
    let Err(Error::Invalid(why)) = sums.load(vec![broken], "{}") else {
        panic!("accepted");
    };
    assert!(why.starts_with("broken.jsonl, line 1: "), "{why}");
    assert_eq!(sums.snapshot(), before);
}

#[test]
fn acting_and_advice_belong_to_tasks_that_last() {
    let unopened = Error::Invalid("no episode of sums is open: call `open` first".into());
    assert_eq!(Sums::default().act(""), Err(unopened.clone()));
    assert_eq!(Sums::default().questions(), Err(unopened));
    let mut sums = opened("{}", 0);
    let unread = Error::Invalid("sums: no task was read yet: call `get-session` first".into());
    assert_eq!(sums.act("answer: 1"), Err(unread.clone()));
    assert_eq!(sums.advise("expert", 0), Err(unread));
    task(&mut sums, 3);
    assert_eq!(
        sums.advise("nobody", 0),
        Err(Error::Unknown(
            "sums has no demonstrator `nobody`: use everything, nothing, demonstrator or expert"
                .into()
        ))
    );
    sums.act("answer: 1").unwrap();
    let over =
        Error::Invalid("sums: the task of session 3 is over: read a session to go on".into());
    assert_eq!(sums.act("answer: 1"), Err(over.clone()));
    assert_eq!(sums.advise("expert", 0), Err(over));
}

#[test]
fn what_does_not_exist_is_named() {
    let mut sums = opened("{}", 0);
    let missing = |session| {
        Error::Unknown(format!(
            "the episode has no session {session}: it has 1 to 8"
        ))
    };
    assert_eq!(sums.session(9), Err(missing(9)));
    assert_eq!(sums.session(0), Err(missing(0)));
    assert_eq!(sums.demonstrate("expert", 9, 0), Err(missing(9)));
    assert_eq!(sums.demonstrate("expert", 8, 0), Ok(vec![]));
    assert!(matches!(
        sums.demonstrate("nobody", 1, 0),
        Err(Error::Unknown(_))
    ));
    assert_eq!(
        sums.open("test", 0, 0),
        Err(Error::Unknown(
            "sums has no split `test`: use train, validation or held-out".into()
        ))
    );
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    assert_eq!(
        sums.score("task-9", &silent),
        Err(Error::Unknown(
            "the episode asks no question `task-9`".into()
        ))
    );
}
