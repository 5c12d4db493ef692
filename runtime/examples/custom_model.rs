//! A language model of one's own: it keeps the turns that are not questions.
//!
//!     cargo xtask guests
//!     cargo run --release -p memloom-runtime --example custom_model
//!
//! The policy `selector` asks for outputs in small grammars, which the model prints and follows.

use memloom_runtime::types::Turn;
use memloom_runtime::{
    Agent, AgentParts, Completion, Error, GenerateCall, LanguageModel, Limits, ModelError, Sandbox,
};

/// Answers the selector's two roles by rules.
struct Rules;

impl LanguageModel for Rules {
    fn generate(&mut self, call: &GenerateCall) -> Result<Completion, ModelError> {
        let request = &call.request;
        let prompt = request.messages.last();
        let prompt = prompt.ok_or_else(|| ModelError::new("the prompt is empty"))?;
        let grammar = request.grammar.as_deref().unwrap_or_default();
        let output = match request.role.as_str() {
            "extractor" => verdicts(&prompt.content, |line| match line.contains('?') {
                true => "drop",
                false => "keep",
            }),
            "manager" => verdicts(&prompt.content, |_| "insert"),
            role => return Err(ModelError::new(format!("no rule for the role {role}"))),
        };
        println!(
            "--- {}\n{}\ngrammar: {grammar}\noutput:  {output}",
            request.role, prompt.content
        );
        Ok(Completion::of_text(output))
    }
}

/// Returns a verdict on each line of a prompt, after the mark that ends the line.
fn verdicts(prompt: &str, verdict: impl Fn(&str) -> &'static str) -> String {
    let marked = |line: &str| {
        let mark = line.split_whitespace().next_back().unwrap_or_default();
        format!("{mark} {}", verdict(line))
    };
    prompt.lines().map(marked).collect::<Vec<_>>().join(" ")
}

fn main() -> Result<(), Error> {
    let sandbox = Sandbox::new(Limits::default())?;
    let parts = AgentParts {
        bank: sandbox.bank("target/components/flat.wasm")?,
        policy: sandbox.policy("target/components/selector.wasm")?,
        policy_options: "{}".into(),
        lexicon: Vec::new(),
    };
    let mut agent = Agent::start(&parts, Box::new(Rules))?;
    let turn = |id: &str, speaker: &str, text: &str| Turn {
        id: id.into(),
        speaker: speaker.into(),
        text: text.into(),
    };
    let turns = vec![
        turn("D1:1", "Ann", "I moved to Oslo last month."),
        turn("D1:2", "Ben", "How do you like it?"),
    ];
    agent.observe("3 May", turns)?;
    for entry in agent.entries()? {
        println!("entry {}: {}", entry.id, entry.text);
    }
    Ok(())
}
