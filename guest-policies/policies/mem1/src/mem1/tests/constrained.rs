//! Outputs under a grammar.

use super::*;

const OPTIONS: &str = r#"{"constrained": true}"#;
const LISTED: &str = r#"{"actions": "listed", "objectives": 1, "top": 1, "notes": true}"#;

#[test]
fn the_model_keeps_sentences_that_were_shown_and_takes_a_listed_action() {
    let mut host = MockHost::demonstrated(Page::default()).in_environment(made_up(LISTED, 1));
    host.demonstrator = Some(("expert", 1));
    let report = one(&mut configured(OPTIONS), &mut host);
    assert_eq!(
        (reward(&host), report.malformed, report.refused),
        (1.0, 0, 0)
    );
    let [first, second, ..] = &host.requests[..] else {
        panic!("too few requests");
    };
    let question = first.messages[0].content.lines().next().unwrap();
    assert_eq!(shown(first), format!("{question}\n{question}"));
    assert!(
        first
            .grammar
            .as_deref()
            .unwrap()
            .starts_with("done (search : ")
    );
    let prompt = shown(second);
    let lines: Vec<&str> = prompt.lines().collect();
    assert_eq!((lines[0], lines[lines.len() - 1]), (question, question));
    assert!(lines[1].starts_with("search: ") && lines[2].starts_with("You have 5 turns"));
    // Neither the title nor what is said to the agent can be kept.
    let grammar = second.grammar.as_deref().unwrap();
    assert!(grammar.starts_with("((the ") && !grammar.contains("you have"));
    assert!(!grammar.contains("doc"));
    assert_eq!(
        host.bank.entries()[0].evidence.len(),
        host.requests.len() - 1
    );
}

#[test]
fn the_state_goes_on_and_older_information_does_not() {
    let keep_first = |request: &Request| {
        let grammar = request.grammar.as_deref().unwrap();
        let action = grammar
            .rsplit('(')
            .next()
            .unwrap()
            .split(" | ")
            .next()
            .unwrap();
        let action = action.trim_end_matches(')');
        let kept = grammar
            .strip_prefix("((")
            .and_then(|rest| rest.split(" | ").next());
        let kept = kept.map(|kept| kept.trim_end_matches(')'));
        let parts = kept.into_iter().chain(["done", action]);
        Ok(parts.collect::<Vec<_>>().join(" "))
    };
    let world = r#"{"actions": "listed", "objectives": 1, "top": 2}"#;
    let mut host = MockHost::new(Page::default(), keep_first).in_environment(made_up(world, 2));
    let report = one(&mut configured(OPTIONS), &mut host);
    assert_eq!((report.steps, report.malformed), (6, 0));
    let kept = host.entry_texts().remove(0);
    assert_eq!(kept.lines().count(), 1);
    for request in &host.requests[2..] {
        let prompt = shown(request);
        assert_eq!(prompt.lines().nth(1), Some(&*kept));
        assert_eq!(prompt.matches("turn").count(), 1);
    }
}

#[test]
fn an_output_outside_the_grammar_is_malformed_and_ends_the_task() {
    let mut host =
        MockHost::scripted(Page::default(), &["done"]).in_environment(made_up(LISTED, 1));
    let report = one(&mut configured(OPTIONS), &mut host);
    assert_eq!((report.steps, report.malformed, reward(&host)), (1, 1, 0.0));
}

#[test]
fn a_task_without_listed_actions_is_refused() {
    let mut host = MockHost::scripted(Page::default(), &[]);
    let task = Task {
        index: 3,
        time: "day 3".into(),
        instruction: "Wander.".into(),
        actions: vec![],
        steps: 3,
    };
    assert_eq!(
        configured(OPTIONS).observe(&mut host, SessionContent::Task(task), None),
        Err(Error::Unsupported(
            "mem1 chooses among listed actions where outputs are constrained, and session 3 lists \
             none: let the environment list them, or leave `constrained` out"
                .into()
        ))
    );
}

#[test]
fn own_instructions_come_first() {
    let options = r#"{"constrained": true, "instruction": "Seek."}"#;
    let mut host =
        MockHost::scripted(Page::default(), &["done"]).in_environment(made_up(LISTED, 1));
    one(&mut configured(options), &mut host);
    assert_eq!(
        host.requests[0].messages[0],
        memloom_sdk::host::Message::new("system", "Seek.")
    );
}
