//! Streams of tasks of several environments.

use environment_house::House;
use environment_quest::Quest;
use environment_sums::Sums;
use memloom_sdk::text::lower_words;

use super::*;

/// Tasks whose first number is said by one of two code words.
const CODED: &str = r#"{"codes": 2, "depth": [0, 0], "actions": "listed"}"#;

fn opened<E: Environment>(mut environment: E, options: &str, index: u64) -> E {
    environment.load(vec![], options).unwrap();
    environment.open("train", index, 0).unwrap();
    environment
}

/// Answers with the last digit of a line of the prompt that has the code word of the task, else
/// with 0.
fn decoder(request: &Request) -> Result<String, String> {
    let prompt = prompt(request);
    let lines: Vec<Vec<String>> = prompt.lines().map(lower_words).collect();
    let code = |line: &[String]| {
        let has = line.iter().position(|word| word == "has").unwrap();
        line[has + 1].clone()
    };
    let asked = code(lines.last().unwrap());
    let of_code = lines.iter().filter(|line| code(line) == asked);
    let mut digits = of_code.filter_map(|line| {
        let mut words = line.iter().rev();
        words.find(|word| word.parse::<u32>().is_ok())
    });
    let told = digits.next_back().map_or("0", String::as_str);
    Ok(format!("answer : {told}"))
}

#[test]
fn what_an_earlier_task_told_is_found_again_in_sums() {
    let mean = |memory: &str| {
        let options =
            format!(r#"{{"constrained": true, "numbered": false, "memory": "{memory}"}}"#);
        let (mut sum, mut tasks) = (0.0, 0.0);
        for index in 0..40 {
            let mut host = MockHost::new(Cases::default(), decoder).in_environment(opened(
                Sums::default(),
                CODED,
                index,
            ));
            let reports = live(&options, &mut host, 8);
            assert!(reports.iter().all(|r| (r.malformed, r.refused) == (0, 0)));
            for session in 1..=8 {
                sum += reward(&host, &format!("task-{session}"));
                tasks += 1.0;
            }
        }
        println!("{memory}: {:.3}", sum / tasks);
        sum / tasks
    };
    assert!(mean("rag") >= 0.95);
    assert!(mean("none") <= 0.5);
}

#[test]
fn g_orders_have_the_same_tasks_and_other_experiences() {
    let tasks = |order: &str| {
        let options = format!(r#"{{"order": {order}, "tasks": 6}}"#);
        let mut host = MockHost::demonstrated(Cases::default()).in_environment(opened(
            Sums::default(),
            &options,
            3,
        ));
        host.demonstrator = Some(("expert", 1));
        live(r#"{"memory": "recent"}"#, &mut host, 6);
        let instruction = |session| match host.environment.as_mut().unwrap().session(session) {
            Ok(SessionContent::Task(task)) => task.instruction,
            _ => panic!("session {session} is no task"),
        };
        let tasks: Vec<String> = (1..=6).map(instruction).collect();
        let last = prompt(host.requests.last().unwrap());
        (tasks, last)
    };
    let (given, shown) = tasks(r#""given""#);
    for order in [r#""easy-first""#, r#""hard-first""#, "2"] {
        let (mut other, others_shown) = tasks(order);
        assert_eq!(tasks(order).1, others_shown);
        assert!(other == given || others_shown != shown, "{order}");
        let mut same = given.clone();
        same.sort();
        other.sort();
        assert_eq!(other, same, "{order}");
    }
}

/// Follows the expert through three tasks in each form and with each memory, and asserts that all
/// are done, and kept where experiences are.
fn follow<E: Environment + 'static>(environment: impl Fn() -> E, forms: &[&str]) {
    for form in forms {
        for memory in ["none", "recent", "rag", "refine"] {
            let options = format!(r#"{{"memory": "{memory}", "store": "all"{form}}}"#);
            let mut host = MockHost::demonstrated(Cases::default()).in_environment(environment());
            host.demonstrator = Some(("expert", 1));
            let reports = live(&options, &mut host, 3);
            for (session, report) in (1..).zip(&reports) {
                assert_eq!((report.malformed, report.refused), (0, 0), "{options}");
                let kept = u32::from(memory != "none");
                assert_eq!(count(report, "insert"), kept, "{options}");
                let question = format!("task-{session}");
                assert_eq!(reward(&host, &question), 1.0, "{options}");
            }
            let outcomes = host.bank.entries().into_iter();
            let outcomes = outcomes.map(|entry| entry.fields[1].1.clone());
            assert!(
                outcomes.clone().all(|outcome| outcome == "success"),
                "{options}"
            );
        }
    }
}

const FORMS: [&str; 3] = [
    "",
    r#", "constrained": true"#,
    r#", "constrained": true, "numbered": false"#,
];

#[test]
fn the_expert_is_followed_through_sums_of_which_advice_has_steps() {
    follow(|| opened(Sums::default(), "{}", 1), &FORMS[..1]);
    follow(|| opened(Sums::default(), CODED, 1), &FORMS);
}

#[test]
fn the_expert_is_followed_through_questions_to_documents() {
    let options = r#"{"tasks": 3, "notes": true}"#;
    follow(|| opened(Quest::default(), options, 2), &FORMS[..1]);
    let options = r#"{"tasks": 3, "actions": "listed"}"#;
    follow(|| opened(Quest::default(), options, 2), &FORMS);
}

#[test]
fn the_expert_is_followed_through_errands_in_a_house() {
    let options = r#"{"mix": ["find"], "sessions": 3, "rooms": 3, "objects": 6}"#;
    let house = || opened(House::default(), options, 1);
    for form in FORMS {
        let options = format!(r#"{{"store": "all"{form}}}"#);
        let mut host = MockHost::demonstrated(Cases::default()).in_environment(house());
        host.demonstrator = Some(("expert", 1));
        let reports = live(&options, &mut host, 3);
        let faults = reports.iter().map(|r| r.malformed + r.refused);
        assert_eq!(faults.sum::<u32>(), 0, "{form}");
        for session in [2, 3] {
            assert_eq!(reward(&host, &format!("task-{session}")), 1.0, "{form}");
        }
        assert_eq!(host.bank.entries().len(), 3, "{form}");
    }
}

#[test]
fn a_demonstrator_prunes_what_has_not_the_words_of_his_action() {
    for (form, pruned) in [
        ("", "Think-Prune: 1"),
        (r#", "constrained": true"#, "prune e1"),
    ] {
        let outputs = ["use red key", "use blue key"].map(|action| match form {
            "" => format!("Action: {action}"),
            _ if action.contains("red") => "a1".into(),
            _ => "a3".into(),
        });
        let first: Vec<&str> = outputs.iter().map(String::as_str).collect();
        let mut host =
            MockHost::scripted(Cases::default(), &first).in_environment(Doors::new(true));
        let options = format!(r#"{{"memory": "refine", "store": "all"{form}}}"#);
        let mut policy = configured(&options);
        one(&mut policy, &mut host, 1).unwrap();
        one(&mut policy, &mut host, 2).unwrap();
        // The failure names the blue key, so that it is of use. This case is of none.
        let at = Moment {
            session: 2,
            time: "day 2".into(),
        };
        let of_no_use = memloom_sdk::types::Insertion {
            fields: vec![("plan".into(), "wait".into())],
            ..memloom_sdk::types::Insertion::new("Open a box, not a door.", "", vec![])
        };
        host.bank
            .apply(at, vec![memloom_sdk::types::Operation::Insert(of_no_use)]);
        let mut follower = MockHost::demonstrated(host.bank).in_environment(Doors::new(true));
        follower.demonstrator = Some(("expert", 1));
        let report = one(&mut policy, &mut follower, 3).unwrap();
        assert_eq!(count(&report, "prune"), 1, "{form}");
        let said: Vec<&str> = follower
            .requests
            .iter()
            .filter_map(|request| request.demonstration.as_deref())
            .collect();
        assert_eq!((said.len(), said[0]), (2, pruned));
        assert_eq!(rewards(&follower, 3), [0.0, 0.0, 1.0]);
    }
}

#[test]
fn advice_of_several_lines_is_a_thought_and_an_action() {
    let mut host = MockHost::demonstrated(Cases::default()).in_environment(Doors::new(false));
    host.demonstrator = Some(("expert", 1));
    live(r#"{"memory": "rag"}"#, &mut host, 2);
    let said: Vec<&str> = host
        .requests
        .iter()
        .filter_map(|request| request.demonstration.as_deref())
        .collect();
    let action = "Action: use blue key";
    assert_eq!(said, [action, "Think: It wants blue.", action]);
}
