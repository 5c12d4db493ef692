//! The answerer, which answers a question from notes.

use memloom_json as json;
use memloom_json::schema::object;
use memloom_sdk::text::{after_label, first_words};
use memloom_sdk::thoughts::spoken;
use serde::Serialize;

use crate::note::Note;
use crate::options::Options;
use crate::reply;

/// The most words of a demonstrated answer.
const MOST_WORDS: usize = 6;

/// The most characters of a constrained answer.
const MOST_CHARS: usize = 60;

#[derive(Serialize)]
struct Output {
    answer: String,
}

/// Returns the user message: the notes, as the bank renders them, and the question.
pub fn prompt(notes: &str, question: &str) -> String {
    format!("{notes}\n\nQuestion: {question}")
}

/// Returns a demonstrator's output: the first words of the best note that holds.
pub fn demonstration(options: &Options, notes: &[Note]) -> String {
    let best = notes.iter().find(|note| !note.is_past());
    let answer = best.map_or_else(String::new, |note| first_words(note.said(), MOST_WORDS));
    let answer = match options.constrained {
        true => answer.chars().take(MOST_CHARS).collect(),
        false => answer,
    };
    json::write(&Output { answer })
}

/// Returns the schema of constrained outputs.
pub fn schema() -> String {
    let answer = format!(r#"{{"type":"string","maxLength":{MOST_CHARS}}}"#);
    object(&[("answer", answer)])
}

/// Returns the answer in an output: that of the JSON object, else the rest of a line after `Answer:`,
/// else an empty text.
pub fn parse(output: &str) -> String {
    let is_answer = |item: &serde_json::Value| item.get("answer").is_some();
    if let Some((said, _)) = reply::object(output, is_answer) {
        return said["answer"].as_str().unwrap_or_default().trim().into();
    }
    let said = spoken(output).unwrap_or_default();
    after_label(said, "answer").unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_from_json_or_a_label() {
        assert_eq!(parse(r#"{"answer": " In \"Rome\" "}"#), "In \"Rome\"");
        assert_eq!(parse(r#"Sure: {"answer": "Rome"}"#), "Rome");
        assert_eq!(parse("<think>Hm</think>Answer: Rome\nBye."), "Rome");
        for none in ["Rome", r#"{"answer": 3}"#, r#"<think>{"answer": "Rome"}"#] {
            assert_eq!(parse(none), "", "{none}");
        }
    }

    #[test]
    fn the_best_note_that_holds_is_demonstrated() {
        let note = |content: &str, tags: &[&str]| Note {
            speaker: "Anna".into(),
            content: content.into(),
            tags: tags.iter().map(ToString::to_string).collect(),
            ..Note::default()
        };
        let notes = [note("Anna: I swim.", &["past"]), note("Anna: I ski.", &[])];
        for constrained in [false, true] {
            let options = Options {
                constrained,
                ..Options::default()
            };
            assert_eq!(parse(&demonstration(&options, &notes)), "I ski.");
            assert_eq!(parse(&demonstration(&options, &[])), "");
        }
    }
}
