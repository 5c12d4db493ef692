//! The published file format: `longmemeval_s.json`, `longmemeval_m.json`,
//! `longmemeval_oracle.json`, and the cleaned ones. Long texts are borrowed from the file where
//! they have no escapes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

/// One instance. A field that the file lacks is none.
#[derive(Debug, Deserialize)]
pub struct Published<'a> {
    /// The id; `_abs` at its end says that there is no answer.
    pub question_id: Option<String>,
    /// The kind of question.
    pub question_type: Option<String>,
    /// The question.
    pub question: Option<String>,
    /// The answer, a text or a number; a rubric for a preference, an explanation where there is
    /// no answer.
    pub answer: Option<Value>,
    /// The time of the question.
    pub question_date: Option<String>,
    /// The ids of the sessions.
    pub haystack_session_ids: Option<Vec<String>>,
    /// The times of the sessions.
    pub haystack_dates: Option<Vec<String>>,
    /// The turns of the sessions.
    #[serde(borrow)]
    pub haystack_sessions: Option<Vec<Vec<Spoken<'a>>>>,
    /// The ids of the sessions with the evidence.
    pub answer_session_ids: Option<Vec<String>>,
}

/// One turn.
#[derive(Clone, Debug, Deserialize)]
pub struct Spoken<'a> {
    /// `user` or `assistant`.
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    /// The text.
    #[serde(borrow)]
    pub content: Cow<'a, str>,
    /// True if it is evidence.
    pub has_answer: Option<bool>,
}

impl Spoken<'_> {
    /// Returns true if it is marked as evidence.
    #[must_use]
    pub fn is_evidence(&self) -> bool {
        self.has_answer == Some(true)
    }

    /// Returns true if nothing is said.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.content.trim().is_empty()
    }
}

/// The id of an instance that cannot be read otherwise.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// The id.
    pub question_id: Option<String>,
}

/// Returns the text of an answer: a text that is not blank, or a number.
#[must_use]
pub fn plain(answer: &Value) -> Option<String> {
    match answer {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
