//! Tasks of `counsel` and `house`.

use environment_counsel::Counsel;
use environment_house::House;

use super::*;

const PUZZLE: &str = r#"{"mode": "puzzle", "slack": 2}"#;
const FIND: &str = r#"{"mix": ["find"], "sessions": 3, "rooms": 3, "objects": 6}"#;

fn opened<E: Environment>(mut environment: E, options: &str) -> E {
    environment.load(vec![], options).unwrap();
    environment.open("train", 1, 0).unwrap();
    environment
}

fn reward<B>(host: &MockHost<B>, session: u32) -> f32 {
    let nothing = Answer {
        text: String::new(),
        citations: vec![],
    };
    let environment = host.environment.as_ref().unwrap();
    let score = environment.score(&format!("task-{session}"), &nothing);
    score.unwrap().reward
}

/// Follows the expert through three sessions, and returns what the tasks came to.
fn followed<E: Environment + 'static>(environment: E, options: &str) -> Vec<f32> {
    let mut host = MockHost::demonstrated(Cases::default()).in_environment(environment);
    host.demonstrator = Some(("expert", 1));
    for session in 1..=3 {
        let report = one(options, &mut host, session).unwrap();
        assert_eq!((report.malformed, report.refused), (0, 0), "{options}");
    }
    (1..=3).map(|session| reward(&host, session)).collect()
}

const FORMS: [&str; 2] = [r#"{"acts": 100}"#, r#"{"acts": 100, "constrained": true}"#];

#[test]
fn the_expert_is_followed_through_puzzles() {
    for form in FORMS {
        let rewards = followed(opened(Counsel::default(), PUZZLE), form);
        assert_eq!(rewards, [1.0; 3], "{form}");
    }
    let open = r#"{"mode": "puzzle", "actions": "open"}"#;
    let rewards = followed(opened(Counsel::default(), open), FORMS[0]);
    assert_eq!(rewards, [1.0; 3]);
}

#[test]
fn the_expert_is_followed_through_errands_in_a_house() {
    for form in FORMS {
        let rewards = followed(opened(House::default(), FIND), form);
        assert_eq!(rewards[1..], [1.0; 2], "{form}");
    }
}

#[test]
fn what_the_checker_of_a_puzzle_says_is_in_the_next_plan_and_in_the_reflection() {
    let mut counsel = opened(
        Counsel::default(),
        r#"{"mode": "puzzle", "actions": "open"}"#,
    );
    let SessionContent::Task(task) = counsel.session(1).unwrap() else {
        panic!("a puzzle is a task");
    };
    let numbers = task.instruction.split_once(" of ").unwrap().1;
    let numbers: Vec<&str> = numbers.split(['.', ' ']).take(2).collect();
    let wrong = format!("step {} + {} = 999", numbers[0], numbers[1]);
    let outputs = [
        &*format!("action: {wrong}"),
        "",
        "value = 1",
        "action: answer 24",
        "",
        "value = 1",
        "reflection: use all numbers",
    ];
    let mut host = MockHost::scripted(Cases::default(), &outputs).in_environment(counsel);
    let report = one(r#"{"depth": 1, "breadth": 1}"#, &mut host, 1).unwrap();
    assert_eq!((count(&report, "act"), count(&report, "insert")), (2, 1));
    let said = format!("> {wrong}\nThis is wrong, it makes ");
    for role in ["proposer", "critic", "reflector"] {
        let last = prompt(asked(&host, role).pop().unwrap());
        assert!(last.contains(&said), "{role}: {last}");
    }
    let last = prompt(asked(&host, "reflector")[0]);
    let told = "> answer 24\nThis does not use the numbers. A solution is ";
    assert!(last.contains(told), "{last}");
    assert_eq!(reward(&host, 1), 0.0);
}
