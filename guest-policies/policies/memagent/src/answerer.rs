//! The answerer, which answers from the problem and the memory alone.

use memloom_sdk::Host;
use memloom_sdk::acting::labelled;
use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::first_words;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::advice::boxed;
use crate::choice::{self, UNKNOWN, Values, best_sentence};
use crate::options::Options;
use crate::prompts;

/// The answerer's role.
pub const ANSWERER: &str = "answerer";

/// The label of an answer that is in no box.
const LABEL: &str = "answer:";

/// The most words of an answer that is demonstrated without advice.
const ANSWER_WORDS: usize = 12;

/// An answer.
pub struct Answered {
    /// The text that the model said; in a constrained output, the value.
    pub said: String,
    /// The answer in it; none if it has none of the form that was asked for.
    pub answer: Option<String>,
}

/// Answers a problem from a memory. `advised` is a demonstrator's answer; without one, the best
/// sentence of the memory is demonstrated. None if outputs are constrained and the memory names no
/// value: there is nothing to choose from, and the model is not asked.
///
/// # Errors
/// If the model fails.
pub fn answer(
    host: &mut dyn Host,
    options: &Options,
    values: &Values,
    problem: &str,
    memory: &str,
    advised: Option<&str>,
) -> Result<Option<Answered>, Error> {
    match options.constrained {
        true => choose(host, options, values, problem, memory, advised),
        false => write(host, options, problem, memory, advised).map(Some),
    }
}

fn write(
    host: &mut dyn Host,
    options: &Options,
    problem: &str,
    memory: &str,
    advised: Option<&str>,
) -> Result<Answered, Error> {
    let by_rule = || best_sentence(memory, problem).unwrap_or_default();
    let shown = first_words(advised.unwrap_or_else(by_rule), ANSWER_WORDS);
    let demonstration = match options.boxed {
        true => format!(r"\boxed{{{shown}}}"),
        false => format!("{LABEL} {shown}"),
    };
    let user = format!(
        "Problem:\n{problem}\n\nMemory:\n{}",
        prompts::memory(memory)
    );
    let messages = vec![
        Message::new("system", prompts::answerer(options)),
        Message::new("user", user),
    ];
    let output = host.generate(&Request {
        demonstration: Some(demonstration),
        ..Request::new(ANSWERER, messages, options.answer_tokens)
    })?;
    let said = spoken(&output.text).unwrap_or_default();
    let answer = match options.boxed {
        true => boxed(said),
        false => labelled(said, LABEL),
    };
    Ok(Answered {
        answer: answer.map(|answer| answer.trim().into()),
        said: said.trim().into(),
    })
}

fn choose(
    host: &mut dyn Host,
    options: &Options,
    values: &Values,
    problem: &str,
    memory: &str,
    advised: Option<&str>,
) -> Result<Option<Answered>, Error> {
    let named = values.named(memory);
    if named.is_empty() {
        return Ok(None);
    }
    let by_rule = values.best(memory, problem);
    let advised = advised
        .and_then(|advised| choice::parse(advised, &named))
        .map(String::from);
    let shown = advised.or(by_rule).filter(|shown| !shown.is_empty());
    let own = options.answerer_prompt.iter();
    let system = own.map(|own| Message::new("system", own));
    let prompt = Message::new("user", format!("{memory}\n{problem}"));
    let output = host.generate(&Request {
        grammar: Some(choice::grammar(&named)),
        demonstration: Some(shown.unwrap_or_else(|| UNKNOWN.into())),
        ..Request::new(
            ANSWERER,
            system.chain([prompt]).collect(),
            choice::most_words(&named) + 1,
        )
    })?;
    let said = spoken(&output.text).unwrap_or_default();
    let answer = choice::parse(said, &named).map(String::from);
    Ok(Some(Answered {
        said: answer.clone().unwrap_or_default(),
        answer,
    }))
}
