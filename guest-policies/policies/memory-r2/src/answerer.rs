//! The answerer, which answers a question from entries.

use memloom_sdk::bank::Hit;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use serde::Serialize;

use crate::json;

/// The role's instructions.
pub const INSTRUCTIONS: &str = include_str!("prompts/answerer.md");

#[derive(Serialize)]
struct Input<'a> {
    people: Vec<Person<'a>>,
    question: &'a str,
}

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    memories: Vec<Memory<'a>>,
}

#[derive(Serialize)]
struct Memory<'a> {
    session_time: &'a str,
    content: &'a str,
}

/// Returns the user message: instructions, then the hits about each person. Hits are
/// sorted by session, and within a session by score.
pub fn prompt(found: &mut [(String, Vec<Hit>)], question: &str) -> String {
    for (_, hits) in found.iter_mut() {
        hits.sort_by_key(|hit| hit.entry.last_session);
    }
    let people = found.iter().map(|(name, hits)| Person {
        name,
        memories: hits
            .iter()
            .map(|hit| Memory {
                session_time: &hit.entry.time,
                content: &hit.entry.text,
            })
            .collect(),
    });
    let input = Input {
        people: people.collect(),
        question,
    };
    format!("{INSTRUCTIONS}\n{}", json::write(&input))
}

/// Returns a demonstrator's output: the first words of the best entry, as many as an
/// answer may have.
pub fn demonstration(found: &[(String, Vec<Hit>)]) -> String {
    const MOST_WORDS: usize = 12;
    let best = found
        .iter()
        .flat_map(|(_, hits)| hits)
        .max_by(|a, b| a.score.total_cmp(&b.score));
    let text = best.map_or_else(String::new, |hit| first_words(&hit.entry.text, MOST_WORDS));
    format!("<answer>{text}</answer>")
}

/// Returns the answer in an output: the content of the last pair of tags, else the last
/// line that begins with `Answer:`, else an empty text.
pub fn parse(output: &str) -> &str {
    let said = spoken(output).unwrap_or_default();
    tagged(said)
        .or_else(|| on_a_line(said))
        .unwrap_or_default()
        .trim()
}

fn tagged(output: &str) -> Option<&str> {
    const OPEN: &str = "<answer>";
    let lower = output.to_ascii_lowercase();
    let close = lower.rfind("</answer>")?;
    let open = lower[..close].rfind(OPEN)?;
    Some(&output[open + OPEN.len()..close])
}

fn on_a_line(output: &str) -> Option<&str> {
    const LABEL: &str = "answer:";
    let labelled = output.lines().rev().map(str::trim_start);
    labelled
        .filter(|line| {
            line.get(..LABEL.len())
                .is_some_and(|l| l.eq_ignore_ascii_case(LABEL))
        })
        .map(|line| &line[LABEL.len()..])
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use memloom_sdk::types::Entry;

    #[test]
    fn memories_are_shown_by_session() {
        let hit = |text: &str, session: u32| Hit {
            entry: Entry {
                id: String::new(),
                text: text.into(),
                speaker: "Anna".into(),
                time: format!("{session} May"),
                first_session: 1,
                last_session: session,
                evidence: vec![],
                fields: vec![],
            },
            score: 1.0,
        };
        let hits = vec![hit("best", 2), hit("old", 1), hit("good", 2)];
        let mut found = [("Anna".to_string(), hits), ("Ben".to_string(), vec![])];
        let prompt = prompt(&mut found, "Who?");
        let json = prompt.strip_prefix(INSTRUCTIONS).map(str::trim);
        assert_eq!(
            json,
            Some(concat!(
                r#"{"people":[{"name":"Anna","memories":["#,
                r#"{"session_time":"1 May","content":"old"},"#,
                r#"{"session_time":"2 May","content":"best"},"#,
                r#"{"session_time":"2 May","content":"good"}]},"#,
                r#"{"name":"Ben","memories":[]}],"question":"Who?"}"#
            ))
        );
    }

    #[test]
    fn a_demonstration_reads_back_as_an_answer() {
        assert_eq!(demonstration(&[]), "<answer></answer>");
        assert_eq!(parse(&demonstration(&[])), "");
    }

    #[test]
    fn the_last_tags_win_over_a_labelled_line() {
        assert_eq!(
            parse("In <answer>tags</answer>:\nAnswer: no <ANSWER> Rome </Answer>"),
            "Rome"
        );
    }

    #[test]
    fn an_answer_in_a_thought_is_none() {
        let answer = "<answer>Rome</answer>";
        for (output, read) in [
            (format!("<think>{answer}</think>Answer: Oslo"), "Oslo"),
            (format!("{answer}?</think><answer>Oslo</answer>"), "Oslo"),
            (format!("<think>{answer}</think>"), ""),
            (format!("<think>{answer}"), ""),
            (format!("{answer}<think>Hm"), ""),
            (format!("<think>Hm</think>{answer}"), "Rome"),
        ] {
            assert_eq!(parse(&output), read, "{output}");
        }
    }

    #[test]
    fn without_tags_a_labelled_line_is_read() {
        assert_eq!(parse("thinking\n  answer: 7 May \nbye"), "7 May");
        assert_eq!(parse("<answer>cut off"), "");
        assert_eq!(parse("Rome"), "");
        assert_eq!(parse("ängstlich"), "");
    }
}
