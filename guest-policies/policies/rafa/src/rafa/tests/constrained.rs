//! Outputs under a grammar.

use super::*;

const OPTIONS: &str = r#"{"constrained": true}"#;

#[test]
fn listed_actions_are_proposed_each_once_and_valued_in_tenths() {
    let outputs = ["pull right", "pull left", "v3", "v7"];
    let mut host =
        MockHost::scripted(Cases::default(), &outputs).in_environment(Levers::new(true, "left", 1));
    let report = one(OPTIONS, &mut host, 1).unwrap();
    assert_eq!((report.steps, report.malformed), (4, 0));
    let grammars = host.requests.iter().map(|it| it.grammar.clone().unwrap());
    let grammars: Vec<String> = grammars.collect();
    assert_eq!(
        grammars[..2],
        [
            "(pull left | pull right | pull middle)",
            "(pull left | pull middle)"
        ]
    );
    assert!(grammars[2].starts_with("(v0 | v1 | ") && grammars[2].ends_with(" | v10)"));
    let tokens: Vec<u32> = host.requests.iter().map(|it| it.max_tokens).collect();
    assert_eq!(tokens, [3, 3, 2, 2]);
    assert_eq!(prompt(&host.requests[0]), "Open gate 1.\nOpen gate 1.");
    assert_eq!(prompt(&host.requests[3]), "Open gate 1.\npull left");
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn what_is_outside_of_the_grammar_is_malformed() {
    let outputs = ["pull", "pull right", "high", "v1"];
    let mut host =
        MockHost::scripted(Cases::default(), &outputs).in_environment(Levers::new(true, "left", 1));
    let report = one(OPTIONS, &mut host, 1).unwrap();
    assert_eq!((report.steps, report.malformed), (4, 2));
    // The first lever was not proposed, stood in for, and was valued at 0.1.
    assert_eq!(prompt(&host.requests[3]), "Open gate 1.\npull left");
    assert_eq!(host.bank.entries(), []);
}

#[test]
fn acts_that_failed_are_the_reflection() {
    let outputs = ["pull right", "pull left", "v7", "v3"];
    let outputs = [&outputs[..], &outputs].concat();
    let mut host =
        MockHost::scripted(Cases::default(), &outputs).in_environment(Levers::new(true, "left", 1));
    for session in [1, 2] {
        one(OPTIONS, &mut host, session).unwrap();
    }
    assert_eq!(
        prompt(&host.requests[4]),
        "pull right\nOpen gate 1.\nOpen gate 1."
    );
}

#[test]
fn a_task_that_lists_no_actions_is_refused() {
    let mut host =
        MockHost::scripted(Cases::default(), &[]).in_environment(Levers::new(false, "left", 1));
    let why = "rafa chooses among listed actions where outputs are constrained, and session 1 lists \
               none: let the environment list them, or leave `constrained` out";
    assert_eq!(
        one(OPTIONS, &mut host, 1),
        Err(Error::Unsupported(why.into()))
    );
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(Rafa::default().describe().control_words.is_empty());
    let words = configured(OPTIONS).describe().control_words;
    assert_eq!((words.len(), &*words[10]), (11, "v10"));
}
