//! The answerer, which names the useful entries and answers from them.

use std::fmt::Write;

use memloom_json::schema::{list, object, one_of};
use memloom_sdk::bank::Hit;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use serde_json::Value;

use crate::options::Options;

/// The most words of a demonstrated answer.
const MOST_WORDS: usize = 6;

/// The most characters of a constrained answer.
const MOST_CHARS: usize = 60;

/// The most useful entries in a constrained output.
const MOST_USEFUL: usize = 5;

/// An answer and the ids of the entries that it was drawn from.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The ids that were named; empty if none were.
    pub useful: Vec<String>,
    /// The answer; empty if there is none.
    pub answer: String,
}

/// Returns the user message: the entries of each speaker, by session, and the question.
pub fn prompt(found: &mut [(String, Vec<Hit>)], question: &str) -> String {
    let mut text = String::new();
    for (speaker, hits) in found {
        hits.sort_by_key(|hit| hit.entry.last_session);
        let _ = writeln!(text, "Memories of {speaker}:");
        for hit in hits.iter() {
            let entry = &hit.entry;
            let _ = writeln!(text, "{} ({}): {}", entry.id, entry.time, entry.text);
        }
        text.push('\n');
    }
    let _ = write!(text, "Question: {question}");
    text
}

/// Returns a demonstrator's output: the first words of the best entry, which is the useful one.
pub fn demonstration(options: &Options, found: &[(String, Vec<Hit>)]) -> String {
    let hits = found.iter().flat_map(|(_, hits)| hits);
    let best = hits.max_by(|a, b| a.score.total_cmp(&b.score));
    let answer = best.map_or_else(String::new, |hit| first_words(&hit.entry.text, MOST_WORDS));
    let useful = best.map(|hit| hit.entry.id.as_str());
    if options.constrained {
        let answer: String = answer.chars().take(MOST_CHARS).collect();
        let useful = serde_json::json!(Vec::from_iter(useful));
        let answer = Value::from(answer.trim_end());
        return match options.distil {
            true => format!(r#"{{"useful":{useful},"answer":{answer}}}"#),
            false => format!(r#"{{"answer":{answer}}}"#),
        };
    }
    match options.distil {
        true => format!("Useful: {}\nAnswer: {answer}", useful.unwrap_or_default()),
        false => format!("Answer: {answer}"),
    }
}

/// Returns the schema of constrained outputs.
pub fn schema(options: &Options, found: &[(String, Vec<Hit>)]) -> String {
    let answer = format!(r#"{{"type":"string","maxLength":{MOST_CHARS}}}"#);
    let hits = found.iter().flat_map(|(_, hits)| hits);
    let ids: Vec<&str> = hits.map(|hit| hit.entry.id.as_str()).collect();
    let most = ids.len().min(MOST_USEFUL);
    let useful = ("useful", list(&one_of(ids), most));
    let answer = ("answer", answer);
    match options.distil {
        true => object(&[useful, answer]),
        false => object(&[answer]),
    }
}

/// Parses an output: what stands after the last `Answer:`, and the ids after the last `Useful:`; or
/// the JSON of a constrained output. Without an answer it is empty.
pub fn parse(output: &str) -> Said {
    let said = spoken(output).unwrap_or_default().trim();
    if let Ok(Value::Object(fields)) = serde_json::from_str(said) {
        let useful = fields.get("useful").and_then(Value::as_array);
        let ids = useful.into_iter().flatten().filter_map(Value::as_str);
        let answer = fields.get("answer").and_then(Value::as_str);
        return Said {
            useful: ids.map(String::from).collect(),
            answer: answer.unwrap_or_default().trim().into(),
        };
    }
    let ids = after_label(said, "useful:").unwrap_or_default();
    let ids = ids.split([',', ' ', ';']).map(str::trim);
    Said {
        useful: ids.filter(|id| !id.is_empty()).map(String::from).collect(),
        answer: after_label(said, "answer:").unwrap_or_default().into(),
    }
}

/// Returns the rest of the line after the last occurrence of a label in lower case, without the
/// asterisks that models set around labels and answers.
fn after_label<'a>(said: &'a str, label: &str) -> Option<&'a str> {
    let start = said.to_ascii_lowercase().rfind(label)? + label.len();
    let line = said[start..].trim_start_matches('*').lines().next()?;
    Some(line.trim().trim_matches('*').trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::Entry;

    fn hit(id: &str, text: &str, session: u32, score: f32) -> Hit {
        Hit {
            entry: Entry {
                id: id.into(),
                text: text.into(),
                speaker: "Anna".into(),
                time: format!("{session} May"),
                first_session: 1,
                last_session: session,
                evidence: vec![],
                fields: vec![],
            },
            score,
        }
    }

    fn found() -> [(String, Vec<Hit>); 2] {
        let hits = vec![
            hit("m7", "Anna skis in \"Davos\".", 2, 0.9),
            hit("m2", "Anna swims.", 1, 0.1),
        ];
        [("Anna".into(), hits), ("Ben".into(), vec![])]
    }

    #[test]
    fn memories_are_shown_by_person_and_session() {
        assert_eq!(
            prompt(&mut found(), "Where does Anna ski?"),
            concat!(
                "Memories of Anna:\nm2 (1 May): Anna swims.\n",
                "m7 (2 May): Anna skis in \"Davos\".\n\nMemories of Ben:\n\n",
                "Question: Where does Anna ski?"
            )
        );
    }

    #[test]
    fn the_last_answer_wins_and_without_one_it_is_empty() {
        let answer = |output: &str| parse(output).answer;
        assert_eq!(answer("Useful: m1\n**Answer:** Rome"), "Rome");
        assert_eq!(answer("Answer: Oslo\nNo. ANSWER: Rome \nbye"), "Rome");
        assert_eq!(
            answer("<think>Answer: Oslo</think>Answer: **Rome**"),
            "Rome"
        );
        assert_eq!(answer("Rome"), "");
        assert_eq!(answer("Answer:"), "");
        assert_eq!(answer("<think>Answer: Oslo"), "");
    }

    #[test]
    fn useful_entries_are_read_in_order() {
        let useful = |output: &str| parse(output).useful;
        assert_eq!(useful("**Useful:** m7, m2\nAnswer: x"), ["m7", "m2"]);
        assert_eq!(useful("Answer: x"), [""; 0]);
        assert_eq!(useful(r#"{"useful":["m2"],"answer":"x"}"#), ["m2"]);
    }

    #[test]
    fn demonstrations_read_back() {
        for constrained in [false, true] {
            for distil in [false, true] {
                let options = Options {
                    constrained,
                    distil,
                    ..Options::default()
                };
                let said = demonstration(&options, &found());
                let read = parse(&said);
                assert_eq!(read.answer, "Anna skis in \"Davos\".", "{said}");
                assert_eq!(read.useful.len(), usize::from(distil), "{said}");
                assert_eq!(parse(&demonstration(&options, &[])), Said::default());
            }
        }
    }

    #[test]
    fn schemas_name_the_shown_ids() {
        let options = Options::default();
        assert_eq!(
            schema(&options, &found()),
            concat!(
                r#"{"type":"object","properties":{"useful":{"type":"array","maxItems":2,"items":{"enum":["m7","m2"]}},"#,
                r#""answer":{"type":"string","maxLength":60}},"required":["useful","answer"],"additionalProperties":false}"#
            )
        );
        assert!(schema(&options, &[]).contains(r#""maxItems":0"#));
    }
}
