//! The published formats: rows of MemoryAgentBench and of Mem-alpha, and the names of films.

use std::collections::BTreeMap;

use memloom_sdk::items::Item;
use serde::Deserialize;
use serde_json::Value;

/// A row as a file has it. A field that it lacks is none.
#[derive(Debug, Deserialize)]
pub struct Published {
    /// MemoryAgentBench: the text.
    context: Option<String>,
    /// MemoryAgentBench: the questions.
    questions: Option<Vec<String>>,
    /// MemoryAgentBench: the right answers of each question.
    answers: Option<Value>,
    /// MemoryAgentBench: the source and more.
    metadata: Option<Metadata>,
    /// Mem-alpha: the chunks, as a list or as the JSON text of one.
    chunks: Option<Value>,
    /// Mem-alpha: objects with `question` and `answer`, as a list or as the JSON text of one.
    questions_and_answers: Option<Value>,
    /// Mem-alpha: the source.
    sub_source: Option<String>,
}

/// What MemoryAgentBench says about a row.
#[derive(Debug, Default, Deserialize)]
struct Metadata {
    source: Option<String>,
    question_dates: Option<Value>,
    keypoints: Option<Value>,
}

/// A checked row.
#[derive(Debug)]
pub struct Row {
    /// The text, in one piece or in chunks.
    pub text: Text,
    /// The questions.
    pub qas: Vec<Qa>,
    /// The key points of a good summary.
    pub points: Vec<String>,
    /// The number of answers that are no list.
    pub bare: usize,
}

/// The text of a row.
#[derive(Debug)]
pub enum Text {
    /// In one piece.
    Whole(String),
    /// In chunks that are not blank.
    Chunks(Vec<String>),
}

impl Text {
    /// Returns true if there is nothing to read.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Whole(text) => text.trim().is_empty(),
            Self::Chunks(chunks) => chunks.is_empty(),
        }
    }
}

/// A question.
#[derive(Debug)]
pub struct Qa {
    /// The question, with its date if it has one.
    pub question: String,
    /// The right answers.
    pub candidates: Vec<String>,
}

/// An item of a file.
#[derive(Debug)]
pub enum Content {
    /// A row.
    Row(Box<Published>),
    /// The ids of films by name.
    Films(BTreeMap<String, i64>),
}

/// Reads an item.
///
/// # Errors
/// The reason, with the line in the file.
pub fn read(item: &Item, bytes: &[u8]) -> Result<Content, String> {
    let row: Result<Published, String> = item.read(bytes);
    match row {
        Ok(row) if row.context.is_some() || row.chunks.is_some() => Ok(Content::Row(Box::new(row))),
        Ok(_) => match item.read::<BTreeMap<String, i64>>(bytes) {
            Ok(films) if !films.is_empty() => Ok(Content::Films(films)),
            _ => Err(format!(
                "line {}: neither a row of MemoryAgentBench, with `context`, nor one of \
                 Mem-alpha, with `chunks`",
                item.line
            )),
        },
        Err(why) => Err(why),
    }
}

impl Published {
    /// Returns the source; empty if there is none.
    #[must_use]
    pub fn source(&self) -> String {
        let metadata = self.metadata.as_ref();
        let source = metadata.and_then(|metadata| metadata.source.clone());
        source.or(self.sub_source.clone()).unwrap_or_default()
    }

    /// Checks the row.
    ///
    /// # Errors
    /// The reason why it cannot be used.
    pub fn check(self) -> Result<Row, String> {
        match self.context {
            Some(context) => {
                let metadata = self.metadata.unwrap_or_default();
                let questions = self.questions.ok_or("has no `questions`")?;
                let answers = self.answers.ok_or("has no `answers`")?;
                let (candidates, bare) = candidates(answers, questions.len())?;
                let dates = texts(metadata.question_dates.unwrap_or_default());
                let qas = questions.into_iter().zip(candidates).enumerate();
                Ok(Row {
                    text: Text::Whole(context),
                    qas: qas
                        .map(|(number, (question, candidates))| Qa {
                            question: match dates.get(number) {
                                Some(date) => format!("{question} (asked on {date})"),
                                None => question,
                            },
                            candidates,
                        })
                        .collect(),
                    points: texts(metadata.keypoints.unwrap_or_default()),
                    bare,
                })
            }
            None => {
                let chunks = list("chunks", self.chunks.unwrap_or_default())?;
                let pairs = self.questions_and_answers.unwrap_or_default();
                let pairs = list("questions_and_answers", pairs)?;
                let field = |pair: &mut Value, name: &str| {
                    let field = pair.get_mut(name).map(Value::take);
                    texts(field.unwrap_or_default())
                };
                let qas = pairs.into_iter().map(|mut pair| Qa {
                    question: field(&mut pair, "question").concat(),
                    candidates: field(&mut pair, "answer"),
                });
                Ok(Row {
                    qas: qas.collect(),
                    text: Text::Chunks(chunks.into_iter().flat_map(texts).collect()),
                    points: Vec::new(),
                    bare: 0,
                })
            }
        }
    }
}

/// Returns the right answers of each of some questions, and the number of those that are no
/// list. Of a single question, a list of texts is the list of its candidates.
fn candidates(answers: Value, questions: usize) -> Result<(Vec<Vec<String>>, usize), String> {
    let items = match answers {
        Value::Array(items) => items,
        other => vec![other],
    };
    let plain = items.iter().filter(|item| !item.is_array()).count();
    if questions == 1 && plain == items.len() && plain > 0 {
        return Ok((vec![items.into_iter().flat_map(texts).collect()], 1));
    }
    if items.len() != questions {
        return Err(format!(
            "has {questions} `questions`, but {} `answers`: give a list of answers for each \
             question",
            items.len()
        ));
    }
    Ok((items.into_iter().map(texts).collect(), plain))
}

/// Returns the items of a list, or of the JSON text of one.
fn list(name: &str, value: Value) -> Result<Vec<Value>, String> {
    let parsed = match &value {
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => Some(value),
    };
    match parsed {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(format!("`{name}` is no list: give a JSON list")),
    }
}

/// Returns all texts and numbers of a value and of the lists and objects in it; blank texts are
/// none.
fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::String(text) => vec![text],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(items) => items.into_iter().flat_map(texts).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .flat_map(|(_, field)| texts(field))
            .collect(),
        Value::Null | Value::Bool(_) => Vec::new(),
    }
}
