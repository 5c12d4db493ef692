//! A population of instructions inside training (INSPO, arXiv 2512.01945), and what new members are
//! written from.

use std::path::Path;

use anyhow::{Context, Result};
use memloom_algorithm::population::Population;
use memloom_runtime::Completion;
use memloom_runtime::types::{FinishReason, Message, Request};
use serde::{Deserialize, Serialize};

use crate::config::{REFLECTOR, RunFile};

/// The file of a checkpoint that has the population.
const FILE: &str = "instructions.json";

/// Most failures that are remembered: those of the lowest return, the newest of equals.
const MOST_FAILURES: usize = 16;

/// Most characters of a failure that are shown, its last ones.
const MOST_CHARS: usize = 4000;

/// The population, and what new members are written from.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Instructions {
    /// The members and their weights.
    pub population: Population,
    /// The worst rollouts.
    pub failures: Vec<Failure>,
}

/// The end of a rollout that earned little.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Failure {
    /// Its return.
    worth: f64,
    /// The last prompt and output.
    text: String,
}

impl Instructions {
    /// Returns the population that a run begins with.
    pub fn start(file: &RunFile) -> Self {
        Self {
            population: Population::new(&file.instructions.texts),
            failures: Vec::new(),
        }
    }

    /// Writes the population into a folder, that of a checkpoint or of the run.
    pub fn save(&self, folder: &Path) -> Result<()> {
        Ok(std::fs::write(
            folder.join(FILE),
            serde_json::to_vec(self)?,
        )?)
    }

    /// Reads the population of a checkpoint's folder.
    pub fn restore(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let read = || -> Result<Self> { Ok(serde_json::from_slice(&std::fs::read(&path)?)?) };
        read().with_context(|| format!("cannot read {}", path.display()))
    }

    /// Returns the best instruction.
    pub fn best(&self) -> &str {
        let members = &self.population.members;
        &members[self.population.best()].text
    }

    /// Remembers a rollout, given by its return and its end.
    pub fn remember(&mut self, worth: f64, text: String) {
        self.failures.insert(0, Failure { worth, text });
        self.failures
            .sort_by(|one, other| one.worth.total_cmp(&other.worth));
        self.failures.truncate(MOST_FAILURES);
    }
}

/// Returns the last characters of a text, at most `most`.
fn end_of(text: &str, most: usize) -> &str {
    let cut = text.char_indices().rev().nth(most.saturating_sub(1));
    cut.map_or(text, |(at, _)| &text[at..])
}

/// Returns the request for a new instruction.
pub fn request(instruction: &str, failures: &[&Failure], max_tokens: u32) -> Request {
    let mut content = format!("An agent has this instruction:\n\n{instruction}\n");
    for (number, failure) in (1..).zip(failures) {
        let end = end_of(&failure.text, MOST_CHARS);
        content += &format!("\nFailure {number} ends with:\n\n{end}\n");
    }
    content += "\nWrite a better instruction for the agent. It must hold for all tasks of this kind, \
                so leave out what is true of one task only. Write the instruction and nothing else.";
    Request {
        role: REFLECTOR.into(),
        messages: vec![Message {
            role: "user".into(),
            content,
            tool_calls: Vec::new(),
        }],
        tools: Vec::new(),
        max_tokens,
        grammar: None,
        stop: Vec::new(),
        temperature: None,
        demonstration: None,
    }
}

/// Returns the instruction of a reply; none if it is empty, was cut off, or is one of `members`.
pub fn proposed(reply: &Completion, population: &Population) -> Option<String> {
    let text = reply.text.trim();
    let copy = population
        .members
        .iter()
        .any(|member| member.text.trim() == text);
    let whole = reply.finish != FinishReason::Length;
    (whole && !copy && !text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &str, finish: FinishReason) -> Completion {
        Completion {
            text: text.into(),
            tool_calls: Vec::new(),
            malformed_calls: 0,
            finish,
            tokens: Vec::new(),
            logprobs: Vec::new(),
            prompt_tokens: 0,
        }
    }

    #[test]
    fn what_is_empty_cut_off_or_a_copy_is_no_instruction() {
        let population = Population::new(&["Look first.".into()]);
        let read = |text: &str, finish| proposed(&reply(text, finish), &population);
        assert_eq!(read(" \n", FinishReason::Stop), None);
        assert_eq!(read("Look first. \n", FinishReason::Stop), None);
        assert_eq!(read("Look twice", FinishReason::Length), None);
        let new = read(" Look twice.\n", FinishReason::Stop);
        assert_eq!(new.as_deref(), Some("Look twice."));
    }

    #[test]
    fn the_worst_failures_are_remembered_the_newest_of_equals_first() {
        let mut instructions = Instructions::default();
        for number in 0..20 {
            instructions.remember(f64::from(number % 2), number.to_string());
        }
        let kept = instructions.failures.iter().map(|it| it.text.as_str());
        let kept: Vec<&str> = kept.collect();
        assert_eq!(kept.len(), MOST_FAILURES);
        assert_eq!(kept[..2], ["18", "16"]);
        assert_eq!(kept[9..11], ["0", "19"]);
    }

    #[test]
    fn a_request_shows_the_instruction_and_the_ends_of_failures() {
        let failure = Failure {
            worth: 0.0,
            text: format!("begin {} end", "ö".repeat(MOST_CHARS)),
        };
        let request = request("Look first.", &[&failure], 7);
        let content = &request.messages[0].content;
        assert!(content.starts_with("An agent has this instruction:\n\nLook first.\n"));
        assert!(content.contains("ö end\n\nWrite a better") && !content.contains("begin"));
        assert_eq!(
            (request.role.as_str(), request.max_tokens),
            ("reflector", 7)
        );
        assert_eq!(end_of("abc", 2), "bc");
        assert_eq!(end_of("abc", 9), "abc");
    }
}
