//! The reader, which overwrites the memory after each section.

use memloom_sdk::host::{Message, Request};
use memloom_sdk::text::sentences;
use memloom_sdk::thoughts::spoken;
use memloom_sdk::types::Error;

use crate::demonstrated::Demonstrated;
use crate::keep::{Lines, MOST_LINES};
use crate::memory::{self, Memory, fitted};
use crate::options::Options;
use crate::prompts;
use crate::section::{Line, Section};

/// The reader's role.
pub const READER: &str = "reader";

/// Reads a section with a problem in mind, which is empty in a dialogue, and overwrites the memory.
///
/// # Errors
/// If the model fails.
pub fn read(
    memory: &mut Memory,
    options: &Options,
    problem: &str,
    section: &Section,
    demonstrated: Option<&Demonstrated>,
) -> Result<(), Error> {
    match options.constrained {
        true => choose(memory, options, problem, section, demonstrated),
        false => rewrite(memory, options, problem, section, demonstrated),
    }
}

/// Overwrites the memory with the model's text. An empty one leaves no memory.
fn rewrite(
    memory: &mut Memory,
    options: &Options,
    problem: &str,
    section: &Section,
    demonstrated: Option<&Demonstrated>,
) -> Result<(), Error> {
    let before = memory::text(memory.host);
    let demonstration = demonstrated.map(|demonstrated| {
        let text = demonstrated.text(&before, section);
        prompts::memory(&fitted(memory.host, options, &text)).to_string()
    });
    let user = format!(
        "Problem:\n{}\n\nMemory:\n{}\n\nSection:\n{}",
        prompts::problem(problem),
        prompts::memory(&before),
        section.text
    );
    let messages = vec![
        Message::new("system", prompts::reader(options)),
        Message::new("user", user),
    ];
    let output = memory.generate(&Request {
        demonstration,
        ..Request::new(READER, messages, options.memory_tokens)
    })?;
    let said = spoken(&output).unwrap_or_default();
    let written = fitted(memory.host, options, said);
    if written.is_empty() {
        memory.malformed(READER, &output);
    }
    memory.write(written, section.turns());
    Ok(())
}

/// Keeps or drops each sentence of the memory and of the section, sixteen at a time. An output that
/// cannot be read leaves the memory as it is.
fn choose(
    memory: &mut Memory,
    options: &Options,
    problem: &str,
    section: &Section,
    demonstrated: Option<&Demonstrated>,
) -> Result<(), Error> {
    let before = memory::text(memory.host);
    let old = sentences(&before).map(|text| Line { text, turn: None });
    let lines: Vec<Line<'_>> = old.chain(section.lines()).collect();
    let mut kept = Vec::new();
    for shown in lines.chunks(MOST_LINES) {
        let asked = Lines::new(shown.iter().map(|line| line.text), options.numbered);
        let demonstration = demonstrated.map(|demonstrated| {
            let verdicts = shown.iter().map(|line| demonstrated.keeps(*line));
            asked.output(&verdicts.collect::<Vec<_>>())
        });
        let output = memory.generate(&Request {
            demonstration,
            ..request(options, problem, &asked)
        })?;
        let verdicts = spoken(&output).and_then(|said| asked.parse(said));
        let Some(verdicts) = verdicts else {
            memory.malformed(READER, &output);
            return Ok(());
        };
        let verdicts = shown.iter().zip(verdicts);
        kept.extend(verdicts.filter_map(|(line, keeps)| keeps.then_some(*line)));
    }
    // Those that were read first stay where not all fit.
    let mut left = options.memory_tokens;
    let fits = |line: &Line<'_>| {
        let rest = left.checked_sub(memory.host.count(line.text));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let kept: Vec<Line<'_>> = kept.into_iter().take_while(fits).collect();
    let texts: Vec<&str> = kept.iter().map(|line| line.text).collect();
    let mut turns: Vec<String> = Vec::new();
    for turn in kept.iter().filter_map(|line| line.turn) {
        if turns.last() != Some(&turn.id) {
            turns.push(turn.id.clone());
        }
    }
    memory.write(texts.join("\n"), turns);
    Ok(())
}

fn request(options: &Options, problem: &str, lines: &Lines<'_>) -> Request {
    let own = options.reader_prompt.iter();
    let system = own.map(|own| Message::new("system", own));
    let prompt = Message::new("user", lines.prompt(problem));
    Request {
        grammar: Some(lines.grammar()),
        ..Request::new(
            READER,
            system.chain([prompt]).collect(),
            lines.most_words() + 1,
        )
    }
}
