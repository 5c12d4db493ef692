use super::*;
use serde_json::json;

fn note(id: &str, context: &str, tags: &[&str]) -> Note {
    Note {
        id: id.into(),
        context: context.into(),
        tags: tags.iter().map(ToString::to_string).collect(),
        ..Note::default()
    }
}

/// Returns the neighbours n5 and n2, in this order.
fn neighbours() -> [Note; 2] {
    [note("n5", "of five", &["odd"]), note("n2", "of two", &[])]
}

fn read(said: &Value) -> Option<Evolved> {
    parse(&said.to_string(), &neighbours())
}

fn whole() -> Value {
    json!({
        "should_evolve": true,
        "actions": ["strengthen", "update_neighbor"],
        "suggested_connections": ["n2"],
        "tags_to_update": ["a", "b"],
        "new_context_neighborhood": ["new five", "of two"],
        "new_tags_neighborhood": [["odd"], ["even"]],
    })
}

/// Returns the whole output with one part in another form.
fn with(name: &str, value: Value) -> Value {
    let mut said = whole();
    said[name] = value;
    said
}

#[test]
fn an_output_is_read_by_the_order_of_the_neighbours() {
    let read = read(&whole()).expect("an evolution");
    assert_eq!((read.refused, read.form), (0, Form::default()));
    let Evolution {
        links,
        tags,
        neighbours,
    } = read.evolution;
    assert_eq!(
        (links, tags),
        (vec!["n2".into()], Some(vec!["a".into(), "b".into()]))
    );
    assert_eq!(
        neighbours,
        [
            note("n5", "new five", &["odd"]),
            note("n2", "of two", &["even"])
        ]
    );
}

#[test]
fn an_action_that_is_not_named_is_not_done_and_neighbours_that_stay_are_left_out() {
    let strengthened = read(&with("actions", json!(["strengthen"]))).expect("an evolution");
    assert!(strengthened.evolution.neighbours.is_empty());
    let updated = read(&with("actions", json!(["update_neighbor"]))).expect("an evolution");
    assert!(updated.evolution.links.is_empty() && updated.evolution.tags.is_none());
    let repeated = with("new_tags_neighborhood", json!([["odd"], []]));
    let evolution = read(&repeated).expect("an evolution").evolution;
    assert_eq!(evolution.neighbours, [note("n5", "new five", &["odd"])]);
}

#[test]
fn what_should_not_evolve_changes_nothing_whatever_else_is_said() {
    let said = with("should_evolve", json!(false));
    assert_eq!(read(&said), Some(Evolved::default()));
    assert_eq!(
        parse(r#"{"should_evolve": false}"#, &neighbours()),
        Some(Evolved::default())
    );
}

#[test]
fn lists_of_another_length_and_unknown_actions_are_malformed() {
    for wrong in [
        with("new_context_neighborhood", json!(["one"])),
        with("new_tags_neighborhood", json!([[], [], []])),
        with("new_context_neighborhood", json!(["one", 2])),
        with("new_tags_neighborhood", Value::Null),
        with("suggested_connections", json!("n2")),
        with("should_evolve", json!(1)),
        json!({"should_evolve": true, "actions": ["merge"]}),
        json!({"should_evolve": true}),
        json!({"evolve": true}),
    ] {
        assert_eq!(read(&wrong), None, "{wrong}");
    }
}

#[test]
fn links_to_notes_that_were_not_shown_are_refused_alone() {
    let said = with("suggested_connections", json!(["n2", "n9", "n", "n2", "0"]));
    let read = read(&said).expect("an evolution");
    assert_eq!((read.evolution.links.len(), read.refused), (1, 3));
}

#[test]
fn other_forms_that_can_be_read_in_one_way_are_repaired() {
    for said in [
        with("should_evolve", json!("True")),
        with("actions", json!("strengthen, update_neighbor")),
        with("actions", json!(["Strengthen", "update_neighbour"])),
        with("suggested_connections", json!([2])),
        with("suggested_connections", json!(["2"])),
        with("tags_to_update", json!("a, b")),
        with("new_tags_neighborhood", json!([["odd"], "even"])),
    ] {
        let asked = read(&whole()).expect("an evolution");
        let read = read(&said).expect("an evolution");
        assert_eq!(read.evolution, asked.evolution, "{said}");
        assert!(read.form.repaired, "{said}");
    }
    let fenced = format!("```json\n{}\n```", whole());
    assert!(parse(&fenced, &neighbours()).is_some_and(|read| read.form.repaired));
}

#[test]
fn demonstrations_read_back_as_the_verdicts() {
    use Verdict::{Apart, Link, Past};
    let new = Note {
        content: "Ann: No.".into(),
        ..note("", "", &["a"])
    };
    for constrained in [false, true] {
        let options = Options {
            constrained,
            ..Options::default()
        };
        for (verdicts, links, rewritten) in [
            ([Apart, Apart], &[][..], &[][..]),
            ([Apart, Link], &["n2"], &[]),
            (
                [Past, Link],
                &["n5", "n2"],
                &[note("n5", "No longer so: Ann: No.", &["past", "odd"])],
            ),
        ] {
            let said = demonstration(&options, &new, &verdicts, &neighbours());
            let read = parse(&said, &neighbours()).expect(&said);
            assert_eq!(
                (read.evolution.links, read.refused),
                (links.iter().map(ToString::to_string).collect(), 0)
            );
            assert_eq!(read.evolution.neighbours, rewritten, "{said}");
            assert_eq!(read.form, Form::default(), "{said}");
        }
    }
}

#[test]
fn the_prompt_shows_the_note_and_its_neighbours() {
    let new = Note {
        content: "Ann: I ski.".into(),
        keywords: vec!["ski".into(), "snow".into()],
        ..note("", "On snow.", &[])
    };
    assert_eq!(
        prompt(&new, "[n5] (1 May) five\n[n2] (1 May) two"),
        "New note: Ann: I ski. | context: On snow. | keywords: ski, snow\nNeighbours (2):\n\
         [n5] (1 May) five\n[n2] (1 May) two"
    );
}

#[test]
fn a_schema_names_the_shown_ids_and_has_a_context_and_tags_for_each() {
    let schema = schema(&Options::default(), &neighbours());
    assert!(serde_json::from_str::<Value>(&schema).is_ok());
    assert!(schema.starts_with(
        r#"{"anyOf":[{"type":"object","properties":{"should_evolve":{"const":false}},"#
    ));
    assert!(schema.contains(
        r#""suggested_connections":{"type":"array","maxItems":2,"items":{"enum":["n5","n2"]}}"#
    ));
    assert_eq!(schema.matches(r#""minItems":2,"maxItems":2"#).count(), 2);
}
