//! The analyser, which describes a turn by keywords, a context and tags.

use memloom_json::schema::{list, object, text_up_to};
use memloom_json::{self as json, Form};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::text::first_words;
use serde::Serialize;
use serde_json::Value;

use crate::note::Note;
use crate::options::{ITEM_CHARS, MOST_ITEMS, Options};
use crate::reply;
use crate::salient::salient;

/// The tag of a demonstrated note about nothing that the environment has a kind for.
const TALK: &str = "talk";

/// The parsed part of an output.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    /// The keywords.
    pub keywords: Vec<String>,
    /// The context.
    pub context: String,
    /// The tags.
    pub tags: Vec<String>,
    /// The form of the output.
    pub form: Form,
}

#[derive(Serialize)]
struct Input<'a> {
    content: &'a str,
}

#[derive(Serialize)]
struct Output {
    keywords: Vec<String>,
    context: String,
    tags: Vec<String>,
}

/// Returns the user message about a note.
pub fn prompt(note: &Note) -> String {
    json::write(&Input {
        content: &note.content,
    })
}

/// Returns a demonstrator's output: salient words, a context that names them, and the cues of the kinds
/// that are named as tags.
pub fn demonstration(options: &Options, lexicon: &Lexicon, note: &Note) -> String {
    let mut keywords: Vec<String> = salient(lexicon, note.said());
    keywords.truncate(MOST_ITEMS);
    let kinds = lexicon.asked(note.said()).into_iter();
    let mut tags: Vec<String> = kinds.map(|kind| first_words(&kind.query, 1)).collect();
    tags.truncate(MOST_ITEMS - 1);
    if tags.is_empty() {
        tags.push(TALK.into());
    }
    let context = format!("{} speaks of {}.", note.speaker, keywords.join(" and "));
    let context = match keywords.is_empty() {
        true => String::new(),
        false => context.trim_start().into(),
    };
    let short = |texts: Vec<String>| -> Vec<String> {
        let texts = texts.iter();
        texts
            .map(|text| shortened(options, text, ITEM_CHARS))
            .collect()
    };
    json::write(&Output {
        context: shortened(options, &context, options.max_chars),
        keywords: short(keywords),
        tags: short(tags),
    })
}

/// Returns a text as far as a constrained output lets it be written.
pub fn shortened(options: &Options, text: &str, chars: usize) -> String {
    match options.constrained {
        true => text
            .chars()
            .take(chars)
            .collect::<String>()
            .trim_end()
            .into(),
        false => text.into(),
    }
}

/// Returns the schema of constrained outputs.
pub fn schema(options: &Options) -> String {
    let items = || list(&text_up_to(ITEM_CHARS), MOST_ITEMS);
    object(&[
        ("keywords", items()),
        ("context", context_up_to(options.max_chars)),
        ("tags", items()),
    ])
}

/// Returns the schema of a context, which may be empty.
pub fn context_up_to(chars: usize) -> String {
    format!(r#"{{"type":"string","maxLength":{chars}}}"#)
}

/// Parses an output; none if it is no object with keywords, context or tags. A part that is missing is
/// empty and counts as repaired.
pub fn parse(output: &str) -> Option<Analysis> {
    let is_analysis = |item: &Value| {
        let mut parts = ["keywords", "context", "tags"].into_iter();
        parts.any(|part| item.get(part).is_some())
    };
    let (object, form) = reply::object(output, is_analysis)?;
    let mut read = Analysis {
        form,
        ..Analysis::default()
    };
    let mut repaired = false;
    for (name, texts) in [("keywords", &mut read.keywords), ("tags", &mut read.tags)] {
        match object.get(name) {
            Some(value) => {
                let (said, other) = reply::texts(value)?;
                *texts = said;
                repaired |= other;
            }
            None => repaired = true,
        }
    }
    match object.get("context") {
        Some(value) => read.context = value.as_str()?.trim().into(),
        None => repaired = true,
    }
    read.form.repaired |= repaired;
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::LexiconKind;

    fn note(said: &str) -> Note {
        Note {
            speaker: "Anna".into(),
            content: format!("Anna: {said}"),
            ..Note::default()
        }
    }

    fn lexicon() -> Lexicon {
        Lexicon::new(&[LexiconKind {
            name: "city".into(),
            cues: vec!["live".into(), "lives".into()],
            values: vec!["rome".into()],
        }])
    }

    #[test]
    fn demonstrations_read_back() {
        for constrained in [false, true] {
            let options = Options {
                constrained,
                max_chars: 12,
                ..Options::default()
            };
            let said = demonstration(&options, &lexicon(), &note("I live in Rome."));
            let context = match constrained {
                true => "Anna speaks",
                false => "Anna speaks of live and rome.",
            };
            let read = Analysis {
                keywords: vec!["live".into(), "rome".into()],
                context: context.into(),
                tags: vec!["live".into()],
                form: Form::default(),
            };
            assert_eq!(parse(&said), Some(read), "{said}");
        }
        assert_eq!(
            demonstration(&Options::default(), &lexicon(), &note("Hi!")),
            r#"{"keywords":[],"context":"","tags":["talk"]}"#
        );
    }

    #[test]
    fn keywords_in_one_text_and_missing_parts_are_repaired() {
        let read = parse(r#"{"keywords": "ski, snow", "tags": ["sport"]}"#).expect("an analysis");
        assert_eq!(read.keywords, ["ski", "snow"]);
        assert_eq!((read.tags.len(), read.form.repaired), (1, true));
        assert_eq!(
            parse(r#"Here: {"context": " On snow. "}"#).map(|read| read.context),
            Some("On snow.".into())
        );
    }

    #[test]
    fn what_is_no_analysis_is_malformed() {
        for none in [
            "",
            "ski",
            r#"{"topic": "x"}"#,
            r#"{"keywords": 3}"#,
            r#"{"context": ["x"]}"#,
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_schema_bounds_every_text_and_list() {
        let schema = schema(&Options::default());
        assert_eq!(schema.matches(r#""maxItems":4"#).count(), 2);
        assert_eq!(schema.matches(r#""maxLength":24"#).count(), 2);
        assert!(schema.contains(r#""context":{"type":"string","maxLength":100}"#));
    }
}
