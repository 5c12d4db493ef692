//! Outputs under a grammar.

use super::*;

const OPTIONS: &str = r#"{"constrained": true, "notes": "all"}"#;

#[test]
fn listed_actions_are_said_in_their_own_words_and_memory_stands_before_the_question() {
    let listed = ASKED.replace("open", "listed");
    let mut host = MockHost::demonstrated(Flat::default()).in_environment(opened(&listed, 1, 4));
    host.demonstrator = Some(("expert", 1));
    let reports = live(OPTIONS, &mut host, 3);
    assert!(reports.iter().all(|report| report.malformed == 0));
    let first = &host.requests[0];
    let grammar = first.grammar.as_deref().unwrap();
    assert!(grammar.starts_with("(ask "), "{grammar}");
    assert!(grammar.contains(" | answer "), "{grammar}");
    assert_eq!(grammar, grammar.to_lowercase());
    assert!(first.stop.is_empty());
    assert_eq!(first.messages.len(), 1);
    let asked: Vec<&Request> = host
        .requests
        .iter()
        .filter(|request| request.messages.len() == 1)
        .collect();
    let lines: Vec<&str> = asked[1].messages[0].content.lines().collect();
    let question = lines[0].split_once("? ").unwrap().0;
    assert_eq!(lines[lines.len() - 1], format!("{question}?"));
    let texts = host.entry_texts();
    let notes = &lines[1..lines.len() - 1];
    assert!(!notes.is_empty() && notes.iter().all(|note| texts.contains(&note.to_string())));
}

#[test]
fn what_is_outside_of_the_grammar_is_malformed() {
    let listed = ASKED.replace("open", "listed");
    let gold = First::new(ASKED, 1).gold;
    let right = format!("answer {}", gold.to_lowercase());
    let mut host = scripted(&["hm", &right], opened(&listed, 1, 4));
    let report = live(OPTIONS, &mut host, 1).remove(0);
    assert_eq!((report.steps, report.malformed), (2, 1));
    let metrics = metrics(&host, 1);
    assert_eq!((metrics["success"], metrics["route"]), (1.0, -1.0));
}

#[test]
fn a_task_that_lists_no_actions_is_refused() {
    let mut host = scripted(&["hm"], opened(ASKED, 1, 4));
    let refused = one(&mut configured(OPTIONS), &mut host, 1);
    let why = "router chooses among listed actions where outputs are constrained, and session 1 lists \
               none: let the environment list them, or leave `constrained` out";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
}
