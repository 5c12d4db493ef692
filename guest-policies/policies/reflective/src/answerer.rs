//! The answerer in free text or JSON, which ends in citations: `in Rome [0, 2]`, `unknown [NO_CITE]`.

use std::fmt::Write;

use memloom_json::schema::{list, object, one_of};
use memloom_sdk::bank::Hit;
use memloom_sdk::metrics::contains;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use serde_json::Value;

use crate::options::Options;
use crate::topic::shortened;

/// The citation of none.
const NO_CITE: &str = "NO_CITE";

/// The answer that is none.
const UNKNOWN: &str = "unknown";

/// The most words of a demonstrated answer.
const MOST_WORDS: usize = 6;

/// The most topics that a constrained output cites.
const MOST_CITED: usize = 8;

/// The most characters of a constrained answer.
const MOST_CHARS: usize = 60;

/// An answer and the topics that it cites.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The answer; empty if it is unknown.
    pub answer: String,
    /// The places of the topics that are cited, each once; none if the citations are malformed.
    pub cited: Option<Vec<usize>>,
}

/// Returns the user message: the topics by session, numbered from 0, and the question.
pub fn prompt(hits: &[Hit], question: &str) -> String {
    let mut text = String::from("Topics:\n");
    for (number, Hit { entry, .. }) in hits.iter().enumerate() {
        let _ = writeln!(text, "[{number}] ({}) {}", entry.time, entry.text);
    }
    let _ = write!(text, "\nQuestion: {question}");
    text
}

/// Returns a demonstrator's output. With its `advice` that is this answer and the topics that say it,
/// unknown if none does; else the first words of the best topic.
pub fn demonstration(options: &Options, hits: &[Hit], advice: Option<&str>) -> String {
    let says = |hit: &Hit, answer: &str| contains(&hit.entry.text, answer) > 0.0;
    let numbered = || hits.iter().enumerate();
    let (answer, cited): (String, Vec<usize>) = match advice.map(str::trim) {
        Some("") => (String::new(), Vec::new()),
        Some(answer) => {
            let cited = numbered()
                .filter(|(_, hit)| says(hit, answer))
                .take(MOST_CITED);
            (answer.into(), cited.map(|(place, _)| place).collect())
        }
        None => match numbered().max_by(|(_, a), (_, b)| a.score.total_cmp(&b.score)) {
            Some((place, hit)) => (first_words(&hit.entry.text, MOST_WORDS), vec![place]),
            None => (String::new(), Vec::new()),
        },
    };
    // Brackets would be read as citations.
    let answer = answer.replace(['[', ']'], "");
    let answer = match cited.is_empty() || answer.trim().is_empty() {
        true => UNKNOWN.into(),
        false => shortened(&answer, MOST_CHARS),
    };
    let numbers: Vec<String> = cited.iter().map(ToString::to_string).collect();
    if options.constrained {
        let (answer, cited) = (Value::from(answer), serde_json::json!(numbers));
        return format!(r#"{{"answer":{answer},"cited":{cited}}}"#);
    }
    match numbers.is_empty() {
        true => format!("{answer} [{NO_CITE}]"),
        false => format!("{answer} [{}]", numbers.join(", ")),
    }
}

/// Returns the schema of constrained outputs about so many topics.
pub fn schema(topics: usize) -> String {
    let numbers: Vec<String> = (0..topics).map(|number| number.to_string()).collect();
    let answer = format!(r#"{{"type":"string","maxLength":{MOST_CHARS}}}"#);
    let numbers = one_of(numbers.iter().map(String::as_str));
    let cited = list(&numbers, topics.min(MOST_CITED));
    object(&[("answer", answer), ("cited", cited)])
}

/// Parses an output about so many topics: what stands before the last brackets, and the numbers in
/// them; or the JSON of a constrained output.
pub fn parse(output: &str, topics: usize) -> Said {
    let said = spoken(output).unwrap_or_default().trim();
    if let Ok(Value::Object(fields)) = serde_json::from_str(said) {
        let answer = fields.get("answer").and_then(Value::as_str);
        let cited = fields.get("cited").and_then(Value::as_array);
        let numbers = cited.map(|cited| {
            let number = |value: &Value| match value {
                Value::String(number) => number.clone(),
                other => other.to_string(),
            };
            cited.iter().map(number).collect::<Vec<_>>()
        });
        return Said {
            answer: known(answer.unwrap_or_default()),
            cited: numbers.and_then(|numbers| places(numbers.iter().map(String::as_str), topics)),
        };
    }
    let brackets = said.rfind('[').and_then(|start| {
        let length = said[start..].find(']')?;
        Some((&said[..start], &said[start + 1..start + length]))
    });
    let Some((answer, inside)) = brackets else {
        return Said {
            answer: known(said),
            cited: None,
        };
    };
    Said {
        answer: known(answer),
        cited: match inside.trim() {
            NO_CITE => Some(Vec::new()),
            inside => places(inside.split(','), topics),
        },
    }
}

/// Returns the places of cited topics, each once; none if a number is malformed or names no topic.
fn places<'a>(numbers: impl Iterator<Item = &'a str>, topics: usize) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for number in numbers {
        let place = number.trim().parse().ok().filter(|place| *place < topics)?;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Some(places)
}

/// Returns an answer, which is empty if it is unknown.
fn known(answer: &str) -> String {
    match answer.trim() {
        answer if answer.trim_end_matches('.').eq_ignore_ascii_case(UNKNOWN) => String::new(),
        answer => answer.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::Entry;

    fn hit(text: &str, score: f32) -> Hit {
        Hit {
            entry: Entry {
                id: "p1".into(),
                text: text.into(),
                speaker: "Anna".into(),
                time: "1 May".into(),
                first_session: 1,
                last_session: 1,
                evidence: vec![],
                fields: vec![],
            },
            score,
        }
    }

    fn hits() -> [Hit; 2] {
        [
            hit("Anna skis in \"Davos\" [really], of all places.", 0.9),
            hit("Anna swims.", 0.1),
        ]
    }

    fn said(answer: &str, cited: Option<&[usize]>) -> Said {
        Said {
            answer: answer.into(),
            cited: cited.map(Into::into),
        }
    }

    #[test]
    fn citations_are_numbers_of_topics_that_were_shown() {
        for (output, expected) in [
            ("in Rome [0, 2]", said("in Rome", Some(&[0, 2]))),
            ("Rome [1,1]. Bye", said("Rome", Some(&[1]))),
            ("<think>[0]</think>Rome [4]", said("Rome", Some(&[4]))),
            ("the [old] Rome [ 3 ]", said("the [old] Rome", Some(&[3]))),
            ("Unknown. [NO_CITE]", said("", Some(&[]))),
            ("Rome [0, 7]", said("Rome", None)),
            ("Rome [-1]", said("Rome", None)),
            ("Rome [0 2]", said("Rome", None)),
            ("Rome []", said("Rome", None)),
            ("Rome [0", said("Rome [0", None)),
            ("in Rome", said("in Rome", None)),
            ("", said("", None)),
            (
                r#"{"answer": "Rome", "cited": ["0", "4"]}"#,
                said("Rome", Some(&[0, 4])),
            ),
            (r#"{"answer": "unknown", "cited": []}"#, said("", Some(&[]))),
            (
                r#"{"answer": "Rome", "cited": [0, 2]}"#,
                said("Rome", Some(&[0, 2])),
            ),
            (r#"{"answer": "Rome", "cited": ["5"]}"#, said("Rome", None)),
            (r#"{"answer": "Rome"}"#, said("Rome", None)),
        ] {
            assert_eq!(parse(output, 5), expected, "{output:?}");
        }
    }

    #[test]
    fn demonstrations_follow_advice_and_read_back() {
        for constrained in [false, true] {
            let options = Options {
                constrained,
                ..Options::default()
            };
            for (advice, expected) in [
                (Some("swims"), said("swims", Some(&[1]))),
                (Some("Anna"), said("Anna", Some(&[0, 1]))),
                (Some("dances"), said("", Some(&[]))),
                (Some(""), said("", Some(&[]))),
                (None, said("Anna skis in \"Davos\" really, of", Some(&[0]))),
            ] {
                let output = demonstration(&options, &hits(), advice);
                assert_eq!(parse(&output, 2), expected, "{output}");
            }
            let output = demonstration(&options, &[], None);
            assert_eq!(parse(&output, 0), said("", Some(&[])), "{output}");
        }
    }

    #[test]
    fn topics_are_numbered_from_0() {
        assert_eq!(
            prompt(&hits()[1..], "Who swims?"),
            "Topics:\n[0] (1 May) Anna swims.\n\nQuestion: Who swims?"
        );
        assert!(schema(2).contains(r#""maxItems":2,"items":{"enum":["0","1"]}"#));
        assert!(schema(0).contains(r#""maxItems":0"#));
    }
}
