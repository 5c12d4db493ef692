//! Calls in an output: JSON in the text, or tool calls with the answer in a line of the text.

use memloom_json::{self as json, text};
use memloom_sdk::host::{Completion, ToolCall};
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use serde_json::Value;

use crate::options::Calls;
use crate::tools::{PRUNE, SEARCH};

/// The words before the answers where calls are tools.
const FINAL: &str = "FINAL_ANSWER:";

/// The most questions that answers are read for.
const MOST_QUESTIONS: usize = 64;

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Searches for words.
    Search(String),
    /// Replaces records by a memory.
    Fold {
        /// The memory.
        memory: String,
        /// The handles of the records.
        ids: Vec<String>,
    },
    /// Answers the questions in order.
    Answer(Vec<String>),
}

/// The calls of an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The calls in order; the reason, where one cannot be read.
    pub calls: Vec<Result<Call, String>>,
    /// True if the output is not of the form that was asked for.
    pub is_repaired: bool,
    /// True if it was cut off, and its complete part is used.
    pub is_cut: bool,
}

/// Reads an output; none if it has no call.
pub fn parse(output: &Completion, form: Calls) -> Option<Output> {
    match form {
        Calls::Json => of_text(&output.text),
        Calls::Tools => of_tools(output),
    }
}

/// Reads one JSON object, or with leniency several of them, or a list.
fn of_text(output: &str) -> Option<Output> {
    let is_call = |item: &Value| text(item, "call").is_some();
    let whole: Option<Value> = spoken(output).and_then(|said| serde_json::from_str(said).ok());
    if let Some(item) = whole.filter(is_call) {
        return Some(Output {
            calls: vec![of_item(&item)],
            ..Output::default()
        });
    }
    let json::Items { items, form } = json::items(output, "calls", is_call)?;
    let calls: Vec<_> = items.iter().map(of_item).collect();
    (!calls.is_empty()).then_some(Output {
        calls,
        is_repaired: true,
        is_cut: form.cut,
    })
}

fn of_item(item: &Value) -> Result<Call, String> {
    match text(item, "call").unwrap_or_default() {
        "search" => search(item),
        "fold" => fold(item),
        "answer" => {
            let answers = item.get("answers").and_then(Value::as_array);
            let answers = answers.ok_or("answer: `answers` is no list")?;
            Ok(Call::Answer(answers.iter().map(plain).collect()))
        }
        other => Err(format!("there is no call {other:?}")),
    }
}

/// Reads tool calls, or the answers after `FINAL_ANSWER:`, an object with a value for each question.
fn of_tools(output: &Completion) -> Option<Output> {
    let read = |call: &ToolCall| {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or(Value::Null);
        match &*call.name {
            SEARCH => search(&arguments),
            PRUNE => fold(&arguments),
            other => Err(format!("there is no tool {other:?}")),
        }
    };
    let mut calls: Vec<_> = output.tool_calls.iter().map(read).collect();
    let unread = || Err("the call cannot be read".into());
    calls.extend((0..output.malformed_calls).map(|_| unread()));
    let said = spoken(&output.text).unwrap_or_default();
    if let Some(at) = said.rfind(FINAL).filter(|_| calls.is_empty()) {
        let answers: Value = serde_json::from_str(said[at + FINAL.len()..].trim()).ok()?;
        calls.push(Ok(Call::Answer(in_order(answers.as_object()?))));
    }
    (!calls.is_empty()).then_some(Output {
        calls,
        ..Output::default()
    })
}

/// Returns the values of `Q1`, `Q2`, … in the order of their numbers; an empty one where a number
/// is missing.
fn in_order(answers: &serde_json::Map<String, Value>) -> Vec<String> {
    let number = |key: &String| key.trim_start_matches(['Q', 'q']).parse::<usize>().ok();
    let last = answers.keys().filter_map(number).max().unwrap_or(0);
    let of = |number: usize| {
        let value = answers.get(&format!("Q{number}"));
        value
            .or_else(|| answers.get(&format!("q{number}")))
            .map_or_else(String::new, plain)
    };
    (1..=last.min(MOST_QUESTIONS)).map(of).collect()
}

fn search(arguments: &Value) -> Result<Call, String> {
    let query = text(arguments, "query").ok_or("search: `query` is missing or empty")?;
    Ok(Call::Search(first_words(query, usize::MAX)))
}

fn fold(arguments: &Value) -> Result<Call, String> {
    let memory = text(arguments, "memory").ok_or("fold: `memory` is missing or empty")?;
    let ids = arguments.get("delete_ids").and_then(Value::as_array);
    let ids = ids.filter(|ids| !ids.is_empty());
    let ids = ids.ok_or("fold: `delete_ids` is missing or empty")?;
    Ok(Call::Fold {
        memory: memory.into(),
        ids: ids.iter().map(plain).collect(),
    })
}

/// Returns a text as it is, and any other value as JSON, on one line.
fn plain(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), String::from);
    first_words(&text, usize::MAX)
}

/// Returns the JSON of a call.
pub fn write(call: &Call) -> String {
    let value = match call {
        Call::Search(query) => serde_json::json!({"call": "search", "query": query}),
        Call::Fold { memory, ids } => {
            serde_json::json!({"call": "fold", "delete_ids": ids, "memory": memory})
        }
        Call::Answer(answers) => serde_json::json!({"answers": answers, "call": "answer"}),
    };
    json::write(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Option<Output> {
        parse(&Completion::of_text(output), Calls::Json)
    }

    fn calls(output: &str) -> Vec<Result<Call, String>> {
        read(output).map(|read| read.calls).unwrap_or_default()
    }

    fn search(words: &str) -> Result<Call, String> {
        Ok(Call::Search(words.into()))
    }

    #[test]
    fn a_call_reads_back_as_it_was_meant() {
        for call in [
            Call::Search("red cat".into()),
            Call::Fold {
                memory: "Cats: red.\nDogs: open.".into(),
                ids: vec!["h1".into(), "h3".into()],
            },
            Call::Answer(vec!["a".into(), String::new()]),
        ] {
            let read = read(&write(&call)).unwrap_or_default();
            assert_eq!((read.calls, read.is_repaired), (vec![Ok(call)], false));
        }
    }

    #[test]
    fn text_around_calls_and_lists_of_them_are_repaired() {
        let one = r#"{"call": "search", "query": "cat"}"#;
        for output in [
            format!("I search.\n{one}"),
            format!("[{one}]"),
            format!(r#"{{"calls": [{one}]}}"#),
        ] {
            let read = read(&output).unwrap_or_default();
            assert_eq!((read.calls, read.is_repaired), (vec![search("cat")], true));
        }
        let two = format!(r#"[{one}, {{"call": "answer", "answers": ["x", 3]}}]"#);
        let answers = vec!["x".into(), "3".into()];
        assert_eq!(calls(&two), [search("cat"), Ok(Call::Answer(answers))]);
    }

    #[test]
    fn d_what_is_missing_in_a_call_is_named() {
        for (output, why) in [
            (
                r#"{"call": "search"}"#,
                "search: `query` is missing or empty",
            ),
            (
                r#"{"call": "fold", "memory": " ", "delete_ids": ["h1"]}"#,
                "fold: `memory` is missing or empty",
            ),
            (
                r#"{"call": "fold", "memory": "x", "delete_ids": []}"#,
                "fold: `delete_ids` is missing or empty",
            ),
            (r#"{"call": "answer"}"#, "answer: `answers` is no list"),
            (r#"{"call": "fly"}"#, "there is no call \"fly\""),
        ] {
            assert_eq!(calls(output), [Err(why.into())]);
        }
        for none in ["", "search for cats", "{}", "<think>"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    fn tools(text: &str, calls: &[(&str, &str)]) -> Option<Output> {
        let calls = calls.iter().map(|(name, arguments)| ToolCall {
            name: (*name).into(),
            arguments: (*arguments).into(),
        });
        let output = Completion {
            tool_calls: calls.collect(),
            ..Completion::of_text(text)
        };
        parse(&output, Calls::Tools)
    }

    #[test]
    fn tools_have_the_names_of_the_paper_s_code_and_the_answer_is_a_line() {
        let prune = r#"{"memory": "x", "delete_ids": ["h2"]}"#;
        let read = tools(
            "",
            &[
                ("search", r#"{"query": "cat"}"#),
                ("prune_context", prune),
                ("fly", "{}"),
            ],
        );
        let fold = Call::Fold {
            memory: "x".into(),
            ids: vec!["h2".into()],
        };
        let fly = Err("there is no tool \"fly\"".to_string());
        assert_eq!(
            read.map(|read| read.calls),
            Some(vec![search("cat"), Ok(fold), fly])
        );
        let said = r#"<think>Hm</think> FINAL_ANSWER: {"Q2": "b", "Q1": "a", "Q4": 7}"#;
        let answers = ["a", "b", "", "7"].map(String::from).to_vec();
        assert_eq!(
            tools(said, &[]).map(|read| read.calls),
            Some(vec![Ok(Call::Answer(answers))])
        );
        for none in ["", "FINAL_ANSWER: a", "I am done"] {
            assert_eq!(tools(none, &[]), None, "{none}");
        }
    }
}
