//! Answers from the graph.

use memloom_sdk::Host;
use memloom_sdk::acting::labelled;
use memloom_sdk::bank::{Hit, Query, evidence};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::lookup::vectors;
use memloom_sdk::text::lower_words;
use memloom_sdk::types::{Answer, Error};

use crate::actor::ACTOR;
use crate::memory;
use crate::options::Options;
use crate::prompts;
use crate::triple::Triple;

/// The label of the line with the answer.
const LABEL: &str = "answer:";

/// The most triples that an answer is read from.
const MOST_TRIPLES: u32 = 16;

/// Answers a question: the actor from the triples that are most like it, or under a grammar the best
/// triple by rule. The answer is empty if there is none.
///
/// # Errors
/// If the model or the host fails.
pub fn answer(host: &mut dyn Host, options: &Options, question: &str) -> Result<Answer, Error> {
    let vector = vectors(host, &[question.into()])?.pop().flatten();
    let hits = host.retrieve(&Query {
        vector,
        options: memory::TRIPLES.into(),
        ..Query::new(question, MOST_TRIPLES)
    })?;
    let by_rule = by_rule(&hits, question);
    let text = match options.constrained {
        true => by_rule,
        false => {
            let triples = hits.iter().filter_map(|hit| memory::triple(&hit.entry));
            let triples: Vec<String> = triples.map(|triple| triple.text()).collect();
            let prompt = prompts::parts([
                ("What is known", &*triples.join("\n")),
                ("Question", question),
            ]);
            let messages = vec![
                Message::new("system", prompts::ANSWER.trim_end()),
                Message::new("user", prompt),
            ];
            let output = host.generate(&Request {
                demonstration: Some(format!("{LABEL} {by_rule}")),
                ..Request::new(ACTOR, messages, options.output_tokens)
            })?;
            labelled(&output.text, LABEL).unwrap_or_default().into()
        }
    };
    let citations = evidence(&hits);
    Ok(Answer { text, citations })
}

/// Returns the end of the best triple that the question does not name: its object, if it names both
/// or neither.
fn by_rule(hits: &[Hit], question: &str) -> String {
    let Some(Triple {
        subject, object, ..
    }) = hits.first().and_then(|hit| memory::triple(&hit.entry))
    else {
        return String::new();
    };
    let asked = lower_words(question);
    let names = |end: &str| {
        let end = lower_words(end);
        !end.is_empty() && asked.windows(end.len()).any(|words| words == end)
    };
    match names(&object) && !names(&subject) {
        true => subject,
        false => object,
    }
}
