//! Calls in a writer's output, and the operations that they are.

use memloom_json::{self as json, text};
use memloom_sdk::host::Completion;
use memloom_sdk::types::{Insertion, Operation};
use serde_json::Value;

use crate::tools::{CORE, DELETE, INSERT, UPDATE};
use crate::view::{self, LISTS, View};

/// The word of an output without calls.
const DONE: &str = "done";

/// The words before a name and before the arguments in the text form of Qwen's calls.
const MARKS: [&str; 2] = ["✿FUNCTION✿:", "✿ARGS✿:"];

/// A call: the name of a function and its arguments.
#[derive(Debug, PartialEq)]
pub struct Call {
    /// The name.
    pub name: String,
    /// The arguments, an object.
    pub arguments: Value,
}

/// The calls of an output.
#[derive(Debug, Default, PartialEq)]
pub struct Calls {
    /// The calls in order.
    pub calls: Vec<Call>,
    /// The number of calls that cannot be read.
    pub unread: u32,
    /// The form of the output.
    pub form: json::Form,
}

/// Reads an output: calls of tools, else the JSON object with the list `calls`, else the text form
/// of Qwen's calls, which counts as repaired, else `Done`. None if it is none of these.
pub fn parse(output: &Completion) -> Option<Calls> {
    if !output.tool_calls.is_empty() || output.malformed_calls > 0 {
        let arguments = |arguments: &str| serde_json::from_str(arguments).unwrap_or(Value::Null);
        let calls = output.tool_calls.iter().map(|call| Call {
            name: call.name.clone(),
            arguments: arguments(&call.arguments),
        });
        let calls = Calls {
            calls: calls.collect(),
            unread: output.malformed_calls,
            ..Calls::default()
        };
        return (!calls.calls.is_empty()).then_some(calls);
    }
    let is_call = |item: &Value| text(item, "name").is_some();
    if let Some(json::Items { items, form }) = json::items(&output.text, "calls", is_call) {
        let mut read = Calls {
            form,
            ..Calls::default()
        };
        for item in items {
            match (text(&item, "name"), item.get("arguments")) {
                (Some(name), Some(arguments @ Value::Object(_))) => read.calls.push(Call {
                    name: name.into(),
                    arguments: arguments.clone(),
                }),
                _ => read.unread += 1,
            }
        }
        return Some(read);
    }
    marked(&output.text).or_else(|| {
        let word = output.text.trim().trim_end_matches('.');
        word.eq_ignore_ascii_case(DONE).then(Calls::default)
    })
}

/// Reads calls in Qwen's text form; none if there is no mark.
fn marked(output: &str) -> Option<Calls> {
    let mut read = Calls {
        form: json::Form {
            repaired: true,
            cut: false,
        },
        ..Calls::default()
    };
    for said in output.split(MARKS[0]).skip(1) {
        let parts = said.split_once(MARKS[1]);
        let call = parts.and_then(|(name, arguments)| {
            let arguments = arguments.split('✿').next()?.trim();
            let arguments: Value = serde_json::from_str(arguments).ok()?;
            arguments.is_object().then(|| Call {
                name: name.trim().into(),
                arguments,
            })
        });
        match call {
            Some(call) => read.calls.push(call),
            None => read.unread += 1,
        }
    }
    (!read.calls.is_empty()).then_some(read)
}

/// Returns the operation of a call; none if its function or type does not exist, an argument is
/// missing, or it names an entry that was not shown. The speaker and evidence of a text are to be
/// found by `source`.
pub fn operation(
    call: &Call,
    view: &View,
    source: impl Fn(&str) -> (String, Vec<String>),
) -> Option<Operation> {
    let argument = |name| text(&call.arguments, name);
    let memory_type = argument("memory_type")?;
    let list = LISTS.iter().find(|(name, _)| *name == memory_type);
    let id = || match list {
        Some((_, kind)) => {
            let said = argument("memory_id")?;
            view.ids(kind).find(|id| *id == said)
        }
        None => (memory_type == CORE).then_some(view::CORE),
    };
    match &*call.name {
        INSERT => {
            let (_, kind) = list?;
            let content = argument("content")?;
            let (speaker, evidence) = source(content);
            Some(Operation::Insert(Insertion {
                fields: vec![(view::FIELD.into(), (*kind).into())],
                ..Insertion::new(content, speaker, evidence)
            }))
        }
        UPDATE => {
            let id = id()?;
            // An empty text empties the core, and is none for an entry.
            let content = match (list, call.arguments.get("new_content")?.as_str()?) {
                (None, content) => content,
                (Some(_), content) if !content.trim().is_empty() => content,
                _ => return None,
            };
            let (_, evidence) = source(content);
            Some(Operation::update(id, content, evidence))
        }
        DELETE => Some(Operation::Delete(id()?.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::host::ToolCall;
    use memloom_sdk::types::Entry;
    use serde_json::json;

    fn read(output: &str) -> Option<Calls> {
        parse(&Completion::of_text(output))
    }

    fn inserted(calls: Option<Calls>) -> Vec<String> {
        let calls = calls.expect("calls").calls.into_iter();
        calls.map(|call| call.arguments.to_string()).collect()
    }

    const FACT: &str = r#"{"content":"Anna skis.","memory_type":"semantic_memory"}"#;

    #[test]
    fn every_form_of_calls_is_read() {
        let as_json =
            format!(r#"{{"calls": [{{"name": "new_memory_insert", "arguments": {FACT}}}]}}"#);
        assert_eq!(inserted(read(&as_json)), [FACT]);
        let marked = format!(
            "I note it.\n✿FUNCTION✿: new_memory_insert\n✿ARGS✿: {FACT}\n✿FUNCTION✿: memory_delete\n✿ARGS✿: {{}}\n✿RESULT✿: ok"
        );
        let calls = read(&marked).expect("calls");
        assert_eq!(calls.calls[0].name, "new_memory_insert");
        assert!(calls.form.repaired);
        assert_eq!(inserted(Some(calls)), [FACT, "{}"]);
        let tools = Completion {
            tool_calls: vec![ToolCall {
                name: "new_memory_insert".into(),
                arguments: FACT.into(),
            }],
            malformed_calls: 1,
            ..Completion::of_text("")
        };
        let calls = parse(&tools).expect("calls");
        assert_eq!(
            (calls.unread, inserted(Some(calls))),
            (1, vec![FACT.into()])
        );
    }

    #[test]
    fn an_output_without_calls_is_done_and_not_malformed() {
        for done in ["Done", "done.", r#"{"calls": []}"#] {
            assert!(read(done).expect(done).calls.is_empty());
        }
        for none in ["", "I am done with it.", r#"{"calls": 3}"#] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn arguments_that_are_no_json_are_refused_and_malformed_only_if_nothing_is_readable() {
        let one = "✿FUNCTION✿: memory_delete ✿ARGS✿: {x}";
        assert_eq!(read(one), None);
        let two = format!("{one} ✿FUNCTION✿: new_memory_insert ✿ARGS✿: {FACT}");
        let calls = read(&two).expect("calls");
        assert_eq!((calls.unread, calls.calls.len()), (1, 1));
    }

    fn done(name: &str, arguments: Value) -> Option<Operation> {
        let entry = |id: &str, kind: &str| Entry {
            id: id.into(),
            text: "x".into(),
            speaker: String::new(),
            time: String::new(),
            first_session: 1,
            last_session: 1,
            evidence: vec![],
            fields: vec![("type".into(), kind.into())],
        };
        let entries = [
            entry("m1", "semantic"),
            entry("m2", "episodic"),
            entry("m3", "episodic"),
        ];
        let view = View::of(&entries, 1);
        let call = Call {
            name: name.into(),
            arguments,
        };
        operation(&call, &view, |_| ("Anna".into(), vec!["D1:1".into()]))
    }

    #[test]
    fn calls_become_operations_of_the_typed_bank() {
        let core = json!({"memory_type": "core_memory", "new_content": ""});
        assert_eq!(
            done(UPDATE, core),
            Some(Operation::update("core", "", vec!["D1:1".into()]))
        );
        let of = |kind: &str, id: &str| json!({"memory_type": kind, "memory_id": id, "new_content": "y"});
        assert_eq!(
            done(UPDATE, of("semantic_memory", "m1")),
            Some(Operation::update("m1", "y", vec!["D1:1".into()]))
        );
        assert_eq!(
            done(DELETE, of("episodic_memory", "m3")),
            Some(Operation::Delete("m3".into()))
        );
        let core = json!({"memory_type": "core_memory"});
        assert_eq!(done(DELETE, core), Some(Operation::Delete("core".into())));
    }

    #[test]
    fn calls_that_cannot_be_carried_out_are_none() {
        for (name, arguments) in [
            (
                INSERT,
                json!({"memory_type": "core_memory", "content": "x"}),
            ),
            (INSERT, json!({"memory_type": "procedural", "content": "x"})),
            (
                INSERT,
                json!({"memory_type": "semantic_memory", "content": " "}),
            ),
            (
                UPDATE,
                json!({"memory_type": "semantic_memory", "new_content": "x"}),
            ),
            // Not shown, and of the other list.
            (
                DELETE,
                json!({"memory_type": "episodic_memory", "memory_id": "m2"}),
            ),
            (
                DELETE,
                json!({"memory_type": "episodic_memory", "memory_id": "m1"}),
            ),
            (
                UPDATE,
                json!({"memory_type": "semantic_memory", "memory_id": "m1", "new_content": ""}),
            ),
            ("search_memory", json!({"memory_type": "core_memory"})),
        ] {
            assert_eq!(done(name, arguments.clone()), None, "{name} {arguments}");
        }
    }
}
