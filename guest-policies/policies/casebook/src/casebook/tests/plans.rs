//! Plans as text, their steps, and their prompts.

use super::*;

#[test]
fn a_plan_is_carried_out_step_by_step_and_a_new_one_knows_what_was_done() {
    let first = plan(&["look around", "try a key"], &[]);
    let second = plan(&["use the other key"], &[]);
    let outputs = [
        &first,
        "done: there is a gate",
        RED,
        "done: it stays shut",
        &second,
        BLUE,
    ];
    let mut host = gates(&outputs);
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (6, 0, 2)
    );
    let roles: Vec<&str> = host.requests.iter().map(|it| &*it.role).collect();
    let expected = [
        "planner", "executor", "executor", "executor", "planner", "executor",
    ];
    assert_eq!(roles, expected);
    let prompts: Vec<String> = host.requests.iter().map(prompt).collect();
    assert_eq!(prompts[0], "user: Task: Open gate 1.");
    assert_eq!(prompts[1], "user: Task: Open gate 1.\nStep: look around");
    assert_eq!(prompts[2], "user: Task: Open gate 1.\nStep: try a key");
    assert_eq!(
        prompts[3],
        "user: Task: Open gate 1.\n---\nassistant: action: use red key\n---\n\
         user: It stays shut.\nStep: try a key"
    );
    assert_eq!(
        prompts[4],
        "user: Task: Open gate 1.\n\nDone so far:\nlook around: there is a gate\n\
         try a key: it stays shut"
    );
    assert_eq!(
        field(&host.bank, "c1", "plan"),
        "look around; try a key; use red key -> It stays shut.; use the other key; \
         use blue key -> It opens."
    );
}

#[test]
fn successes_are_numbered_to_be_followed_and_failures_stand_apart() {
    let mut host = gates(&[&plan(&["open it"], &[2, 2, 3]), BLUE]);
    case(&mut host.bank, "Open gate 7.", "use blue key", "success");
    case(&mut host.bank, "Open gate 8.", "use red key", "failure");
    case(&mut host.bank, "Open gate 9.", "ask Ben", "success");
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!(
        prompt(&host.requests[0]),
        "user: Cases that succeeded:\n[Case 1]\nGoal: Open gate 9.\nPlan: ask Ben\n\
         [Case 2]\nGoal: Open gate 7.\nPlan: use blue key\n\n\
         Cases that failed:\nGoal: Open gate 8.\nPlan: use red key\n\nTask: Open gate 1."
    );
    // The case that was followed is used once more, no other one is, and 3 is the number of none.
    let uses = ["c1", "c2", "c3"].map(|id| field(&host.bank, id, "uses"));
    assert_eq!(uses, ["2", "1", "1"]);
    assert_eq!((report.refused, count(&report, "outcome")), (1, 1));
}

#[test]
fn a_case_of_unknown_outcome_is_shown_neither_as_success_nor_as_failure() {
    let mut host = gates(&[&plan(&["open it"], &[]), BLUE]);
    case(&mut host.bank, "Open gate 7.", "use green key", "unknown");
    live("{}", &mut host, &[1]);
    assert_eq!(prompt(&host.requests[0]), "user: Task: Open gate 1.");
}

#[test]
fn a_case_of_the_very_task_is_not_shown_in_evaluation() {
    for (options, is_shown) in [("{}", true), (r#"{"exclude_same": true}"#, false)] {
        let mut host = gates(&[&plan(&["open it"], &[]), BLUE]);
        case(&mut host.bank, "Open gate 1.", "use blue key", "success");
        case(&mut host.bank, "Open gate 2.", "use blue key", "success");
        live(options, &mut host, &[1]);
        let prompt = prompt(&host.requests[0]);
        assert_eq!(prompt.contains("Goal: Open gate 1."), is_shown);
        assert!(prompt.contains("Goal: Open gate 2."));
    }
}

#[test]
fn a_broken_plan_is_malformed_and_the_task_is_tried_without_one_and_is_no_case() {
    for output in [r#"{"plan": [{"id": 1, "descr"#, "I open it.", ""] {
        let mut host = gates(&[output, BLUE]);
        let report = live("{}", &mut host, &[1]).remove(0);
        assert_eq!((report.malformed, count(&report, "act")), (1, 1));
        assert_eq!(prompt(&host.requests[1]), "user: Task: Open gate 1.");
        assert_eq!(count(&report, "insert"), 0);
        assert!(host.bank.entries().is_empty());
    }
}

#[test]
fn the_bank_refuses_a_case_without_a_plan() {
    let at = Moment {
        session: 1,
        time: "day 1".into(),
    };
    let results = Cases::default().apply(at, vec![Operation::insert("Open gate 1.", "", vec![])]);
    let why = "a case needs a plan: set the field `plan`";
    assert_eq!(results, [Err(Error::Invalid(why.into()))]);
}

#[test]
fn a_final_answer_is_the_last_act_where_it_can_be_taken() {
    let mut host = gates(&["FINAL ANSWER: blue"]);
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!((report.malformed, count(&report, "act")), (0, 1));
    let mut host = at_gates(Gates::new(true, 2), &["FINAL ANSWER: blue"]);
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!((report.malformed, count(&report, "act")), (1, 0));
}

#[test]
fn an_act_that_cannot_be_read_is_malformed_and_plans_end_after_their_cycles() {
    let steps = plan(&["open it"], &[]);
    let outputs = [&steps, "done: no", &steps, "done: no"];
    let mut host = gates(&outputs);
    let report = live(r#"{"cycles": 2}"#, &mut host, &[1]).remove(0);
    assert_eq!((report.steps, count(&report, "act")), (4, 0));
    let mut host = gates(&[&steps, "I use the blue key.", BLUE]);
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!((report.malformed, count(&report, "act")), (1, 2));
}

#[test]
fn own_instructions_replace_the_planners() {
    let mut host = gates(&[&plan(&["open it"], &[]), BLUE]);
    live(r#"{"instruction": "Be brave."}"#, &mut host, &[1]);
    assert_eq!(host.requests[0].messages[0].content, "Be brave.");
    let executor = &host.requests[1].messages[0].content;
    assert!(executor.starts_with("You carry out a plan"), "{executor}");
}

#[test]
fn a_demonstrator_plans_the_task_as_a_step_and_follows_the_case_with_his_action() {
    let mut host = MockHost::demonstrated(Cases::default()).in_environment(Gates::default());
    host.demonstrator = Some(("expert", 1));
    case(
        &mut host.bank,
        "Open gate 7.",
        "use blue key -> It opens.",
        "success",
    );
    case(
        &mut host.bank,
        "Open gate 8.",
        "use blue keyring",
        "success",
    );
    let report = live("{}", &mut host, &[1]).remove(0);
    assert_eq!((report.malformed, report.refused), (0, 0));
    let said: Vec<_> = host
        .requests
        .iter()
        .map(|it| it.demonstration.clone())
        .collect();
    let expected = [
        r#"{"cases":[2],"plan":[{"description":"Open gate 1."}]}"#,
        "action: use blue key",
    ];
    assert_eq!(said, expected.map(|text| Some(text.to_string())));
    assert_eq!(field(&host.bank, "c1", "uses"), "2");
}
