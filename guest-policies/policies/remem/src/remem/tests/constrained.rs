//! Outputs under a grammar.

use super::*;

const NUMBERED: &str = r#"{"constrained": true}"#;
const SAID: &str = r#"{"constrained": true, "numbered": false}"#;

fn listed(outputs: &[&str]) -> MockHost<Cases> {
    MockHost::scripted(Cases::default(), outputs).in_environment(Doors::new(true))
}

#[test]
fn a_grammar_has_prunes_by_name_and_the_listed_actions() {
    for (options, output, actions) in [
        (NUMBERED, "a3", "(a1 | a2 | a3)"),
        (
            SAID,
            "use blue key",
            "(use red key | use green key | use blue key)",
        ),
    ] {
        let mut host = listed(&[output; 3]);
        let reports = live(options, &mut host, 3);
        assert_eq!(host.requests[0].grammar.as_deref(), Some(actions));
        let with_prunes = format!("(prune (e1 | e2) | {actions})");
        assert_eq!(host.requests[2].grammar, Some(with_prunes));
        assert!(host.requests.iter().all(|request| request.stop.is_empty()));
        assert_eq!(rewards(&host, 3), [1.0; 3]);
        assert!(reports.iter().all(|report| report.malformed == 0));
    }
}

#[test]
fn the_task_stands_before_and_after_the_experiences_whose_names_stand_last() {
    let mut host = listed(&["use blue key"; 2]);
    live(SAID, &mut host, 2);
    assert_eq!(
        prompt(&host.requests[1]),
        "user: Open door 2.\nOpen door 1. use blue key It opens. success e1\nOpen door 2."
    );
    let mut host = listed(&["use blue key"; 2]);
    live(
        r#"{"constrained": true, "numbered": false, "memory": "rag"}"#,
        &mut host,
        2,
    );
    assert_eq!(
        prompt(&host.requests[1]),
        "user: Open door 2.\nOpen door 1. use blue key It opens. success\nOpen door 2."
    );
    assert_eq!(host.requests[1].max_tokens, 4);
}

#[test]
fn a_prune_takes_an_experience_out_of_prompt_and_grammar_until_rounds_are_used() {
    let outputs = ["a3", "a3", "a3", "prune e1", "prune e3", "a3"];
    let mut host = listed(&outputs);
    let options = r#"{"constrained": true, "rounds": 2}"#;
    let report = live(options, &mut host, 4).remove(3);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "prune")),
        (3, 0, 2)
    );
    let grammars: Vec<&str> = host.requests[3..]
        .iter()
        .filter_map(|request| request.grammar.as_deref())
        .collect();
    assert_eq!(
        grammars,
        [
            "(prune (e1 | e2 | e3) | (a1 | a2 | a3))",
            "(prune (e2 | e3) | (a1 | a2 | a3))",
            "(a1 | a2 | a3)"
        ]
    );
    let last = prompt(&host.requests[5]);
    assert!(
        !last.contains("e1") && last.contains("success e2"),
        "{last}"
    );
}

#[test]
fn what_is_outside_of_the_grammar_is_malformed() {
    let outputs = ["prune e1", "prune", "use blue key", "a3"];
    let mut host = listed(&outputs);
    let report = live(NUMBERED, &mut host, 1).remove(0);
    assert_eq!((report.steps, report.malformed), (4, 3));
    assert_eq!(rewards(&host, 1), [1.0]);
}

#[test]
fn a_task_that_lists_no_actions_is_refused_where_outputs_are_constrained() {
    let refused = one(&mut configured(SAID), &mut doors(&["a1"]), 1);
    let why = "remem chooses among listed actions where outputs are constrained, and session 1 lists \
               none: let the environment list them, or leave `constrained` out";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    assert!(ReMem::default().describe().control_words.is_empty());
    for (options, count) in [
        (NUMBERED, 65 + 17),
        (SAID, 17),
        (r#"{"constrained": true, "memory": "rag"}"#, 65),
    ] {
        let words = configured(options).describe().control_words;
        assert_eq!(words.len(), count, "{options}");
    }
    for word in ["prune", "e1", "e16"] {
        let words = configured(SAID).describe().control_words;
        assert!(words.iter().any(|listed| listed == word), "{word}");
    }
}

#[test]
fn the_words_of_a_closed_language_are_control_words_where_actions_are_said() {
    let kind = LexiconKind {
        name: "colour".into(),
        cues: vec![],
        values: ["dark Blue", "(none)", "answer:", "e1"]
            .map(String::from)
            .into(),
    };
    for (options, expected) in [
        (
            r#"{"constrained": true, "numbered": false, "memory": "rag"}"#,
            vec![":", "answer", "blue", "dark", "e1", "none"],
        ),
        (r#"{"memory": "rag"}"#, vec![]),
    ] {
        let mut policy = ReMem::default();
        policy.configure(options, vec![kind.clone()]).unwrap();
        assert_eq!(policy.describe().control_words, expected);
    }
}
