use super::*;

fn entry(id: &str, text: &str, turn: &str) -> Entry {
    Entry {
        id: id.into(),
        text: text.into(),
        speaker: "Anna".into(),
        time: "1 May 2023".into(),
        first_session: 1,
        last_session: 1,
        evidence: vec![turn.into()],
        fields: vec![],
    }
}

fn with_facts<R>(use_them: impl FnOnce(&Facts) -> R) -> R {
    use_them(&Facts {
        speaker: "Anna",
        turn: "D2:1",
        facts: &["Anna adopted another dog, Scout.".into()],
        shown: &[
            entry("m1", "Anna adopted a dog, Buddy.", "D1:1"),
            entry("m3", "Anna skis.", "D1:4"),
        ],
    })
}

fn parsed(output: &str) -> Option<Operations> {
    with_facts(|facts| parse(output, facts))
}

#[test]
fn the_prompt_shows_entries_and_facts() {
    assert_eq!(
        with_facts(prompt),
        concat!(
            r#"{"old_memory":[{"id":"m1","text":"Anna adopted a dog, Buddy."},{"id":"m3","text":"Anna skis."}],"#,
            r#""facts":["Anna adopted another dog, Scout."]}"#
        )
    );
}

#[test]
fn demonstrations_read_back_as_the_hinted_operation() {
    use DemonstratedOperation::{Delete, Insert, Skip, Update};
    let scout = "Anna adopted another dog, Scout.";
    let evidence = || vec!["D2:1".to_owned()];
    for events_only in [false, true] {
        let options = Options {
            events_only,
            ..Options::default()
        };
        for (hint, operations) in [
            (Insert, vec![Operation::insert(scout, "Anna", evidence())]),
            (
                Update("D1:1".into()),
                vec![Operation::update("m1", scout, evidence())],
            ),
            (
                Update("D1:9".into()),
                vec![Operation::insert(scout, "Anna", evidence())],
            ),
            (Delete("D1:4".into()), vec![Operation::Delete("m3".into())]),
            (Delete("D1:9".into()), vec![]),
            (Skip, vec![]),
        ] {
            let said = with_facts(|facts| demonstration(&options, facts, &hint));
            let read = parsed(&said).expect(&said);
            assert_eq!((read.operations, read.refused), (operations, 0), "{said}");
            assert_eq!(read.form, Form::default(), "{said}");
            assert_eq!(said.contains("NONE"), !events_only, "{said}");
        }
    }
}

#[test]
fn an_unknown_event_is_refused_and_the_others_are_applied() {
    let said = r#"{"memory": [{"id": "m1", "event": "MERGE", "text": "x"},
        {"id": "m3", "event": "delete", "text": "Anna skis."}, {"event": "ADD", "text": " "}, 3]}"#;
    let read = parsed(said).expect("a list");
    assert_eq!(read.operations, [Operation::Delete("m3".into())]);
    assert_eq!(read.refused, 3);
}

#[test]
fn an_id_that_was_not_shown_is_refused() {
    for id in ["m2", "1", "m", "m11"] {
        let said = format!(r#"{{"memory": [{{"id": "{id}", "event": "UPDATE", "text": "x"}}]}}"#);
        let read = parsed(&said).expect("a list");
        assert_eq!((read.operations.len(), read.refused), (0, 1), "{id}");
    }
}

#[test]
fn the_papers_form_is_read() {
    let said = r#"{"memory": [{"id": "m1", "text": "Anna has two dogs.", "event": "UPDATE",
        "old_memory": "Anna adopted a dog, Buddy."}, {"id": "9", "text": "Anna swims.", "event": "ADD"}]}"#;
    let read = parsed(said).expect("a list");
    let evidence = || vec!["D2:1".to_owned()];
    assert_eq!(
        read.operations,
        [
            Operation::update("m1", "Anna has two dogs.", evidence()),
            Operation::insert("Anna swims.", "Anna", evidence()),
        ]
    );
    assert_eq!(read.form, Form::default());
}

#[test]
fn a_memory_that_is_no_list_is_malformed() {
    for said in [r#"{"memory": "x"}"#, "nothing", r#"{"memory": [{"id": "#] {
        assert_eq!(parsed(said), None, "{said}");
    }
}

#[test]
fn schemas_name_the_shown_ids_and_leave_out_what_is_not_repeated() {
    let schema_of = |events_only| {
        let options = Options {
            events_only,
            ..Options::default()
        };
        with_facts(|facts| schema(&options, facts))
    };
    let whole = schema_of(false);
    assert!(whole.contains(r#"{"id":{"enum":["m1","m3"]},"event":{"enum":["NONE"]},"#));
    assert!(whole.contains(r#""maxItems":13"#));
    let changes = schema_of(true);
    assert!(!changes.contains("NONE") && changes.contains(r#""maxItems":3"#));
}
