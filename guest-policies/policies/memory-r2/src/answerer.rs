//! The answerer, which answers a question from entries.

use memloom_json as json;
use memloom_sdk::bank::Hit;
use memloom_sdk::host::Message;
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use serde::Serialize;

use crate::bounds::up_to;
use crate::chat::Prompt;
use crate::options::Options;

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

/// Returns the memories and the question as JSON. Hits are sorted by session, and within a
/// session by score.
pub fn input(found: &mut [(String, Vec<Hit>)], question: &str) -> String {
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
    json::write(&Input {
        people: people.collect(),
        question,
    })
}

/// Returns the messages about a question: instructions and input in one message, or, where there
/// is an example, in messages of their own around it.
pub fn messages(prompt: Prompt, input: &str) -> Vec<Message> {
    let Prompt {
        instructions,
        example,
    } = prompt;
    let Some(example) = example else {
        return vec![Message::new("user", format!("{instructions}\n{input}"))];
    };
    let mut messages = vec![Message::new("system", instructions.trim_end())];
    messages.extend(example.turns());
    messages.push(Message::new("user", input));
    messages
}

/// Returns a demonstrator's output: the first words of the best entry, as many as an
/// answer may have.
pub fn demonstration(found: &[(String, Vec<Hit>)], options: &Options) -> String {
    const MOST_WORDS: usize = 12;
    let best = found
        .iter()
        .flat_map(|(_, hits)| hits)
        .max_by(|a, b| a.score.total_cmp(&b.score));
    let text = best.map_or_else(String::new, |hit| first_words(&hit.entry.text, MOST_WORDS));
    output(&text, options)
}

/// Returns an output with this answer, in JSON's quotes where the role is constrained.
pub fn output(answer: &str, options: &Options) -> String {
    if !options.constrains_answers() {
        return format!("<answer>{answer}</answer>");
    }
    let plain = answer.replace(['<', '>'], "");
    let answer = up_to(plain.trim_start(), most_chars(options));
    json::write(&format!("<answer>{answer}</answer>"))
}

/// Returns the schema of constrained outputs: a text with an answer in tags, or with empty ones.
pub fn schema(options: &Options) -> String {
    // The first character is no space.
    let more = most_chars(options) - 1;
    format!(
        r#"{{"type":"string","pattern":"^<answer>([^\\s<>][^\\n\\r<>]{{0,{more}}})?</answer>$"}}"#
    )
}

/// Returns the most characters of a constrained answer: 100, or as many as the tokens hold at 2.5
/// characters a token beside 12 tokens of tags and quotes.
fn most_chars(options: &Options) -> usize {
    ((options.answer_tokens as usize).saturating_sub(12) * 5 / 2).clamp(1, 100)
}

/// Returns the answer in an output: the content of the last pair of tags, else the last
/// line that begins with `Answer:`, else an empty text.
pub fn parse(output: &str) -> String {
    let said = spoken(output).unwrap_or_default();
    let quoted: Option<String> = serde_json::from_str(said).ok();
    let said = quoted.as_deref().unwrap_or(said);
    let answer = tagged(said).or_else(|| on_a_line(said));
    answer.unwrap_or_default().trim().into()
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
        assert_eq!(
            input(&mut found, "Who?"),
            concat!(
                r#"{"people":[{"name":"Anna","memories":["#,
                r#"{"session_time":"1 May","content":"old"},"#,
                r#"{"session_time":"2 May","content":"best"},"#,
                r#"{"session_time":"2 May","content":"good"}]},"#,
                r#"{"name":"Ben","memories":[]}],"question":"Who?"}"#
            )
        );
    }

    #[test]
    fn a_demonstration_reads_back_as_an_answer() {
        let options = Options::default();
        assert_eq!(demonstration(&[], &options), "<answer></answer>");
        assert_eq!(parse(&demonstration(&[], &options)), "");
    }

    #[test]
    fn a_constrained_answer_is_a_text_in_json_within_its_tokens() {
        let options = Options {
            constrained: true,
            answer_tokens: 18,
            ..Options::default()
        };
        for (answer, said, read) in [
            ("", r#""<answer></answer>""#, ""),
            ("a \"b\"", r#""<answer>a \"b\"</answer>""#, "a \"b\""),
            (
                " <b>Rome</b>, in the end",
                r#""<answer>bRome/b, in the</answer>""#,
                "bRome/b, in the",
            ),
        ] {
            assert_eq!(output(answer, &options), said);
            assert_eq!(parse(said), read);
        }
        assert_eq!(
            schema(&options),
            r#"{"type":"string","pattern":"^<answer>([^\\s<>][^\\n\\r<>]{0,14})?</answer>$"}"#
        );
    }

    #[test]
    fn an_example_stands_between_instructions_and_question() {
        let roles = |prompts: &str| -> Vec<String> {
            let options = Options::parse(prompts).expect(prompts);
            let messages = messages(crate::prompts::answerer(&options), "{}");
            assert!(
                messages
                    .last()
                    .is_some_and(|last| last.content.ends_with("{}"))
            );
            messages.into_iter().map(|message| message.role).collect()
        };
        assert_eq!(roles("{}"), ["user"]);
        let short = roles(r#"{"prompts": "short"}"#);
        assert_eq!(short, ["system", "user", "assistant", "user"]);
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
