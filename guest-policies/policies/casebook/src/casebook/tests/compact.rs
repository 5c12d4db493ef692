//! Outputs under grammars.

use super::*;
use memloom_sdk::types::LexiconKind;

const SAID: &str = r#"{"constrained": true, "numbered": false}"#;

fn listed(outputs: &[&str]) -> MockHost<Cases> {
    at_gates(Gates::new(true, 2), outputs)
}

#[test]
fn the_planner_chooses_a_case_and_the_executor_sees_no_other() {
    let mut host = listed(&["e1", "use red key", "use blue key"]);
    case(&mut host.bank, "Open gate 7.", "use blue key", "success");
    case(&mut host.bank, "Open gate 8.", "ask Ben", "success");
    let report = live(SAID, &mut host, &[1]).remove(0);
    assert_eq!((report.steps, report.malformed), (3, 0));
    let asked: Vec<_> = host
        .requests
        .iter()
        .map(|it| it.grammar.clone().unwrap())
        .collect();
    let acts = "(use red key | use blue key)";
    assert_eq!(asked, ["(e1 | e2 | none)", acts, acts]);
    let prompts: Vec<String> = host.requests.iter().map(prompt).collect();
    assert_eq!(
        prompts[0],
        "user: Open gate 1.\nOpen gate 8. ask Ben e1\nOpen gate 7. use blue key e2\nOpen gate 1."
    );
    assert_eq!(
        prompts[1],
        "user: Open gate 1.\nOpen gate 8. ask Ben\nOpen gate 1."
    );
    assert_eq!(
        prompts[2],
        "user: Open gate 1.\n---\nassistant: use red key\n---\n\
         user: It stays shut.\nOpen gate 8. ask Ben\nOpen gate 1."
    );
    let uses = ["c1", "c2"].map(|id| field(&host.bank, id, "uses"));
    assert_eq!(uses, ["1", "2"]);
    assert_eq!(
        field(&host.bank, "c3", "plan"),
        "use red key It stays shut. use blue key It opens."
    );
}

#[test]
fn without_cases_or_with_none_of_them_the_executor_sees_the_task_alone() {
    let numbered = r#"{"constrained": true}"#;
    let mut host = listed(&["a2", "none", "a2", "e9", "a2"]);
    let reports = live(numbered, &mut host, &[1, 2, 3]);
    let malformed: Vec<u32> = reports.iter().map(|report| report.malformed).collect();
    assert_eq!(malformed, [0, 0, 1]);
    for (request, session) in [(0, 1), (2, 2), (4, 3)] {
        assert_eq!(
            prompt(&host.requests[request]),
            format!("user: Open gate {session}.\nuse red key a1\nuse blue key a2")
        );
    }
    // Nobody followed a case.
    assert!(reports.iter().all(|report| count(report, "outcome") == 0));
    assert_eq!(host.bank.entries().len(), 3);
}

#[test]
fn a_demonstrator_chooses_the_case_with_his_action_or_none() {
    for (plan, said) in [("use blue key It opens.", "e1"), ("use blue keys", "none")] {
        let gates = Gates::new(true, 0);
        let mut host = MockHost::demonstrated(Cases::default()).in_environment(gates);
        host.demonstrator = Some(("expert", 1));
        case(&mut host.bank, "Open gate 7.", plan, "success");
        let report = live(SAID, &mut host, &[1]).remove(0);
        assert_eq!(report.malformed, 0);
        let demonstrated = host.requests.iter().map(|it| it.demonstration.as_deref());
        let demonstrated: Vec<_> = demonstrated.collect();
        assert_eq!(demonstrated, [Some(said), Some("use blue key")]);
    }
}

#[test]
fn a_task_that_lists_no_actions_is_refused_where_outputs_are_constrained() {
    let refused = one(&mut configured(SAID), &mut gates(&["a1"]), 1);
    let why = "casebook chooses among listed actions where outputs are constrained, and session 1 \
               lists none: let the environment list them, or leave `constrained` out";
    assert_eq!(refused, Err(Error::Unsupported(why.into())));
}

#[test]
fn control_words_are_described_where_outputs_are_constrained() {
    let kind = LexiconKind {
        name: "colour".into(),
        cues: vec![],
        values: ["dark Blue", "(none)", "answer:"].map(String::from).into(),
    };
    for (options, count) in [
        ("{}", 0),
        (r#"{"constrained": true}"#, 65 + 17),
        (SAID, 4 + 17),
    ] {
        let mut policy = Casebook::default();
        policy.configure(options, vec![kind.clone()]).unwrap();
        let words = policy.describe().control_words;
        assert_eq!(words.len(), count, "{options}: {words:?}");
    }
}
