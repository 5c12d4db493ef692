//! A stream of tasks in an office whose quirks hold from task to task.

use environment_office::Office;
use memloom_sdk::text::{apart, lower_words};
use memloom_sdk::types::Answer;

use super::*;

const SESSIONS: u32 = 24;

/// The names of calls of which one holds in an office.
const NAMES: [[&str; 3]; 5] = [
    ["search", "find", "query"],
    ["list", "inbox", "fetch"],
    ["read", "open", "get"],
    ["requests", "claims", "pending"],
    ["search", "flights", "lookup"],
];

/// Chooses the case whose goal shares most words with the task, which stands last.
fn choose(prompt: &str) -> String {
    let lines: Vec<&str> = prompt.lines().collect();
    let task = lower_words(lines[lines.len() - 1]);
    let shared = |line: &&&str| {
        let goal = line.split('.').next().unwrap_or_default();
        let words = lower_words(goal);
        task.iter().filter(|word| words.contains(word)).count()
    };
    let best = lines[1..lines.len() - 1].iter().max_by_key(shared).unwrap();
    best.split(' ').next_back().unwrap().into()
}

/// Returns the act of one who explores as the advice says, unless the case that he follows tells a
/// password, a notice or the name of a call.
fn act(prompt: &str, advice: &str) -> String {
    let known = format!(" {} ", apart(prompt));
    // The acts of this task do not stand in the last message.
    let (history, case) = known.rsplit_once("user :").unwrap_or(("", &known));
    let last = history
        .rsplit_once("assistant :")
        .map_or("", |(_, last)| last);
    for app in ["contacts", "mail", "notes", "pay", "travel"] {
        let told = |what: &str| case.contains(&format!(" {app} . {what}"));
        if last.contains(&format!(" {app} . login")) && told("dismiss the notice is gone") {
            return format!("{app} . dismiss");
        }
        let login = format!(" {app} . login password = ");
        if advice == format!("vault . passwords app = {app}")
            && let Some((_, after)) = case.split_once(&login)
        {
            let word = after.split(' ').next().unwrap();
            return format!("{app} . login password = {word}");
        }
        let called = advice.strip_prefix(&format!("{app} . "));
        let Some((name, rest)) =
            called.map(|called| called.split_once(' ').unwrap_or((called, "")))
        else {
            continue;
        };
        let alike = NAMES.iter().filter(|names| names.contains(&name)).flatten();
        let latest = |other: &&&str| case.rfind(&format!(" {app} . {other} "));
        if let Some(name) = alike
            .filter(|other| told(&format!("{other} ")))
            .max_by_key(latest)
        {
            return format!("{app} . {name} {rest}").trim_end().into();
        }
    }
    advice.into()
}

/// Returns the mean success in the second half of the streams of some episodes.
fn success(memory: &str, q: &str) -> f32 {
    let options = format!(
        r#"{{"constrained": true, "numbered": false, "memory": "{memory}", "shown": 16,
            "plan_words": 400}}"#
    );
    let mut sum = 0.0;
    let episodes = 5;
    for index in 0..episodes {
        let mut office = Office::default();
        office.load(vec![], r#"{"templates": 4}"#).unwrap();
        office.open("train", index, SESSIONS).unwrap();
        let model = |request: &Request| {
            let prompt = prompt(request);
            Ok(match &*request.role {
                "planner" => choose(&prompt),
                _ => {
                    let advice = request.demonstration.clone().unwrap_or_default();
                    let said = act(&prompt, &advice);
                    let grammar = request.grammar.as_deref().unwrap_or_default();
                    let is_listed = grammar
                        .trim_matches(['(', ')'])
                        .split(" | ")
                        .any(|listed| listed == said);
                    if is_listed { said } else { advice }
                }
            })
        };
        let mut bank = Cases::default();
        bank.configure(&format!(r#"{{"q": "{q}"}}"#)).unwrap();
        let mut host = MockHost::new(bank, model).in_environment(office);
        // One who forgets all earlier sessions.
        host.demonstrator = Some(("nothing", 1));
        let sessions: Vec<u32> = (1..=SESSIONS).collect();
        let reports = live(&options, &mut host, &sessions);
        assert!(
            reports
                .iter()
                .all(|it| (it.malformed, it.refused) == (0, 0))
        );
        let office = host.environment.as_ref().unwrap();
        let nothing = Answer {
            text: String::new(),
            citations: vec![],
        };
        for session in SESSIONS / 2 + 1..=SESSIONS {
            let score = office.score(&format!("task-{session}"), &nothing).unwrap();
            let success = score.metrics.iter().find(|(name, _)| name == "success");
            sum += success.unwrap().1;
        }
    }
    let mean = sum / (episodes as u32 * SESSIONS / 2) as f32;
    println!("{memory}, {q}: {mean:.2}");
    mean
}

#[test]
fn later_tasks_of_an_office_succeed_more_often_with_cases() {
    let without = success("none", "kernel");
    for (memory, q) in [
        ("similar", "kernel"),
        ("value", "kernel"),
        ("value", "logistic"),
        ("draw", "kernel"),
    ] {
        let with = success(memory, q);
        assert!(with >= without + 0.2, "{memory}: {with} against {without}");
    }
}
