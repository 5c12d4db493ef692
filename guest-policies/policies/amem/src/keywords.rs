//! The keywords of a question, by which notes are looked up.

use memloom_json as json;
use memloom_json::schema::{object, text_up_to};
use memloom_sdk::lexicon::Lexicon;
use memloom_sdk::speakers::Speakers;
use serde::Serialize;

use crate::options::Options;
use crate::reply;
use crate::salient::salient;

/// The most characters of the keywords in a constrained output.
const MOST_CHARS: usize = 100;

#[derive(Serialize)]
struct Input<'a> {
    question: &'a str,
}

#[derive(Serialize)]
struct Output {
    keywords: String,
}

/// Returns the user message about a question.
pub fn prompt(question: &str) -> String {
    json::write(&Input { question })
}

/// Returns a demonstrator's output: the people whom the question names, and its salient words.
pub fn demonstration(
    options: &Options,
    lexicon: &Lexicon,
    speakers: &Speakers,
    question: &str,
) -> String {
    let named = speakers.named(question).into_iter().map(String::from);
    let keywords: Vec<String> = named.chain(salient(lexicon, question)).collect();
    let keywords = match keywords.is_empty() {
        true => question.trim().to_owned(),
        false => keywords.join(", "),
    };
    let keywords = match options.constrained {
        true => keywords.chars().take(MOST_CHARS).collect(),
        false => keywords,
    };
    json::write(&Output { keywords })
}

/// Returns the schema of constrained outputs.
pub fn schema() -> String {
    object(&[("keywords", text_up_to(MOST_CHARS))])
}

/// Returns the keywords in an output, as one text; none if there are none.
pub fn parse(output: &str) -> Option<String> {
    let (said, _) = reply::object(output, |item| item.get("keywords").is_some())?;
    let (keywords, _) = reply::texts(&said["keywords"])?;
    let keywords = keywords.join(", ");
    (!keywords.trim().is_empty()).then_some(keywords)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demonstrations_name_people_and_salient_words_and_read_back() {
        let speakers = vec!["Anna".to_string(), "Ben".to_string()].into();
        let said = |question: &str| {
            let options = Options::default();
            demonstration(&options, &Lexicon::default(), &speakers, question)
        };
        let read = parse(&said("Where does Ben practise skiing?"));
        assert_eq!(read.as_deref(), Some("Ben, where, practise, skiing"));
        assert_eq!(parse(&said(" Why? ")).as_deref(), Some("Why?"));
    }

    #[test]
    fn a_list_or_a_text_of_keywords_is_read() {
        assert_eq!(
            parse(r#"{"keywords": ["a", "b"]}"#).as_deref(),
            Some("a, b")
        );
        assert_eq!(
            parse(r#"Well: {"keywords": "a,b"}"#).as_deref(),
            Some("a, b")
        );
        for none in ["a, b", r#"{"keywords": " "}"#, r#"{"keywords": 3}"#] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
