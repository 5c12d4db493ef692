//! The case that is kept of a task.

use super::*;

const STEPS: [&str; 1] = ["open it"];

#[test]
fn a_finished_task_is_kept_with_its_plan_outcome_score_and_number_of_acts() {
    let mut host = gates(&[&plan(&STEPS, &[]), RED, BLUE]);
    live("{}", &mut host, &[1]);
    let kept = ["plan", "outcome", "score", "steps", "uses"];
    let kept = kept.map(|name| field(&host.bank, "c1", name));
    let steps = "open it; use red key -> It stays shut.; use blue key -> It opens.";
    assert_eq!(kept, [steps, "success", "1", "2", "1"]);
    assert_eq!(host.entry_texts(), ["Open gate 1."]);
}

#[test]
fn without_a_score_nothing_is_written() {
    let mut host = gates(&[&plan(&STEPS, &[1]), RED]);
    case(&mut host.bank, "Open gate 7.", "use blue key", "success");
    let before = host.bank.snapshot();
    // The task would allow another act.
    let report = live(r#"{"acts": 1}"#, &mut host, &[1]).remove(0);
    let counts = ["act", "outcome", "insert"].map(|name| count(&report, name));
    assert_eq!(counts, [1, 0, 0]);
    assert_eq!(host.bank.snapshot(), before);
}

#[test]
fn the_same_task_and_plan_twice_are_one_case_with_two_uses() {
    let steps = plan(&STEPS, &[]);
    let mut host = gates(&[&steps, BLUE, &steps, BLUE]);
    live("{}", &mut host, &[1, 1]);
    assert_eq!(host.bank.entries().len(), 1);
    assert_eq!(field(&host.bank, "c1", "uses"), "2");
}

#[test]
fn a_failed_plan_and_a_later_successful_one_for_the_same_goal_are_two_cases() {
    let steps = plan(&STEPS, &[]);
    let mut host = gates(&[&steps, RED, RED, &steps, BLUE]);
    live("{}", &mut host, &[1, 1]);
    assert_eq!(host.entry_texts(), ["Open gate 1.", "Open gate 1."]);
    let outcomes = ["c1", "c2"].map(|id| field(&host.bank, id, "outcome"));
    assert_eq!(outcomes, ["failure", "success"]);
}

#[test]
fn of_long_plans_the_last_parts_are_kept() {
    for (words, kept) in [
        (9, "open it; use blue key -> It opens."),
        (6, "use blue key -> It opens."),
        (2, "use blue"),
    ] {
        let mut host = gates(&[&plan(&STEPS, &[]), BLUE]);
        live(&format!(r#"{{"plan_words": {words}}}"#), &mut host, &[1]);
        assert_eq!(field(&host.bank, "c1", "plan"), kept, "{words}");
    }
}

#[test]
fn what_helped_before_is_shown_by_value_and_what_is_like_by_similarity() {
    let shown = |memory: &str| {
        let mut host = gates(&[&plan(&STEPS, &[]), BLUE]);
        case(&mut host.bank, "Open gate 1.", "use red key", "success");
        case(&mut host.bank, "Open the gate.", "use blue key", "success");
        let at = Moment {
            session: 1,
            time: "day 1".into(),
        };
        let failed = r#"{"ids": ["c1"], "reward": 0}"#;
        host.bank
            .apply(at, vec![Operation::custom("outcome", failed)]);
        let options = format!(r#"{{"memory": "{memory}", "shown": 1}}"#);
        live(&options, &mut host, &[1]);
        prompt(&host.requests[0])
    };
    assert!(shown("value").contains("Plan: use blue key"));
    assert!(shown("similar").contains("Plan: use red key"));
    assert!(shown("draw").contains("Plan: use blue key"));
    assert_eq!(shown("draw"), shown("draw"));
}

#[test]
fn cases_are_found_by_vectors_where_the_host_has_an_embedder() {
    let steps = plan(&STEPS, &[]);
    let outputs = [&*steps, BLUE, &steps, BLUE, &steps, BLUE];
    let mut host = gates(&outputs);
    // Odd and even gates are alike.
    host.embedder = Some(|text| {
        let is_odd = text.contains(['1', '3', '5']);
        vec![f32::from(is_odd), f32::from(!is_odd)]
    });
    live(r#"{"memory": "similar"}"#, &mut host, &[1, 2, 3]);
    let last = prompt(&host.requests[4]);
    assert!(
        last.contains("Open gate 1.") && !last.contains("Open gate 2."),
        "{last}"
    );
}
