//! The published file formats: a list of conversations, and an audit's list of
//! corrections.

use std::collections::BTreeMap;
use std::fmt;

use memloom_sdk::environment::DataFile;
use memloom_sdk::types::Error;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::qa::Qa;

/// One conversation of `locomo10.json`.
#[derive(Debug, Deserialize)]
pub struct Published {
    /// The id, for instance `conv-26`.
    pub sample_id: String,
    /// The sessions.
    pub conversation: Dialogue,
    /// The questions.
    pub qa: Vec<Qa>,
}

/// Sessions under numbered keys.
#[derive(Debug, Default)]
pub struct Dialogue {
    /// `speaker_a` and `speaker_b`, if given.
    pub speakers: Vec<String>,
    /// `session_N` by N.
    pub sessions: BTreeMap<u32, Vec<Utterance>>,
    /// `session_N_date_time` by N.
    pub times: BTreeMap<u32, String>,
}

/// One turn.
#[derive(Debug, Deserialize)]
pub struct Utterance {
    /// The speaker.
    pub speaker: String,
    /// The id, for instance `D1:3`.
    pub dia_id: String,
    /// The text.
    pub text: String,
    /// The caption of a shared photo.
    #[serde(default)]
    pub blip_caption: Option<String>,
}

/// An answer: text, or a number such as a year.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Plain {
    /// A text.
    Text(String),
    /// A number.
    Number(serde_json::Number),
}

impl fmt::Display for Plain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => formatter.write_str(text),
            Self::Number(number) => number.fmt(formatter),
        }
    }
}

/// A correction of one question by an audit.
#[derive(Debug, Deserialize)]
pub struct Correction {
    /// The conversation's `sample_id`.
    pub sample_id: String,
    /// The id, which ends in `_qa` and the question's index in the published conversation.
    pub question_id: String,
    /// The question's text, to check that it is the same.
    pub question: String,
    /// The turns that contain the answer.
    pub correct_evidence: Vec<String>,
    /// The answer in these turns.
    pub correct_answer: Plain,
}

impl<'de> Deserialize<'de> for Dialogue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(DialogueVisitor)
    }
}

/// Reads the keys in order, so that an error has its line and column.
struct DialogueVisitor;

impl<'de> Visitor<'de> for DialogueVisitor {
    type Value = Dialogue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with speaker_a, speaker_b, session_1, …")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Dialogue, A::Error> {
        let mut dialogue = Dialogue::default();
        while let Some(key) = map.next_key::<String>()? {
            if matches!(key.as_str(), "speaker_a" | "speaker_b") {
                dialogue.speakers.push(map.next_value()?);
                continue;
            }
            let numbered = key.strip_prefix("session_");
            let date = numbered.and_then(|rest| rest.strip_suffix("_date_time"));
            if let Some(number) = date.and_then(|number| number.parse().ok()) {
                dialogue.times.insert(number, map.next_value()?);
            } else if let Some(number) = numbered.and_then(|number| number.parse().ok()) {
                dialogue.sessions.insert(number, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(dialogue)
    }
}

/// The content of a file.
#[derive(Debug)]
pub enum Content {
    /// Conversations.
    Conversations(Vec<Published>),
    /// Corrections.
    Corrections(Vec<Correction>),
}

/// Distinguishes the two kinds of list by the keys of their first item.
#[derive(Deserialize)]
struct Probe {
    conversation: Option<IgnoredAny>,
    question_id: Option<IgnoredAny>,
}

/// Reads a file of either kind.
///
/// # Errors
/// `invalid` naming file, line and column if it is neither list.
pub fn read(file: &DataFile) -> Result<Content, Error> {
    let wrong = |error: serde_json::Error| Error::Invalid(format!("{}: {error}", file.name));
    let probes: Vec<Probe> = serde_json::from_slice(&file.bytes).map_err(wrong)?;
    match probes.first() {
        Some(Probe {
            conversation: Some(_),
            ..
        }) => serde_json::from_slice(&file.bytes)
            .map(Content::Conversations)
            .map_err(wrong),
        Some(Probe {
            question_id: Some(_),
            ..
        }) => serde_json::from_slice(&file.bytes)
            .map(Content::Corrections)
            .map_err(wrong),
        _ => Err(Error::Invalid(format!(
            "{}: neither a list of LoCoMo conversations nor of corrections to them",
            file.name
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> DataFile {
        DataFile {
            name: "data.json".into(),
            bytes: text.into(),
        }
    }

    fn refusal(text: &str) -> String {
        match read(&file(text)) {
            Err(Error::Invalid(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_column() {
        assert_eq!(
            refusal("[\n  {\"sample_id\": \"c\",\n]"),
            "data.json: key must be a string at line 3 column 1"
        );
    }

    #[test]
    fn a_turn_without_text_is_found_where_it_stands() {
        let text = "[{\"sample_id\": \"c\", \"qa\": [], \"conversation\": {\n\
                    \"session_1\": [{\"speaker\": \"A\", \"dia_id\": \"D1:1\"}]}}]";
        assert_eq!(
            refusal(text),
            "data.json: missing field `text` at line 2 column 48"
        );
    }

    #[test]
    fn another_list_is_refused() {
        assert_eq!(
            refusal("[{}]"),
            "data.json: neither a list of LoCoMo conversations nor of corrections to them"
        );
    }
}
