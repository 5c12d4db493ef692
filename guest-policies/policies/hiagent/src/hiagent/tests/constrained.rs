//! Outputs under a grammar.

use super::*;

const OPTIONS: &str = r#"{"constrained": true}"#;
const LISTED: &str = r#"{"feedback": "valid-actions", "size": [4, 4]}"#;

fn task() -> Task {
    match blocks(LISTED, 0).session(1).unwrap() {
        SessionContent::Task(task) => task,
        SessionContent::Dialogue(_) => panic!("it is a dialogue"),
    }
}

/// Returns the goals of the task.
fn goals() -> Vec<String> {
    let instruction = task().instruction;
    let goals = instruction.lines().next().unwrap().split_inclusive('.');
    goals.map(|goal| goal.trim().to_string()).collect()
}

#[test]
fn the_first_output_names_a_goal_and_a_listed_action() {
    let goals = goals();
    let act = idle(LISTED, 1).remove(0);
    let output = format!("subgoal {} action {act}", goals[1].replace('.', " ."));
    let mut host = scripted(LISTED, &[output]);
    let options = r#"{"constrained": true, "steps": 1}"#;
    let report = observed(&mut configured(options), &mut host, 1);
    assert_eq!((report.malformed, count(&report, "act")), (0, 1));
    let request = &host.requests[0];
    let instruction = task().instruction;
    let goal = instruction.lines().next().unwrap();
    assert_eq!(shown(request), format!("{instruction}\n{goal}"));
    let grammar = request.grammar.as_deref().unwrap();
    assert!(
        grammar.starts_with("subgoal (") && !grammar.contains(" | action ("),
        "{grammar}"
    );
    assert!(request.stop.is_empty());
    let entry = host.bank.entries().remove(0);
    assert_eq!(entry.fields[2].1, goals[1]);
}

#[test]
fn later_outputs_go_on_turn_to_another_goal_or_retrieve() {
    let goals = goals();
    let said: Vec<String> = goals.iter().map(|goal| goal.replace('.', " .")).collect();
    let acts = idle(LISTED, 4);
    let outputs = [
        format!("subgoal {} action {}", said[0], acts[0]),
        format!("action {}", acts[1]),
        format!("subgoal {} action {}", said[1], acts[2]),
        "not reached done".into(),
        "retrieve 1".into(),
        format!("action {}", acts[3]),
    ];
    let mut host = scripted(LISTED, &outputs);
    let options = r#"{"constrained": true, "steps": 5}"#;
    let report = observed(&mut configured(options), &mut host, 1);
    assert_eq!((report.steps, report.malformed, report.refused), (6, 0, 0));
    let grammar = |place: usize| host.requests[place].grammar.clone().unwrap();
    assert!(grammar(1).contains(" | action (") && !grammar(1).contains("retrieve"));
    assert!(!grammar(1).contains(&format!("({} |", said[0])));
    assert!(grammar(3).starts_with("(reached | not reached) (("));
    assert!(grammar(4).ends_with(" | retrieve (1)"));
    let finished = format!("subgoal 1 {} not reached.\n", goals[0]);
    let prompts: Vec<String> = host.requests.iter().map(shown).collect();
    assert!(prompts[4].contains(&format!("{finished}subgoal 2 {}\n{}\n", goals[1], acts[2])));
    assert!(prompts[5].contains(&format!("{finished}{}\n", acts[0])));
}

#[test]
fn the_full_history_is_chosen_from_actions_alone() {
    let acts = idle(LISTED, 2);
    let outputs: Vec<String> = acts.iter().map(|act| format!("action {act}")).collect();
    let mut host = scripted(LISTED, &outputs);
    let options = r#"{"constrained": true, "summarise": false, "retrieve": false, "steps": 2}"#;
    let report = observed(&mut configured(options), &mut host, 1);
    assert_eq!((report.malformed, count(&report, "act")), (0, 2));
    for request in &host.requests {
        assert!(request.grammar.as_deref().unwrap().starts_with("action ("));
    }
}

#[test]
fn an_output_outside_the_grammar_is_malformed_and_costs_a_step() {
    let mut host = scripted(LISTED, &["action fly".into(), "done".into()]);
    let options = r#"{"constrained": true, "steps": 2}"#;
    let report = observed(&mut configured(options), &mut host, 1);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (2, 2, 0)
    );
}

#[test]
fn a_task_without_listed_actions_is_refused() {
    let mut host = scripted("{}", &[]);
    let content = host.environment.as_mut().unwrap().session(1).unwrap();
    assert_eq!(
        configured(OPTIONS).observe(&mut host, content, None),
        Err(Error::Unsupported(
            "hiagent chooses among listed actions where outputs are constrained, and session 1 lists \
             none: let the environment list them, or leave `constrained` out"
                .into()
        ))
    );
}
