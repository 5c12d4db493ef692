use super::*;
use memloom_sdk::types::Turn;

fn cases() -> Cases {
    let fact = |text: &str, turn: &str| Fact {
        speaker: "Anna".into(),
        text: text.into(),
        evidence: vec![turn.into()],
    };
    let memory = |id: &str, text: &str, turn: &str| Entry {
        id: id.into(),
        text: text.into(),
        speaker: "Anna".into(),
        time: "May".into(),
        first_session: 1,
        last_session: 1,
        evidence: vec![turn.into()],
        fields: vec![],
    };
    Cases {
        facts: vec![
            (fact("Anna left Rome.", "D2:1"), vec!["m1".into()]),
            (fact("Anna skis.", "D2:2"), vec![]),
        ],
        memories: vec![memory("m1", "Anna lives in Rome.", "D1:1")],
    }
}

fn parsed(output: &str) -> Option<Operations> {
    let turn = |id: &str| Turn {
        id: id.into(),
        speaker: "Anna".into(),
        text: String::new(),
    };
    let speakers = ["Anna".into()];
    let view = SessionView {
        time: "noon",
        turns: &[turn("D2:1"), turn("D2:2")],
        speakers: &speakers,
    };
    parse(output, &cases(), &view)
}

const REPAIRED: Form = Form {
    repaired: true,
    cut: false,
};

#[test]
fn numbers_and_other_names_are_repaired() {
    let update = Operation::update("m1", "x", vec!["D2:1".into()]);
    for said in [
        r#"{"operation": "UPDATE", "memory_id": "m1", "content": "x", "dia_id": "D2:1"}"#,
        r#"{"operations": [{"operation": "UPDATE", "memory_id": 1, "content": "x", "dia_id": "D2:1"}]}"#,
        r#"{"operations": [{"operation": "UPDATE", "memory_id": "1", "fact": "x", "dia_id": "D2:1"}]}"#,
        r#"[{"operation": "update", "memory_id": "m1", "text": "x", "dia_id": 1}]"#,
    ] {
        assert_eq!(
            parsed(said),
            Some(Operations {
                operations: vec![update.clone()],
                refused: 0,
                form: REPAIRED,
            }),
            "{said}"
        );
    }
    let cut = r#"{"operations": [{"operation": "DELETE", "memory_id": "m1"}, {"oper"#;
    let read = parsed(cut).expect("the first operation is complete");
    assert_eq!(read.operations, [Operation::Delete("m1".into())]);
    assert!(read.form.cut && read.form.repaired);
}

#[test]
fn the_prompt_is_json_with_time_memories_and_facts() {
    assert_eq!(
        prompt("noon", &cases()),
        concat!(
            r#"{"session_time":"noon","memories":[{"memory_id":"m1","session_time":"May","#,
            r#""speaker":"Anna","content":"Anna lives in Rome.","dia_ids":["D1:1"]}],"#,
            r#""facts":[{"speaker":"Anna","dia_id":"D2:1","fact":"Anna left Rome.","#,
            r#""related_memory_ids":["m1"]},{"speaker":"Anna","dia_id":"D2:2","#,
            r#""fact":"Anna skis.","related_memory_ids":[]}]}"#
        )
    );
}

#[test]
fn demonstrations_say_the_hinted_operations() {
    let said = |first: DemonstratedOperation| {
        let hinted = BTreeMap::from([("D2:1".to_string(), first)]);
        demonstration(&cases(), &hinted, None)
    };
    let skis = r#"{"operation":"INSERT","speaker":"Anna","content":"Anna skis.","dia_id":"D2:2"}"#;
    let left = r#""content":"Anna left Rome.","dia_id":"D2:1"}"#;
    let insert =
        format!(r#"{{"operations":[{{"operation":"INSERT","speaker":"Anna",{left},{skis}]}}"#);
    assert_eq!(said(DemonstratedOperation::Insert), insert);
    assert_eq!(said(DemonstratedOperation::Update("D9:9".into())), insert);
    assert_eq!(
        said(DemonstratedOperation::Update("D1:1".into())),
        format!(r#"{{"operations":[{{"operation":"UPDATE","memory_id":"m1",{left},{skis}]}}"#)
    );
    assert_eq!(
        said(DemonstratedOperation::Delete("D1:1".into())),
        format!(r#"{{"operations":[{{"operation":"DELETE","memory_id":"m1"}},{skis}]}}"#)
    );
    let nothing = format!(r#"{{"operations":[{skis}]}}"#);
    assert_eq!(said(DemonstratedOperation::Delete("D9:9".into())), nothing);
    assert_eq!(said(DemonstratedOperation::Skip), nothing);
}

#[test]
fn the_schema_has_the_ids_and_names_that_there_are() {
    let view = SessionView {
        time: "noon",
        turns: &[],
        speakers: &["Anna".into(), " ".into(), "Ben".into()],
    };
    let text = r#"{"type":"string","pattern":"^\\S","maxLength":99}"#;
    let of = |properties: &str, names: &str| {
        format!(
            r#"{{"type":"object","properties":{{{properties}}},"required":[{names}],"additionalProperties":false}}"#
        )
    };
    let insert = of(
        &format!(
            r#""operation":{{"enum":["INSERT"]}},"speaker":{{"enum":["Anna","Ben"]}},"content":{text},"dia_id":{{"enum":["D2:1","D2:2"]}}"#
        ),
        r#""operation","speaker","content","dia_id""#,
    );
    let update = of(
        &format!(
            r#""operation":{{"enum":["UPDATE"]}},"memory_id":{{"enum":["m1"]}},"content":{text},"dia_id":{{"enum":["D2:1","D2:2"]}}"#
        ),
        r#""operation","memory_id","content","dia_id""#,
    );
    let delete = of(
        r#""operation":{"enum":["DELETE"]},"memory_id":{"enum":["m1"]}"#,
        r#""operation","memory_id""#,
    );
    let all = |most: usize, operations: &str| {
        let list = format!(
            r#""operations":{{"type":"array","maxItems":{most},"items":{{"anyOf":[{operations}]}}}}"#
        );
        of(&list, r#""operations""#)
    };
    let bounds = Bounds {
        items: 7,
        chars: 99,
    };
    let expected = all(3, &format!("{insert},{update},{delete}"));
    assert_eq!(schema(&cases(), &view, &bounds), expected);
    let nothing_known = Cases {
        memories: vec![],
        ..cases()
    };
    let bounds = Bounds { items: 1, ..bounds };
    assert_eq!(schema(&nothing_known, &view, &bounds), all(1, &insert));
}

#[test]
fn operations_are_read_whatever_their_case() {
    let said = r#"{"operations": [
        {"operation": "insert", "speaker": "anna", "content": "Anna skis.", "dia_id": "D2:2"},
        {"operation": "Update", "memory_id": "m1", "content": "x", "dia_id": ["D2:1, D5:5"]},
        {"operation": "DELETE", "memory_id": "m7"}]}"#;
    let expected = vec![
        Operation::insert("Anna skis.", "Anna", vec!["D2:2".into()]),
        Operation::update("m1", "x", vec!["D2:1".into()]),
        Operation::Delete("m7".into()),
    ];
    assert_eq!(
        parsed(said),
        Some(Operations {
            operations: expected,
            refused: 1,
            form: REPAIRED,
        })
    );
}

#[test]
fn what_lacks_a_field_is_refused_alone() {
    let said = r#"{"operations": [{"operation": "INSERT", "content": "x"}, {"operation": "NOTE"},
        {"operation": "UPDATE", "memory_id": "m1"}, {"operation": "DELETE", "memory_id": 3}, "x",
        {"operation": "DELETE", "memory_id": "m1"}]}"#;
    assert_eq!(
        parsed(said),
        Some(Operations {
            operations: vec![Operation::Delete("m1".into())],
            refused: 5,
            form: Form::default(),
        })
    );
}

#[test]
fn an_object_without_operations_is_not_read() {
    for said in ["", "{}", r#"{"operations": 1}"#, r#"{"operations": [{}"#] {
        assert_eq!(parsed(said), None, "{said}");
    }
}
