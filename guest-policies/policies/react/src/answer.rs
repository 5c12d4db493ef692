//! Answers from the bank.

use memloom_sdk::Host;
use memloom_sdk::acting::{Form, labelled};
use memloom_sdk::bank::{Hit, evidence};
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::{first_words, words};
use memloom_sdk::types::{Answer, Error};

use crate::actor::ACTOR;
use crate::memory;
use crate::options::Options;
use crate::prompts;

/// The label of the line with the answer in a text.
const LABEL: &str = "answer:";

/// The most words of an answer that is read from an entry.
const ANSWER_WORDS: usize = 12;

/// Answers a question: the actor from what is remembered, or, where outputs are constrained, by
/// rule from the best entry. The answer is empty if nothing is remembered.
///
/// # Errors
/// If the model or the host fails.
pub fn answer(host: &mut dyn Host, options: &Options, question: &str) -> Result<Answer, Error> {
    let hits = memory::hits(host, options, question)?;
    let by_rule = by_rule(&hits, question);
    let text = match options.form() {
        Form::Words => by_rule,
        Form::Text => {
            let block = memory::block(host, options, std::slice::from_ref(&hits))?;
            let request = Request {
                demonstration: Some(format!("{LABEL} {by_rule}")),
                ..Request::new(
                    ACTOR,
                    messages(options, &block, question),
                    options.text_tokens(options.action_tokens),
                )
            };
            let output = host.generate(&request)?.text;
            labelled(&output, LABEL).unwrap_or_default().into()
        }
    };
    let citations = evidence(&hits);
    Ok(Answer { text, citations })
}

/// Returns the first words of the best entry, or its time if the question begins with "when".
fn by_rule(hits: &[Hit], question: &str) -> String {
    let Some(best) = hits.first() else {
        return String::new();
    };
    let first = words(question).next();
    match first.is_some_and(|word| word.eq_ignore_ascii_case("when")) {
        true => best.entry.time.clone(),
        false => first_words(&best.entry.text, ANSWER_WORDS),
    }
}

fn messages(options: &Options, block: &str, question: &str) -> Vec<Message> {
    let instructions = prompts::with_thoughts(prompts::ANSWER, options.thoughts);
    let notes = if block.is_empty() { "(none)" } else { block };
    vec![
        Message::new("system", instructions),
        Message::new("user", format!("Notes:\n{notes}\n\nQuestion: {question}")),
    ]
}
