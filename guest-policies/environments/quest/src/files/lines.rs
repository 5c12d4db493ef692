//! JSON lines: documents as search engines index them, and questions with their answers.

use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Error;
use serde::Deserialize;

use crate::corpus::Document;

/// The content of a line.
pub enum Line {
    /// A document.
    Document(Document),
    /// A question and its right answers.
    Question(String, Vec<String>),
}

/// The keys of a line. Others are not read.
#[derive(Deserialize)]
struct Keys {
    title: Option<String>,
    contents: Option<String>,
    question: Option<String>,
    #[serde(alias = "golden_answers")]
    answers: Option<Vec<String>>,
}

/// Reads a file, with the number of each line. Empty lines are skipped.
///
/// # Errors
/// `invalid`, naming file and line.
pub fn read(file: &DataFile) -> Result<Vec<(usize, Line)>, Error> {
    let lines = (1..).zip(file.bytes.split(|byte| *byte == b'\n'));
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let items = lines.map(|(number, line)| {
        let invalid = |why: String| Error::Invalid(format!("{}, line {number}: {why}", file.name));
        let keys: Keys = serde_json::from_slice(line).map_err(|why| invalid(why.to_string()))?;
        let line = match (keys.contents, keys.question, keys.answers) {
            (Some(contents), None, None) => Line::Document(document(keys.title, &contents)),
            (None, Some(question), Some(answers)) => Line::Question(question, answers),
            _ => {
                return Err(invalid(
                    "neither `contents` of a document nor `question` and `answers`".into(),
                ));
            }
        };
        Ok((number, line))
    });
    items.collect()
}

/// Returns a document. Without a title of its own, its first line is the title if others follow.
fn document(title: Option<String>, contents: &str) -> Document {
    let contents = contents.trim();
    let (title, text) = match (title, contents.split_once('\n')) {
        (Some(title), _) => (title, contents),
        (None, Some((title, text))) => (title.trim().trim_matches('"').into(), text),
        (None, None) => (String::new(), contents),
    };
    Document {
        title: title.trim().into(),
        text: text.trim().into(),
    }
}
