//! Outputs in the three forms, and others.

use super::*;

#[test]
fn e_three_thoughts_in_a_row_demand_an_action_and_a_fourth_ends_the_task() {
    let thoughts = ["Think: hm."; 4];
    let mut host = doors(&thoughts);
    let report = live("{}", &mut host, 1).remove(0);
    assert_eq!((report.steps, report.malformed), (4, 1));
    assert_eq!(count(&report, "act"), 0);
    let endings: Vec<String> = host
        .requests
        .iter()
        .map(|request| request.messages.last().unwrap().content.clone())
        .collect();
    assert_eq!(endings[1..3], ["Go on.", "Go on."]);
    assert_eq!(
        endings[3],
        "Now act: reply with a line that begins with Action:"
    );
    assert!(host.bank.entries().is_empty());

    let outputs = [&thoughts[..3], &["Action: use blue key"]].concat();
    let mut host = doors(&outputs);
    let report = live("{}", &mut host, 1).remove(0);
    assert_eq!((report.steps, report.malformed), (4, 0));
    assert_eq!(rewards(&host, 1), [1.0]);
}

#[test]
fn e_numbers_that_cannot_be_read_prune_nothing_and_are_malformed() {
    let outputs = [
        "Action: use blue key",
        "Think-Prune: a-b",
        "Action: use blue key",
    ];
    let mut host = doors(&outputs);
    let report = live("{}", &mut host, 2).remove(1);
    assert_eq!((report.steps, report.malformed), (2, 1));
    assert_eq!(count(&report, "prune"), 0);
    let last = prompt(&host.requests[2]);
    assert!(last.contains("[Experience #1]"), "{last}");
    assert!(
        last.ends_with(
            "assistant: Think-Prune: a-b\n---\n\
             user: The numbers cannot be read, and nothing is dropped. Go on."
        ),
        "{last}"
    );
}

#[test]
fn an_output_without_a_form_or_with_no_such_action_is_malformed_and_named() {
    for (output, why) in [
        (
            "use blue key",
            "The reply begins with none of the forms. Go on.",
        ),
        ("Action: use pink key", "There is no such action. Go on."),
    ] {
        let mut host = MockHost::scripted(Cases::default(), &[output, "Action: use blue key"])
            .in_environment(Doors::new(true));
        let report = live("{}", &mut host, 1).remove(0);
        assert_eq!((report.steps, report.malformed), (2, 1));
        let last = &host.requests[1].messages;
        let said = [
            &*last[last.len() - 2].content,
            &*last[last.len() - 1].content,
        ];
        assert_eq!(said, [output, why]);
        assert_eq!(rewards(&host, 1), [1.0]);
    }
}

#[test]
fn only_refine_has_the_form_of_a_prune() {
    for (memory, malformed) in [("refine", 0), ("rag", 1), ("recent", 1)] {
        let outputs = [
            "Action: use blue key",
            "Think-Prune: 1",
            "Action: use blue key",
        ];
        let mut host = doors(&outputs);
        let options = format!(r#"{{"memory": "{memory}"}}"#);
        let report = live(&options, &mut host, 2).remove(1);
        assert_eq!(report.malformed, malformed, "{memory}");
        let instructions = &host.requests[0].messages[0].content;
        assert_eq!(instructions.contains("Think-Prune:"), malformed == 0);
    }
}

#[test]
fn a_task_that_ends_without_an_act_after_others_is_kept_with_them() {
    let mut host = doors(&["Action: use red key", "I give up."]);
    host.environment = Some(Box::new(Doors::with_tries(3)));
    let options = r#"{"memory": "rag", "rounds": 0, "store": "all"}"#;
    let report = live(options, &mut host, 1).remove(0);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (2, 1, 1)
    );
    let kept = ["plan", "outcome"].map(|name| field(&host.bank, "c1", name));
    assert_eq!(kept, ["use red key -> It wants the blue key.", "failure"]);
}

#[test]
fn more_actions_than_are_listed_at_once_are_turned_to_without_a_round() {
    let mut host = MockHost::scripted(
        Cases::default(),
        &["Action: more", "Action: more", "Action: answer 130"],
    );
    let task = Task {
        index: 1,
        time: "day 1".into(),
        instruction: "Choose.".into(),
        actions: (1..=130).map(|number| format!("answer {number}")).collect(),
        steps: 1,
    };
    host = host.in_environment(Doors::new(false));
    host.environment.as_mut().unwrap().session(1).unwrap();
    let options = r#"{"memory": "rag", "rounds": 0}"#;
    let report = configured(options)
        .observe(&mut host, SessionContent::Task(task), None)
        .unwrap();
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (3, 0, 1)
    );
    assert!(prompt(&host.requests[2]).ends_with("a2: answer 130"));
}

#[test]
fn a_reflector_writes_what_is_kept_and_the_acts_stand_in_for_what_it_does_not() {
    for (written, plan, malformed) in [
        (
            "Blue.\nexperience: Use the blue key.",
            "Use the blue key.",
            0,
        ),
        ("Blue.", "use blue key -> It opens.", 1),
    ] {
        let mut host = doors(&["Action: use blue key", written]);
        let report = live(r#"{"reflect": true}"#, &mut host, 1).remove(0);
        assert_eq!((report.steps, report.malformed), (2, malformed));
        assert_eq!(field(&host.bank, "c1", "plan"), plan);
        let asked = &host.requests[1];
        assert_eq!(asked.role, "reflector");
        assert_eq!(
            prompt(asked),
            "user: Task: Open door 1.\nTrajectory: use blue key -> It opens.\n\
             Correctness: success"
        );
        assert_eq!(
            asked.demonstration.as_deref(),
            Some("experience: use blue key -> It opens.")
        );
    }
}
