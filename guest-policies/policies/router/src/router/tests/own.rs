//! A model that searches in itself.

use super::*;

const ALONE: &str = r#"{"tools": [], "hops": 1, "actions": "open"}"#;

const THINK: &str = "<think>hm</think>";
const SEARCH: &str = "<search>who is it</search>\n<information>I forget</information>";

/// Returns the report and the metric `trace` of an output that answers.
fn traced(parts: &[&str], is_right: bool) -> (Report, f32) {
    let gold = First::new(ALONE, 1).gold;
    let answer = format!(
        "<answer>{}</answer>",
        if is_right { &gold } else { "nobody" }
    );
    let output = [parts, &[&*answer]].concat().join("\n");
    let mut host = scripted(&[&output], opened(ALONE, 1, 4));
    let report = live(r#"{"information": "own"}"#, &mut host, 1).remove(0);
    (report, metrics(&host, 1)["trace"])
}

#[test]
fn one_output_is_paid_for_its_answer_and_its_form() {
    for (parts, is_right, expected) in [
        (&[THINK, SEARCH, THINK][..], true, 1.0),
        (&[THINK], true, 0.95),
        (&[THINK, SEARCH, THINK, THINK], true, 0.9 + 0.2 / 3.0),
        (&[THINK, SEARCH, THINK, THINK], false, 0.2 / 3.0),
    ] {
        let (report, paid) = traced(parts, is_right);
        assert_eq!((report.steps, report.malformed), (1, 0), "{parts:?}");
        assert!((paid - expected).abs() < 1e-6, "{parts:?}: {paid}");
        assert!((0.0..=1.0).contains(&paid));
    }
}

#[test]
fn an_output_whose_form_is_broken_is_malformed_and_paid_for_its_answer_alone() {
    for parts in [
        &[THINK, "<search>a\nb</search><information>x</information>"][..],
        &[THINK, "<b>so</b>"],
        &[THINK; 9],
        &[],
    ] {
        let (report, paid) = traced(parts, true);
        assert_eq!((report.malformed, paid), (1, 0.9), "{parts:?}");
    }
}

#[test]
fn the_last_of_two_answers_counts_and_none_is_no_action() {
    let (report, paid) = traced(&[THINK, "<answer>nobody</answer>"], true);
    assert_eq!((report.malformed, paid), (0, 0.95));
    let gold = First::new(ALONE, 1).gold;
    let mut host = scripted(&[&gold], opened(ALONE, 1, 4));
    let report = live(r#"{"information": "own"}"#, &mut host, 1).remove(0);
    assert_eq!(report.malformed, 1);
    let metrics = metrics(&host, 1);
    assert_eq!((metrics["trace"], metrics["route"]), (0.0, -1.0));
}

#[test]
fn what_a_searcher_writes_is_in_no_output_of_the_router() {
    let gold = First::new(ALONE, 1).gold;
    let told = format!("It is {gold}.");
    let outputs = [
        &*format!("{THINK}<search>who: is it</search>"),
        &format!("<think>so</think>{told}"),
        &format!("{THINK}<answer>{gold}</answer>"),
    ];
    let mut host = scripted(&outputs, opened(ALONE, 1, 4));
    let report = live(r#"{"information": "searcher"}"#, &mut host, 1).remove(0);
    assert_eq!(
        (report.steps, report.malformed, count(&report, "act")),
        (3, 0, 1)
    );
    let roles: Vec<&str> = host.requests.iter().map(|it| &*it.role).collect();
    assert_eq!(roles, ["router", "searcher", "router"]);
    assert_eq!(last(&host.requests[1]), "who: is it");
    let messages = &host.requests[2].messages;
    let own = messages
        .iter()
        .filter(|message| message.role == "assistant");
    assert!(own.clone().count() == 1 && own.clone().all(|it| !it.content.contains(&gold)));
    let told = format!("<information>\n{told}\n</information>");
    assert!(messages[3].content.starts_with(&told));
    assert_eq!(metrics(&host, 1)["success"], 1.0);
}

#[test]
fn a_searcher_who_fails_ends_the_session() {
    let search = format!("{THINK}<search>who</search>");
    let mut host = scripted(&[&search], opened(ALONE, 1, 4));
    let failed = one(
        &mut configured(r#"{"information": "searcher"}"#),
        &mut host,
        1,
    );
    let why = "the script has no further output";
    assert_eq!(failed, Err(Error::Invalid(why.into())));
}

#[test]
fn the_archive_can_take_the_place_of_the_searcher() {
    let archive = r#"{"tools": ["search"], "hops": 1, "actions": "open"}"#;
    let first = First::new(archive, 1);
    let search = format!("{THINK}<search>{}</search>", first.question);
    let mut host = scripted(&[&search, &first.right()], opened(archive, 1, 4));
    let report = live("{}", &mut host, 1).remove(0);
    assert_eq!(report.malformed, 0);
    let found = format!("<information>\nThe {} is {}.", first.question, first.gold);
    assert!(last(&host.requests[1]).starts_with(&found));
    assert_eq!(metrics(&host, 1)["success"], 1.0);
}
