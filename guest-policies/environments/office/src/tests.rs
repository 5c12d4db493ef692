#![allow(clippy::unwrap_used, reason = "tests")]

use memloom_sdk::random::Random;
use memloom_sdk::types::Task;

use super::*;

const VIEWS: [&str; 4] = [
    "{}",
    r#"{"actions": "open"}"#,
    r#"{"view": "pages"}"#,
    r#"{"view": "pages", "given": 0.5}"#,
];

fn opened(options: &str, split: &str, index: u64, horizon: u32) -> Office {
    let mut office = Office::default();
    office.load(vec![], options).unwrap();
    office.open(split, index, horizon).unwrap();
    office
}

fn task(office: &mut Office, session: u32) -> Task {
    match office.session(session).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("a dialogue"),
    }
}

/// Takes up to `acts` acts of a demonstrator, and returns the observations.
fn follow(office: &mut Office, demonstrator: &str, acts: usize) -> Vec<Observation> {
    let mut observations: Vec<Observation> = Vec::new();
    while observations.len() < acts && !observations.last().is_some_and(|last| last.done) {
        let action = office.advise(demonstrator, 5).unwrap();
        observations.push(office.act(&action).unwrap());
    }
    observations
}

fn live(office: &mut Office, demonstrator: &str, sessions: u32) -> Vec<Observation> {
    let mut observations = Vec::new();
    for session in 1..=sessions {
        task(office, session);
        observations.extend(follow(office, demonstrator, usize::MAX));
    }
    observations
}

fn score(office: &Office, session: u32) -> Score {
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    office.score(&format!("task-{session}"), &silent).unwrap()
}

fn metric(score: &Score, name: &str) -> f32 {
    let found = score.metrics.iter().find(|(metric, _)| metric == name);
    found.unwrap().1
}

#[test]
fn an_expert_succeeds_in_every_view() {
    for options in VIEWS {
        for split in ["train", "validation", "held-out"] {
            for index in 0..4 {
                let mut office = opened(options, split, index, 0);
                live(&mut office, "expert", 8);
                for session in 1..=8 {
                    let score = score(&office, session);
                    assert_eq!(score.reward, 1.0, "{options} {split}/{index} {session}");
                    for name in ["success", "scenario", "return", "potential"] {
                        assert_eq!(
                            metric(&score, name),
                            1.0,
                            "{name} {options} {split}/{index} {session}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn every_question_is_silent_and_names_its_own_session_last() {
    let office = opened("{}", "train", 3, 12);
    let questions = office.questions().unwrap();
    assert_eq!(questions.len(), 12);
    for (question, session) in questions.iter().zip(1..) {
        assert_eq!(question.id, format!("task-{session}"));
        assert!(question.text.is_empty());
        assert!(office.describe().categories.contains(&question.category));
        assert_eq!(question.sessions.last(), Some(&session));
        assert!(question.sessions.is_sorted());
    }
    let remembering = questions
        .iter()
        .filter(|question| question.sessions.len() > 1);
    assert!(remembering.count() >= 8);
}

#[test]
fn a_task_that_was_not_lived_is_worth_nothing() {
    let mut office = opened("{}", "train", 3, 4);
    let names = |score: &Score| -> Vec<String> {
        score.metrics.iter().map(|(name, _)| name.clone()).collect()
    };
    task(&mut office, 1);
    let before = score(&office, 1);
    assert_eq!(before.reward, 0.0);
    assert!(before.metrics.iter().all(|(_, value)| *value == 0.0));
    follow(&mut office, "expert", usize::MAX);
    let after = score(&office, 1);
    assert_eq!(names(&before), names(&after));
    assert!(metric(&after, "acts") > 1.0);
}

#[test]
fn reading_all_sessions_first_changes_nothing() {
    let mut read = opened("{}", "train", 6, 6);
    for session in 1..=6 {
        task(&mut read, session);
    }
    let mut unread = opened("{}", "train", 6, 6);
    assert_eq!(live(&mut read, "expert", 6), live(&mut unread, "expert", 6));
    assert_eq!(read.snapshot(), unread.snapshot());
}

#[test]
fn a_task_starts_anew_when_it_is_read_again() {
    let mut office = opened("{}", "train", 2, 6);
    live(&mut office, "demonstrator", 3);
    let first = task(&mut office, 4);
    let acts = follow(&mut office, "demonstrator", usize::MAX);
    assert_eq!(task(&mut office, 4), first);
    assert_eq!(follow(&mut office, "demonstrator", usize::MAX), acts);
}

#[test]
fn a_task_starts_in_the_office_that_the_one_before_left() {
    let changed = (0..40).find_map(|index| {
        let mut office = opened(r#"{"templates": 1, "difficulty": 1}"#, "train", index, 2);
        let questions = office.questions().unwrap();
        (questions[0].category == "change").then(|| {
            live(&mut office, "expert", 1);
            task(&mut office, 2);
            let phones = |office: &Office| -> Vec<String> {
                let sitting = office.open.as_ref().unwrap().current().unwrap().1;
                let contacts = sitting.server.world.contacts.iter();
                contacts.map(|row| row.get("phone").into()).collect()
            };
            let with = phones(&office);
            task(&mut office, 1);
            office.act("finish").unwrap();
            task(&mut office, 2);
            (with, phones(&office))
        })
    });
    let (with, without) = changed.unwrap();
    assert_ne!(with, without);
}

#[test]
fn a_longer_episode_begins_with_the_shorter() {
    for options in VIEWS {
        let (mut short, mut long) = (
            opened(options, "train", 1, 3),
            opened(options, "train", 1, 9),
        );
        assert_eq!(short.questions().unwrap(), long.questions().unwrap()[..3]);
        for session in 1..=3 {
            assert_eq!(task(&mut short, session), task(&mut long, session));
        }
        assert_eq!(live(&mut short, "expert", 3), live(&mut long, "expert", 3));
    }
}

#[test]
fn a_restored_task_goes_on_as_the_first_would_have() {
    for options in VIEWS {
        let mut office = opened(options, "validation", 8, 5);
        live(&mut office, "demonstrator", 2);
        task(&mut office, 3);
        follow(&mut office, "expert", 3);
        let bytes = office.snapshot();
        let mut copy = opened(r#"{"people": 5}"#, "train", 1, 2);
        copy.restore(&bytes).unwrap();
        assert_eq!(copy.snapshot(), bytes);
        for session in 3..=5 {
            assert_eq!(
                follow(&mut copy, "demonstrator", usize::MAX),
                follow(&mut office, "demonstrator", usize::MAX)
            );
            assert_eq!(score(&copy, session), score(&office, session));
            if session < 5 {
                assert_eq!(task(&mut copy, session + 1), task(&mut office, session + 1));
            }
        }
        assert_eq!(copy.snapshot(), office.snapshot());
    }
}

#[test]
fn damaged_snapshots_are_refused_or_harmless() {
    let mut good = opened("{}", "train", 1, 3);
    live(&mut good, "expert", 2);
    let bytes = good.snapshot();
    let mut random = Random::new(2);
    for _ in 0..300 {
        let mut damaged = bytes.clone();
        if random.chance(0.3) {
            damaged.truncate(random.below(bytes.len() as u64) as usize);
        }
        for _ in 0..random.below(4) {
            if let Some(byte) = random.pick_mut(&mut damaged) {
                *byte = random.below(256) as u8;
            }
        }
        let mut office = opened("{}", "held-out", 1, 2);
        let before = office.snapshot();
        if office.restore(&damaged).is_err() {
            assert_eq!(office.snapshot(), before);
        } else if office.act("finish").is_ok() {
            score(&office, 1);
        }
    }
    assert!(good.restore(b"garbage").is_err());
}

#[test]
fn no_action_is_too_odd() {
    let mut random = Random::new(9);
    let parts = [
        "pay.send",
        "mail.",
        ".",
        "=",
        "\"",
        "\\",
        "$3.email",
        "$",
        " ",
        "\n",
        "answer",
        "docs",
        "docs pay.send",
        "finish",
        "to=ann",
        "amount=99999999999",
        "page=0",
        "é",
        "日本",
        "\0",
        "click e1",
        "type e2",
        "e",
        "e99999999999",
        "select",
        "back",
        "submit",
        "password=amber",
    ];
    for options in VIEWS {
        let mut office = opened(options, "train", 4, 1);
        task(&mut office, 1);
        let mut acts = 0;
        while acts < 1000 {
            let length = random.below(6);
            let action: String = (0..length).map(|_| *random.pick(&parts).unwrap()).collect();
            match office.act(&action) {
                Ok(observation) => assert!(!observation.text.is_empty()),
                Err(_) => drop(task(&mut office, 1)),
            }
            acts += 1;
        }
        task(&mut office, 1);
        for action in [
            String::new(),
            "x".repeat(65536),
            format!("pay.send to={}", "y".repeat(65536)),
            "click e1".into(),
            format!("type e1 {}", "z".repeat(65536)),
        ] {
            let observation = office.act(&action).unwrap();
            assert!(!observation.text.is_empty() && observation.text.len() < 1000);
        }
    }
}

#[test]
fn a_task_ends_when_no_acts_are_left() {
    let mut office = opened("{}", "train", 4, 1);
    let steps = task(&mut office, 1).steps;
    for act in 1..=steps {
        let observation = office.act("look").unwrap();
        assert_eq!(observation.done, act == steps);
        assert_eq!(observation.actions.is_empty(), act == steps);
    }
    assert_eq!(
        office.act("look"),
        Err(Error::Invalid(
            "task 1 is over: read the next session".into()
        ))
    );
    assert!(matches!(office.advise("expert", 0), Err(Error::Invalid(_))));
    assert_eq!(metric(&score(&office, 1), "errors"), steps as f32);
}

#[test]
fn acting_needs_a_task() {
    let mut office = Office::default();
    assert!(matches!(office.act("finish"), Err(Error::Invalid(_))));
    let mut office = opened("{}", "train", 0, 2);
    let refused = Err(Error::Unsupported(
        "no task was started: read a session first".into(),
    ));
    assert_eq!(office.act("finish"), refused);
    assert!(matches!(
        office.advise("expert", 0),
        Err(Error::Unsupported(_))
    ));
}

#[test]
fn what_does_not_exist_is_named() {
    let mut office = opened("{}", "train", 0, 2);
    let unknown = |text: &str| Error::Unknown(text.into());
    assert_eq!(
        office.session(3).unwrap_err(),
        unknown("the episode has no session 3: it has 1 to 2")
    );
    assert!(matches!(office.session(0), Err(Error::Unknown(_))));
    assert!(matches!(office.open("test", 0, 0), Err(Error::Unknown(_))));
    assert!(matches!(
        office.open("train", 0, 201),
        Err(Error::Invalid(_))
    ));
    assert!(matches!(
        office.demonstrate("nobody", 1, 0),
        Err(Error::Unknown(_))
    ));
    assert_eq!(office.demonstrate("expert", 1, 0), Ok(vec![]));
    let silent = Answer {
        text: String::new(),
        citations: vec![],
    };
    for question in ["task-0", "task-3", "q1"] {
        assert!(matches!(
            office.score(question, &silent),
            Err(Error::Unknown(_))
        ));
    }
    task(&mut office, 1);
    assert_eq!(
        office.advise("nobody", 0),
        Err(unknown(
            "office has no demonstrator `nobody`: use everything, nothing, demonstrator or expert"
        ))
    );
}

#[test]
fn files_are_refused() {
    let file = DataFile {
        name: "mail.json".into(),
        bytes: vec![],
    };
    assert_eq!(
        Office::default().load(vec![file], "{}"),
        Err(Error::Invalid(
            "office generates its episodes and reads no file: remove `mail.json`".into()
        ))
    );
}

#[test]
fn the_most_of_everything_still_works() {
    let options = r#"{"people": 8, "rows": 40, "templates": 12, "sessions": 60, "repeat": 0}"#;
    let mut office = opened(options, "train", u64::MAX, 0);
    let mut categories: Vec<String> = Vec::new();
    categories.extend(
        office
            .questions()
            .unwrap()
            .into_iter()
            .map(|question| question.category),
    );
    categories.sort_unstable();
    categories.dedup();
    assert_eq!(categories.len(), 12);
    live(&mut office, "expert", 60);
    assert!((1..=60).all(|session| score(&office, session).reward == 1.0));
}

#[test]
fn a_collateral_change_costs_the_success() {
    let bill = |index: &u64| {
        let office = opened("{}", "train", *index, 1);
        office.questions().unwrap()[0].category == "bill"
    };
    let index = (0..100).find(bill).unwrap();
    let mut office = opened("{}", "train", index, 1);
    task(&mut office, 1);
    let mut action = office.advise("expert", 0).unwrap();
    while action != "finish" {
        office.act(&action).unwrap();
        action = office.advise("expert", 0).unwrap();
    }
    office.act("pay.send to=nobody amount=1").unwrap();
    let score = score(&office, 1);
    assert_eq!((score.reward, metric(&score, "success")), (0.5, 0.0));
}

/// Returns the categories of an episode of twelve tasks.
fn categories(options: &str) -> Vec<String> {
    let office = opened(options, "train", 7, 12);
    let questions = office.questions().unwrap().into_iter();
    questions.map(|question| question.category).collect()
}

#[test]
fn streams_repeat_templates_as_often_as_told() {
    let different = |options: &str| {
        let mut categories = categories(options);
        categories.sort_unstable();
        categories.dedup();
        categories.len()
    };
    assert_eq!(different(r#"{"repeat": 1}"#), 1);
    assert_eq!(different(r#"{"repeat": 0}"#), 4);
    assert_eq!(different(r#"{"repeat": 0, "templates": 12}"#), 12);
}

#[test]
fn difficulty_bounds_the_applications_of_a_task() {
    let easy = categories(r#"{"repeat": 0, "templates": 12, "difficulty": 1}"#);
    let difficulty = |name: &String| {
        let mut all = Template::ALL.into_iter();
        all.find(|template| template.name() == name)
            .unwrap()
            .difficulty()
    };
    assert!(easy.iter().all(|name| difficulty(name) == 1), "{easy:?}");
}

#[test]
fn an_expert_meets_errors_only_where_there_are_quirks() {
    let errors = |options: &str| -> f32 {
        let mut office = opened(options, "train", 7, 8);
        live(&mut office, "expert", 8);
        let errors = (1..=8).map(|session| metric(&score(&office, session), "errors"));
        errors.sum()
    };
    assert_eq!(errors(r#"{"quirks": false}"#), 0.0);
    assert!(errors("{}") > 0.0);
}

#[test]
fn given_fields_make_tasks_shorter() {
    let steps = |options: &str| -> u32 {
        let mut office = opened(options, "train", 7, 8);
        (1..=8)
            .map(|session| task(&mut office, session).steps)
            .sum()
    };
    let [none, all] =
        [0, 1].map(|given| steps(&format!(r#"{{"view": "pages", "given": {given}}}"#)));
    assert!(all < none, "{all} {none}");
}
