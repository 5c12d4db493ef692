//! The messages of prompts.

use memloom_sdk::acting::Form;
use memloom_sdk::host::Message;

/// The proposer's instructions.
pub const PROPOSER: &str = include_str!("prompts/proposer.md");
/// The simulator's.
pub const SIMULATOR: &str = include_str!("prompts/simulator.md");
/// The critic's.
pub const CRITIC: &str = include_str!("prompts/critic.md");
/// The reflector's.
pub const REFLECTOR: &str = include_str!("prompts/reflector.md");

/// Returns the messages of a prompt. Under a grammar there are no instructions.
pub fn messages(form: Form, instructions: &str, text: String) -> Vec<Message> {
    let system = Message::new("system", instructions.trim_end());
    let system = (form == Form::Text).then_some(system);
    system
        .into_iter()
        .chain([Message::new("user", text)])
        .collect()
}
